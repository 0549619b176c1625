"""Reading grants (交付金・補助金) and the audit guard on their national part."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from billing.apportionment.fields import Reading, Record
from billing.apportionment.known import Known
from billing.apportionment.terms import Cost, Grant, UnitRounding
from billing.money import MAX_YEN, Yen, exact_text

LONGEST_NAME = 200
# A program with more than a handful of grants has not been seen.
MOST_GRANTS = 100
MODES = ("floor", "half_up", "ceil")
NATIONAL = "national"

# Other funders are free lower-case words; 「国」 or "National" would slip past the guard, so they are refused.
_FUNDER = re.compile(r"[a-z][a-z_-]{0,39}")
_GRANT = frozenset(
    {"id", "name", "funder", "rate", "cap_yen", "member_cap_yen", "costs", "tax", "level", "rounding"},
)
_UNIT_ROUNDING = frozenset({"unit_yen", "mode"})


def read_grants(reading: Reading, value: Any, known: Known) -> tuple[Grant, ...]:
    """Read the list of grants in its order."""
    grants: dict[str, Grant] = {}
    found = []
    for index, item in enumerate(reading.items(value, "/grants", MOST_GRANTS)):
        entry = Record(reading, item, f"/grants/{index}", _GRANT)
        grant = _read_grant(reading, entry, known)
        if known.is_new(reading, grants, grant.id, entry.at("id")):
            grants[grant.id] = grant
        found.append(grant)
    return tuple(found)


def _read_grant(reading: Reading, entry: Record, known: Known) -> Grant:
    name, title = entry.text("id", LONGEST_NAME), entry.text("name", LONGEST_NAME)
    funder = entry.raw("funder", NATIONAL)
    if not isinstance(funder, str) or not _FUNDER.fullmatch(funder):
        message = "交付元は「national」(国)、「prefecture」(県)などの半角の英小文字で書いてください。"
        reading.refuse(entry.at("funder"), "unknown-choice", message)
        funder = NATIONAL
    rate = entry.fraction("rate", high=1)
    cap, member_cap = entry.yen_or_none("cap_yen"), entry.yen_or_none("member_cap_yen")
    costs = _read_counted(reading, entry, known)
    tax = entry.choice("tax", ("included", "excluded"), "included")
    level = entry.choice("level", ("program", "cost", "member"), "program")
    if member_cap is not None and level != "member":
        message = "団体ごとの上限額は、団体ごとに計算する交付金(levelがmember)でだけ使えます。"
        reading.refuse(entry.at("member_cap_yen"), "member-cap-level", message)
    return Grant(
        id=name,
        name=title,
        funder=funder,
        rate=rate,
        cap_yen=None if cap is None else Yen(cap),
        member_cap_yen=None if member_cap is None else Yen(member_cap),
        costs=costs,
        tax=tax,
        level=level,
        rounding=read_unit_rounding(reading, entry.raw("rounding", {}), entry.at("rounding")),
    )


def _read_counted(reading: Reading, entry: Record, known: Known) -> tuple[str, ...] | None:
    value = entry.raw("costs", "eligible")
    if value == "eligible":
        return None
    pointer = entry.at("costs")
    listed: dict[str, None] = {}
    for index, item in enumerate(reading.items(value, pointer, len(known.costs) + 1)):
        place = f"{pointer}/{index}"
        name = reading.text(item, place, LONGEST_NAME)
        if name in listed:
            reading.refuse(place, "duplicate-id", f"経費「{name}」が2回以上書かれています。")
        elif name and name not in known.costs:
            reading.refuse(place, "unknown-cost", f"経費「{name}」がありません。")
        elif name and not known.costs[name][1].eligible:
            message = f"経費「{known.costs[name][1].name}」は補助対象になっていません。"
            reading.refuse(place, "not-eligible", message)
        listed[name] = None
    return tuple(listed)


def read_unit_rounding(reading: Reading, value: Any, pointer: str) -> UnitRounding:
    """Read the unit and mode to which one figure is rounded."""
    record = Record(reading, value, pointer, _UNIT_ROUNDING)
    unit = record.integer("unit_yen", 1, MAX_YEN, 1)
    return UnitRounding(unit_yen=Yen(unit), mode=record.choice("mode", MODES, "floor"))


def check_national_ceiling(reading: Reading, costs: Sequence[Cost], grants: Sequence[Grant], ceiling: Fraction) -> None:
    """Refuse costs for which the rates of the national grants add to more than the ceiling (audit guard)."""
    for index, cost in enumerate(costs):
        counting = [
            grant
            for grant in grants
            if grant.funder == NATIONAL and (cost.eligible if grant.costs is None else cost.id in grant.costs)
        ]
        total = sum((grant.rate for grant in counting), Fraction(0))
        if total > ceiling:
            names = "、".join(f"「{grant.name}」" for grant in counting)
            message = (
                f"経費「{cost.name}」に対する国の交付金{names}の率の合計{exact_text(total)}が、"
                f"上限の{exact_text(ceiling)}を超えています。"
            )
            reading.refuse(f"/costs/{index}", "national-ceiling", message)
