"""How a changed invoice meets the instalments already notified: nothing past moves, the next one takes it; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Instalment:
    """One payment as it was notified, in yen; a negative one is a refund (還付)."""

    number: int
    due_date: date | None
    yen: int


@dataclass(frozen=True, slots=True)
class ScheduledInstalment:
    """One payment of a statement beside what was notified of it before; ``yen`` below zero is a refund (還付)."""

    number: int
    due_date: date | None
    yen: int
    notified_yen: int
    difference_yen: int

    @property
    def is_refund(self) -> bool:
        """Whether the prefecture pays it back."""
        return self.yen < 0


def schedule(
    previous: Sequence[Instalment] | None,
    invoice_yen: int,
    split_yen: Sequence[int],
    due_dates: Sequence[date | None],
    today: date,
    *,
    settlement_due: date | None = None,
) -> tuple[ScheduledInstalment, ...]:
    """The payments of one member, adding up to the invoice.

    Without ``previous`` they are ``split_yen`` with their ``due_dates``. Otherwise every instalment due by ``today``
    stays as it was notified; more to pay joins the next one due (one without a date only when none has one), less is
    taken off it and, as far as it does not suffice, off the following ones. What no instalment can take becomes a line
    of its own: an additional charge at the next of ``due_dates`` that no instalment has yet, else at ``settlement_due``
    if that is still to come, or a refund without a date.
    """
    if previous is None:
        dated = (*due_dates, *[None] * len(split_yen))
        return tuple(ScheduledInstalment(place + 1, dated[place], yen, 0, yen) for place, yen in enumerate(split_yen))
    held = [_redated(one, due_dates, today, settlement_due) for one in previous]
    amounts = {one.number: one.yen for one in held}
    coming = sorted(
        (one for one in held if one.yen >= 0 and (one.due_date is None or one.due_date > today)), key=_next_first
    )
    left = invoice_yen - sum(amounts.values())
    if left > 0 and coming:
        amounts[coming[0].number] += left
        left = 0
    for one in coming:
        taken = min(amounts[one.number], max(-left, 0))
        amounts[one.number] -= taken
        left += taken
    lines = [
        ScheduledInstalment(one.number, one.due_date, amounts[one.number], one.yen, amounts[one.number] - one.yen)
        for one in held
    ]
    if left:
        number = max((one.number for one in held), default=0) + 1
        lines.append(
            ScheduledInstalment(number, _extra_due(left, number, due_dates, today, settlement_due), left, 0, left)
        )
    return tuple(lines)


def _redated(one: Instalment, due_dates: Sequence[date | None], today: date, settlement_due: date | None) -> Instalment:
    """An instalment still to come takes the day now planned for it; one that is due keeps its own."""
    if one.yen < 0 or (one.due_date is not None and one.due_date <= today):
        return one
    planned = due_dates[one.number - 1] if one.number <= len(due_dates) else settlement_due
    return Instalment(one.number, planned, one.yen) if planned is not None and planned > today else one


def _next_first(one: Instalment) -> tuple[date, int]:
    """Nobody can be asked for money by a day that is not decided, so instalments without one come last."""
    return one.due_date or date.max, one.number


def _extra_due(
    left: int, number: int, due_dates: Sequence[date | None], today: date, settlement_due: date | None
) -> date | None:
    if left < 0:
        return None
    later = [day for day in due_dates[number - 1 :] if day is not None and day > today]
    if later:
        return later[0]
    return settlement_due if settlement_due is not None and settlement_due > today else None


def next_due(lines: Sequence[ScheduledInstalment], today: date) -> date | None:
    """When the next payment is due; without one to come, when the last was."""
    days = [one.due_date for one in lines if one.yen > 0 and one.due_date is not None]
    return min((day for day in days if day >= today), default=max(days, default=None))


def plain(lines: Sequence[ScheduledInstalment]) -> list[dict[str, Any]]:
    """The payments as JSON keeps them for the run that follows."""
    return [
        {"number": one.number, "due_date": one.due_date.isoformat() if one.due_date else None, "yen": one.yen}
        for one in lines
    ]


def from_plain(values: Sequence[Mapping[str, Any]]) -> tuple[Instalment, ...]:
    """The payments of the run before, from JSON."""
    return tuple(
        Instalment(one["number"], date.fromisoformat(one["due_date"]) if one["due_date"] else None, one["yen"])
        for one in values
    )
