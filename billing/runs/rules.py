"""Runs as people see them: stages, states, who may do what next."""

from collections.abc import Mapping

from tenants.web.rendering import Status

STAGES: Mapping[str, str] = {"estimate": "概算", "notice": "通知", "final": "確定", "true_up": "精算"}
"""The stages of a yearly run (渋川広域's cycle is the model)."""

STATES: Mapping[str, Status] = {
    "": Status("未計算", "neutral"),
    "computing": Status("計算中", "progress"),
    "refused": Status("計算できません", "danger"),
    "computed": Status("計算済み", "neutral"),
    "submitted": Status("承認待ち", "warning"),
    "approved": Status("承認済み", "success"),
}
