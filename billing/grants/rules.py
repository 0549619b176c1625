"""Grants as they are kept and frozen, and the words for every choice."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

FUNDERS: Mapping[str, str] = {"national": "国", "prefecture": "県", "other": "その他"}
LEVELS: Mapping[str, str] = {"program": "事業全体", "cost": "経費ごと", "member": "団体ごと"}
TAXES: Mapping[str, str] = {"included": "消費税を含む", "excluded": "消費税を除く"}


@dataclass(frozen=True, slots=True)
class GrantInput:
    """What a grant gives: ``rate`` is an exact fraction as text, caps and unit are yen.

    ``cost_ids`` None counts every eligible cost.
    """

    name: str
    funder: str
    rate: str
    cap_yen: int | None
    member_cap_yen: int | None
    cost_ids: tuple[int, ...] | None
    tax: str
    level: str
    rounding_unit_yen: int
    rounding_mode: str


@dataclass(frozen=True, slots=True)
class GrantView(GrantInput):
    """One grant of a program; ``position`` counts from 1 and is the order of calculation."""

    id: int
    position: int
    version: int


def grant_for_case(view: GrantView, cost_ids: Collection[int]) -> dict[str, Any]:
    """The grant as it stands in a case document; a listed cost that is gone (not in ``cost_ids``) is left out."""
    costs: str | list[str] = "eligible"
    if view.cost_ids is not None:
        known = set(cost_ids)
        costs = [f"c{one}" for one in view.cost_ids if one in known]
    return {
        "id": f"g{view.id}",
        "name": view.name,
        "funder": view.funder,
        "rate": view.rate,
        "cap_yen": view.cap_yen,
        "member_cap_yen": view.member_cap_yen,
        "costs": costs,
        "tax": view.tax,
        "level": view.level,
        "rounding": {"unit_yen": view.rounding_unit_yen, "mode": view.rounding_mode},
    }
