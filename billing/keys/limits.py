"""Limits of a key (下限額・上限額) as people type them, as they are said, and what they make of a cost's shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.apportionment.exact import from_fractions
from billing.apportionment.limiting import Unfillable, limit
from billing.apportionment.terms import Bounds
from billing.keys.member_lines import MemberLines, Organisation, columns_of, named
from billing.money import Yen, format_yen, parse_yen
from tenants.errors import Invalid
from tenants.web.form_data import Faults

NO_LIMIT = "なし"
NEW_LIMITS: Mapping[str, str] = {"limit_minimum": "", "limit_maximum": "", "limit_members": ""}
_COLUMNS = 3
_CROSSED = "下限額が上限額を上回っています。"


def read_limits(form: Mapping[str, str], roster: Sequence[Organisation], faults: Faults) -> dict[str, Any] | None:
    """The limits a person typed, or None where all is blank; what is wrong is noted at its field."""
    everybody = {
        "minimum_yen": _bound(form, "limit_minimum", faults),
        "maximum_yen": _bound(form, "limit_maximum", faults),
    }
    if _crossed(everybody):
        faults.note("limit_minimum", _CROSSED, "limits-crossed")
    lines = MemberLines()
    members: dict[str, dict[str, int | None]] = {}
    for number, line in enumerate(form.get("limit_members", "").splitlines(), 1):
        if not line.strip():
            continue
        try:
            code, bounds = _line(line, roster)
            if code in members:
                lines.faults.append(f"{number}行目: 同じ団体が2回以上書かれています。")
            members[code] = bounds
        except Invalid as fault:
            lines.faults.append(f"{number}行目: {fault.message}")
            lines.code = lines.code or fault.code
    if lines.faults:
        faults.note("limit_members", lines.message, lines.code or "duplicate-code")
    if not members and set(everybody.values()) == {None}:
        return None
    return {**everybody, "members": dict(sorted(members.items()))}


def _bound(form: Mapping[str, str], field: str, faults: Faults) -> int | None:
    typed = form.get(field, "").strip()
    if not typed:
        return None
    return faults.read(field, _yen, typed, None)


def _yen(text: str) -> int | None:
    if text.strip() == NO_LIMIT:
        return None
    yen = parse_yen(text)
    if yen < 0:
        raise Invalid("yen-out-of-range", "0円以上で入力してください。")
    return yen


def _line(line: str, roster: Sequence[Organisation]) -> tuple[str, dict[str, int | None]]:
    columns = columns_of(line)
    if len(columns) < _COLUMNS:
        raise Invalid(
            "bad-line", "団体、下限額、上限額の順に、「猪名川町<タブ>100,000<タブ>なし」のように入力してください。"
        )
    code = named(columns[:-2], roster).code
    bounds = {"minimum_yen": _yen(columns[-2]), "maximum_yen": _yen(columns[-1])}
    if _crossed(bounds):
        raise Invalid("limits-crossed", _CROSSED)
    return code, bounds


def _crossed(bounds: Mapping[str, int | None]) -> bool:
    low, high = bounds["minimum_yen"], bounds["maximum_yen"]
    return low is not None and high is not None and low > high


def limit_values(limits: Mapping[str, Any] | None, names: Mapping[str, str]) -> dict[str, str]:
    """Saved limits as the form shows them; ``names`` of organisations by code."""
    if limits is None:
        return dict(NEW_LIMITS)
    all_names = list(names.values())
    lines = [
        f"{names[code] if all_names.count(names.get(code, '')) == 1 else code}\t"
        f"{_shown(bounds['minimum_yen'])}\t{_shown(bounds['maximum_yen'])}"
        for code, bounds in limits["members"].items()
    ]
    return {
        "limit_minimum": _shown(limits["minimum_yen"], ""),
        "limit_maximum": _shown(limits["maximum_yen"], ""),
        "limit_members": "\n".join(lines),
    }


def _shown(yen: int | None, nothing: str = NO_LIMIT) -> str:
    return nothing if yen is None else f"{yen:,}"


def limits_sentence(limits: Mapping[str, Any] | None) -> str:
    """The limits in a few words: 「1団体の下限100,000円・上限5,000,000円、2団体は別の額」; empty without any."""
    if limits is None:
        return ""
    words = [
        f"{word}{format_yen(limits[field])}"
        for field, word in (("minimum_yen", "下限"), ("maximum_yen", "上限"))
        if limits[field] is not None
    ]
    said = [f"1団体の{'・'.join(words)}"] if words else []
    if limits["members"]:
        said.append(f"{len(limits['members'])}団体は{'別の額' if words else '下限・上限あり'}")
    return "、".join(said)


@dataclass(frozen=True, slots=True)
class LimitedRow:
    """One member's share of one cost, in yen before rounding: without limits, within them, and what held it."""

    code: str
    name: str
    plain: Fraction
    minimum_yen: int | None
    maximum_yen: int | None
    held: Fraction
    outcome: str


@dataclass(frozen=True, slots=True)
class LimitedCost:
    """One cost within the limits; ``refused`` says why the limits leave no room."""

    name: str
    net_yen: int
    rows: tuple[LimitedRow, ...]
    rounds: int
    refused: str = ""


def limited_cost(
    name: str, net_yen: int, shares: Sequence[tuple[str, str, Fraction]], limits: Mapping[str, Any]
) -> LimitedCost:
    """What the limits make of a cost; ``shares`` are (code, name, part of the cost) that add to 1."""
    bounds = [bounds_of(limits, code) for code, _, _ in shares]
    try:
        found = limit(net_yen, from_fractions(share for _, _, share in shares).numerators, bounds)
    except Unfillable as error:
        word = "下限額の合計が経費を上回り" if error.too_much_asked else "上限額の合計が経費に足りず"
        return LimitedCost(name, net_yen, (), 0, f"{word}、按分できません(合計 {format_yen(error.room_yen)})。")
    outcomes = dict.fromkeys(range(len(shares)), "")
    for number, each in enumerate(found.rounds, 1):
        outcomes |= dict.fromkeys(each.maximum, f"第{number}回で上限額に固定")
        outcomes |= dict.fromkeys(each.minimum, f"第{number}回で下限額に固定")
    rows = tuple(
        LimitedRow(
            code,
            member,
            share * net_yen,
            bound.minimum_yen,
            bound.maximum_yen,
            Fraction(numerator, found.exact.denominator),
            outcomes[place],
        )
        for place, ((code, member, share), bound, numerator) in enumerate(
            zip(shares, bounds, found.exact.numerators, strict=True)
        )
    )
    return LimitedCost(name, net_yen, rows, len(found.rounds))


def bounds_of(limits: Mapping[str, Any], code: str) -> Bounds:
    """One member's bounds, its own or everybody's."""
    own = limits.get("members", {}).get(code, limits)
    low, high = own.get("minimum_yen"), own.get("maximum_yen")
    return Bounds(None if low is None else Yen(low), None if high is None else Yen(high))
