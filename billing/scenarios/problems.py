"""Problems of a scenario's case as a list to work through: the place in words and the page on which it is changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from billing.scenarios.cases import Document
from billing.scenarios.rules import PARTS, part_of

_ELSEWHERE = {"national-ceiling": "grants"}
"""A problem the engine finds at one place, but which is mended on another page."""


def problem_rows(here: str, case: Document, problems: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """For each problem: the place in words, the link there, and the sentence; ``here`` is the scenario's address."""
    return [_row(here, case, one) for one in problems]


def _row(here: str, case: Document, problem: Mapping[str, str]) -> dict[str, str]:
    pointer = problem["pointer"]
    part = _ELSEWHERE.get(problem["code"]) or part_of(pointer)
    place = PARTS.get(part, "試算")
    if name := _name_at(case, pointer):
        place = f"{place}「{name}」"
    return {"place": place, "url": f"{here}/parts/{part}" if part else here, "message": problem["message"]}


def _name_at(case: Mapping[str, Any], pointer: str) -> str:
    steps = pointer.split("/")[1:]
    entries = case.get(steps[0]) if steps else None
    if len(steps) > 1 and isinstance(entries, list) and steps[1].isdigit() and int(steps[1]) < len(entries):
        return str(entries[int(steps[1])]["name"])
    return ""
