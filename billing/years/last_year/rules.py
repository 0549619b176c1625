"""One member's amount a year before, and the changes of bases, costs and grants behind the difference; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.money import exact_text, format_yen


@dataclass(frozen=True, slots=True)
class LastYear:
    """What a member was invoiced a year before (yen), and in words what has changed since; largest changes first named.

    ``yen`` is None for a member that did not take part.
    """

    yen: int | None
    document_number: str
    parts: tuple[str, ...]


def last_year(
    before: tuple[Mapping[str, Any], Mapping[str, Any]],
    now: tuple[Mapping[str, Any], Mapping[str, Any]],
    code: str,
    document_number: str,
) -> LastYear:
    """The comparison of two runs (each a frozen case and its result) for one member."""
    then, there = _member(before[1], code), _member(now[1], code)
    if then is None or there is None:
        return LastYear(None if then is None else then["invoice_yen"], document_number, ())
    parts = [*_bases(before[0], now[0], code), *_taking_part(before[0], now[0], code)]
    costs = _net(now[0], there) - _net(before[0], then)
    if costs:
        parts.append(f"経費 {signed_yen(costs)}")
    granted = _granted(there) - _granted(then)
    if granted:
        parts.append(f"交付金 {signed_yen(granted)}")
    count = len(now[0]["members"]) - len(before[0]["members"])
    if count:
        parts.append(f"構成団体 {'+' if count > 0 else '−'}{abs(count)}団体")
    return LastYear(then["invoice_yen"], document_number, tuple(parts))


def signed_yen(amount: int) -> str:
    """An amount with its sign: +2,000,000円, −310円."""
    return f"{'+' if amount >= 0 else '−'}{format_yen(abs(amount))}"


def signed(value: Fraction) -> str:
    """A quantity with its sign and thousands: −310, +1.5."""
    size = abs(value)
    text = f"{size.numerator:,}" if size.denominator == 1 else exact_text(size)
    return f"{'+' if value >= 0 else '−'}{text}"


def _bases(before: Mapping[str, Any], now: Mapping[str, Any], code: str) -> list[str]:
    """The member's own values of the bases that both years have by the same name and unit."""
    old = {(one["name"], one["unit"]): one["values"].get(code) for one in before["bases"]}
    parts = []
    for one in now["bases"]:
        was, value = old.get((one["name"], one["unit"])), one["values"].get(code)
        if was is not None and value is not None and Fraction(was) != Fraction(value):
            parts.append(f"{one['name']} {signed(Fraction(value) - Fraction(was))}{one['unit']}")
    return parts


def _taking_part(before: Mapping[str, Any], now: Mapping[str, Any], code: str) -> list[str]:
    old, new = ({one["code"]: one for one in case["members"]}[code] for case in (before, now))
    parts = []
    if old.get("months", 12) != new.get("months", 12):
        parts.append(f"月数 {old.get('months', 12)}か月→{new.get('months', 12)}か月")
    if Fraction(old.get("factor", "1")) != Fraction(new.get("factor", "1")):
        parts.append(f"係数 {old.get('factor', '1')}→{new.get('factor', '1')}")
    return parts


def _member(result: Mapping[str, Any], code: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = next((one for one in result["members"] if one["code"] == code), None)
    return found


def _net(case: Mapping[str, Any], member: Mapping[str, Any]) -> int:
    """The costs that stand on the member's statement: over all of them the sum would tell what others bear alone."""
    own = {line["cost"] for line in member["lines"]}
    return sum(cost["amount_yen"] - cost.get("revenue_yen", 0) for cost in case["costs"] if cost["id"] in own)


def _granted(member: Mapping[str, Any]) -> int:
    return sum(member["grants"].values())
