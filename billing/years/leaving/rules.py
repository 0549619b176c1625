"""Who takes part in a year in which members leave: months, fixed shares and what stands in the way; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from billing.money import exact_text, format_yen
from billing.programs.rules import REMAINDERS, MemberView
from billing.runs.rules import figures
from tenants.calendar import fiscal_year_of, fiscal_year_start
from tenants.errors import Conflict, Invalid

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class DepartureView:
    """One member's departure; ``left_on`` is the last day on which it takes part."""

    id: int
    member_id: int
    code: str
    name: str
    left_on: date
    reason: str
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class DepartureInput:
    """What is recorded of a departure."""

    member_id: int
    left_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class YearMember:
    """One member as the year has it: ``part`` is what is left of its own months, from 1 (all) to 0 (nothing)."""

    view: MemberView
    part: Fraction
    stays: bool
    """Whether it is still chosen as a member; one that is not stays in the case for what comes back to it."""


class HostLeaves(Conflict):
    """The member stands as the host of a key, whose share nobody else can take by itself."""

    def __init__(self, member: str, key: str) -> None:
        super().__init__(
            "host-leaves",
            f"{member}は、按分方法「{key}」の所在団体です。所在団体の割合は按分し直せないため、先に按分方法を変更してください。",
        )


class BearerLeft(Invalid):
    """The member that takes what is left over does not take part any more."""

    def __init__(self, member: str) -> None:
        super().__init__(
            "bearer-left",
            f"端数をまとめて負担する{member}は退会しています。事業の設定で「端数の行き先」を変更してください。",
        )


def months_until(left_on: date, fiscal_year: int, months: int) -> int:
    """The months a member of ``months`` has taken part until it left; the month in which it leaves counts in full.

    A member with fewer than twelve months joined that much later: its months are the last ones of the year.
    """
    if left_on < fiscal_year_start(fiscal_year):
        return 0
    if fiscal_year_of(left_on) > fiscal_year:
        return months
    elapsed = (left_on.month - 4) % _MONTHS + 1
    return max(0, elapsed - (_MONTHS - months))


def year_members(
    present: Sequence[MemberView],
    removed: Sequence[MemberView],
    departures: Mapping[int, date],
    leaving_rule: str,
    fiscal_year: int,
) -> list[YearMember]:
    """Everybody in the year's case, by code; ``removed`` were notified an amount and are no members any more.

    ``departures`` holds the last day by the member's tenant id. Under the rule ``full_year`` months stay as they are.
    """
    members = []
    for one in present:
        left_on = departures.get(one.tenant_id)
        months = one.months
        if left_on is not None and leaving_rule == "renormalise":
            months = months_until(left_on, fiscal_year, one.months)
        part = Fraction(months, one.months) if one.months else Fraction(1)
        members.append(YearMember(replace(one, months=months), part, stays=True))
    members += [YearMember(replace(one, months=0), Fraction(0), stays=False) for one in removed]
    return sorted(members, key=lambda one: one.view.code)


def key_without_leavers(key: Mapping[str, Any], members: Sequence[YearMember]) -> dict[str, Any]:
    """A key of the case for these members: months do not reach fixed shares, so those who left have theirs cut here.

    What remains is divided by its sum, so that the fractions add to 1 again. Raises HostLeaves.
    """
    parts = {one.view.code: one for one in members if one.part != 1}
    host = key.get("host")
    if host and host["code"] in parts:
        raise HostLeaves(parts[host["code"]].view.name, key["name"])
    fixed = key.get("fixed")
    if not fixed or not parts.keys() & fixed.keys():
        return dict(key)
    left = {code: Fraction(share) * (parts[code].part if code in parts else 1) for code, share in fixed.items()}
    total = sum(left.values())
    # Without anybody left the key is given as it is: the calculation names what is wrong with it.
    if total == 0:
        return dict(key)
    return {**key, "fixed": {code: exact_text(share / total) for code, share in left.items() if share}}


def check_bearer_stays(named_id: int | None, members: Sequence[YearMember]) -> None:
    """Raises BearerLeft when the member that takes what is left over takes no part any more."""
    for one in members:
        if one.view.tenant_id == named_id and one.part == 0:
            raise BearerLeft(one.view.name)


def values_with_leavers(values: Mapping[str, str], members: Sequence[YearMember]) -> dict[str, str]:
    """A basis's values for the case: a member that is not chosen any more needs none, and counts nothing."""
    codes = {one.view.code: one for one in members}
    kept = {code: value for code, value in values.items() if code in codes}
    return kept | {code: "0" for code, one in codes.items() if not one.stays and code not in kept}


def charged_leavers(case: Mapping[str, Any], result: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Name and yen of every member of no months whom a key charges all the same, by code.

    Only what is left over after a truncated unit price reaches one: its measure is zero (apportionment, §3.2).
    """
    absent = {one["code"] for one in case["members"] if one["months"] == 0}
    if not absent:
        return []
    members = figures(case, result).members
    return [(one.name, one.keyed_yen) for one in members if one.code in absent and one.keyed_yen > 0]


def charged_words(charged: Sequence[tuple[str, int]]) -> str:
    """The obstacle in words."""
    named = "、".join(f"{name}に{format_yen(yen)}" for name, yen in charged)
    return (
        f"参加月数が0の{named}が割り当てられています(単価の切り捨てで残った端数です)。"
        f"「端数の行き先」を「{REMAINDERS['smallest_up']}」か「{REMAINDERS['prefecture']}」に変えると、割り当てられません。"
    )
