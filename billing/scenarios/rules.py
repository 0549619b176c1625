"""Scenarios as people see them: what was copied, how far it was changed, what the engine says to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.apportionment.calculation import apportion
from billing.apportionment.case import CaseRefused, Problem, parse_case
from billing.apportionment.result import result_document
from billing.scenarios.cases import Document
from tenants.web.rendering import Status

PARTS: Mapping[str, str] = {
    "members": "構成団体",
    "bases": "基準値",
    "keys": "按分方法",
    "costs": "経費",
    "grants": "交付金",
    "settings": "端数・請求・納付",
}
"""The pages on which a scenario is changed, by the word in their address."""
_SETTINGS = frozenset({"rounding", "invoice", "instalments", "national_ceiling"})
LONGEST_NAME, LONGEST_NOTE = 100, 1_000
"""Characters of a name (as for a program's title) and of a note (half a page of paper)."""
MOST_COMPARED = 4
"""Scenarios side by side, beside what they are compared with: five bars a town can still be told apart."""


@dataclass(frozen=True, slots=True)
class ScenarioHead:
    """One scenario without its documents."""

    id: int
    program_id: int
    name: str
    note: str
    based_on: str
    """What was copied, in words, as it was called then."""
    based_on_run_id: int | None
    problems: tuple[Mapping[str, str], ...]
    burden_yen: int | None
    """What the members pay together; None while the case cannot be calculated."""
    created_by: str
    created_at: datetime
    adopted_by: str
    adopted_at: datetime | None
    version: int

    @property
    def status(self) -> Status:
        """Word and shape for people."""
        if self.adopted_at is not None:
            return Status("採用済み", "success")
        return Status("計算できません", "danger") if self.burden_yen is None else Status("計算済み", "neutral")


@dataclass(frozen=True, slots=True)
class ScenarioView(ScenarioHead):
    """One scenario: ``base`` is the case as copied, ``case`` as it stands now, ``result`` what the engine answers."""

    base: Document
    case: Document
    result: Document | None


@dataclass(frozen=True, slots=True)
class Source:
    """What is copied: a run of the program, another scenario, or (neither) the program as it stands."""

    run_id: int | None = None
    scenario_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the engine says to a case: a result document, or the problems."""

    result: Document | None
    problems: tuple[Problem, ...] = ()
    unreadable: bool = False
    """Whether the problems were found in reading the case, at their places, rather than in calculating it."""

    @property
    def burden_yen(self) -> int | None:
        """What the members pay together."""
        return None if self.result is None else int(self.result["totals"]["invoice_yen"])

    @property
    def stored_problems(self) -> str | None:
        """The problems as they are kept with the scenario."""
        if not self.problems:
            return None
        told = [{"pointer": one.pointer, "message": one.message, "code": one.code} for one in self.problems]
        return json.dumps(told, ensure_ascii=False)


def computed(case: Mapping[str, Any]) -> Outcome:
    """The engine's answer; a case that cannot be calculated is an answer too."""
    try:
        parsed = parse_case(case)
    except CaseRefused as refused:
        return Outcome(None, refused.problems, unreadable=True)
    try:
        return Outcome(result_document(apportion(parsed)))
    except CaseRefused as refused:
        return Outcome(None, refused.problems)


def part_of(pointer: str) -> str:
    """The page on which the place of a problem is changed, or an empty text."""
    first = pointer.split("/")[1] if "/" in pointer else ""
    return "settings" if first in _SETTINGS else first if first in PARTS else ""
