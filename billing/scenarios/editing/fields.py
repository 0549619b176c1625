"""Fields named by their place in the case: reading what was typed, and finding the field a problem belongs to.

Entries of a list are named by their id or code (``costs.c12.amount_yen``), not by their position, so that a field
means the same cost before and after another one is taken out.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from billing.apportionment.problems import Problem
from billing.money import exact_text, parse_quantity, parse_yen
from billing.programs.forms import whole_number
from billing.scenarios.cases import Document
from billing.shares import parse_share
from tenants.errors import Invalid
from tenants.web.form_data import Faults, FormData

T = TypeVar("T")
_IDENTITY = {"members": "code", "bases": "id", "keys": "id", "costs": "id", "grants": "id"}
_MEMBER_LINES = frozenset({"factors", "exclude"})
_AT = {"negative-net": "revenue_yen", "not-eligible": "counted", "basis-sum-zero": "members"}
"""Where a problem of a whole entry is mended, by its code."""


class Typed:
    """One form as typed: a field that was not sent, or shows what is there already, changes nothing."""

    def __init__(self, form: FormData, faults: Faults) -> None:
        self.form = form
        self.faults = faults

    def text(self, field: str, now: str, label: str, longest: int = 100) -> str:
        """A name of one line."""
        text = self.form.get(field, now).strip()
        if not text or len(text) > longest:
            self.faults.note(field, f"{label}を1文字から{longest}文字で入力してください。", "required")
        return text

    def yen(self, field: str, now: int) -> int:
        """An amount of zero or more."""
        return self._read(field, f"{now:,}", now, amount)

    def yen_or_none(self, field: str, now: int | None) -> int | None:
        """An amount of zero or more, or none for an empty field."""
        if not self.form.get(field, "-").strip():
            return None
        return self._read(field, "" if now is None else f"{now:,}", now, amount)

    def unit(self, field: str, now: int) -> int:
        """A unit of yen, one or more."""
        return self._read(field, f"{now:,}", now, _unit)

    def share(self, field: str, now: str) -> str:
        """An exact fraction of zero or more, as text."""
        return self._read(field, now, now, _share)

    def quantity(self, field: str, shown: str, now: str | None, unit: str) -> str | None:
        """A measured value as exact text, or none for an empty field."""
        if not self.form.get(field, "-").strip():
            return None
        return self._read(field, shown, now, lambda text: exact_text(parse_quantity(text, unit)))

    def count(self, field: str, now: int, least: int, most: int) -> int:
        """A whole number between two bounds."""
        if field not in self.form:
            return now
        return whole_number(self.form[field], field, least, most, self.faults)

    def choice(self, field: str, now: str, allowed: Collection[str], label: str) -> str:
        """One of the words offered."""
        chosen = self.form.get(field, now)
        if chosen not in allowed:
            self.faults.note(field, f"{label}を選んでください。", "required")
            return now
        return chosen

    def _read(self, field: str, shown: str, now: T, parse: Callable[[str], T]) -> T:
        text = self.form.get(field, shown)
        return now if text.strip() == shown else self.faults.read(field, parse, text, now)


def amount(text: str) -> int:
    """Yen of zero or more. Raises Invalid."""
    found = parse_yen(text)
    if found < 0:
        raise Invalid("yen-out-of-range", "0円以上で入力してください。")
    return found


def _unit(text: str) -> int:
    found = parse_yen(text)
    if found < 1:
        raise Invalid("bad-unit", "1円以上の単位を入力してください。")
    return found


def _share(text: str) -> str:
    return exact_text(parse_share(text))


def field_of(problem: Problem, case: Document, fields: Collection[str]) -> str:
    """The field of the page at which a problem is shown: its own, else the nearest one around it, else the whole."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in problem.pointer.split("/")[1:]]
    if len(steps) > 1 and steps[0] in _IDENTITY and steps[1].isdigit():
        entries = case[steps[0]]
        if int(steps[1]) < len(entries):
            steps[1] = str(entries[int(steps[1])][_IDENTITY[steps[0]]])
    steps = ["members" if one in _MEMBER_LINES and steps[0] == "keys" else one for one in steps]
    if problem.code in _AT and (better := ".".join([*steps, _AT[problem.code]])) in fields:
        return better
    alone = len(steps) == 1
    while steps and (alone or len(steps) > 1):
        place = ".".join(steps)
        if place in fields:
            return place
        if not alone and (below := next((one for one in fields if one.startswith(place + ".")), "")):
            return below
        steps.pop()
    return ""


def shown_share(text: Any) -> str:
    """A fraction as the field shows it."""
    return "" if text is None else str(text)


def entry_of(entries: Collection[Mapping[str, Any]], entry_id: str) -> Mapping[str, Any] | None:
    """The entry of this id, or None."""
    return next((one for one in entries if one["id"] == entry_id), None)
