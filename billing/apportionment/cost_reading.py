"""Reading costs (経費), who is charged, and how shares are rounded (端数処理)."""

from collections.abc import Sequence
from typing import Any

from billing.apportionment.fields import Reading, Record
from billing.apportionment.known import Known
from billing.apportionment.tariff_reading import read_tariff
from billing.apportionment.terms import Charge, Cost, Rounding, Stage
from billing.money import MAX_YEN, Yen, format_yen

LONGEST_NAME = 200
STAGES = ("cost", "total")
REMAINDERS = ("largest_remainder", "smallest_up", "largest_share", "named", "prefecture", "undistributed")

_COST = frozenset(
    {"id", "name", "amount_yen", "tax_rate", "eligible", "revenue_yen", "charge", "rounding"},
)
_CHARGE = frozenset({"key", "member", "prefecture"})
_ROUNDING = frozenset({"stage", "unit_yen", "remainder", "named"})


def read_costs(reading: Reading, values: Sequence[Any], known: Known, stage: Stage) -> tuple[Cost, ...]:
    """Read the list of costs; ``stage`` is the case's, because only ``cost`` lets a cost round on its own."""
    costs = []
    for index, value in enumerate(values):
        entry = Record(reading, value, f"/costs/{index}", _COST)
        cost = _read_cost(reading, entry, known, stage)
        if known.is_new(reading, known.costs, cost.id, entry.at("id")):
            known.costs[cost.id] = (index, cost)
        costs.append(cost)
    return tuple(costs)


def _read_cost(reading: Reading, entry: Record, known: Known, stage: Stage) -> Cost:
    name, title = entry.text("id", LONGEST_NAME), entry.text("name", LONGEST_NAME)
    start = len(reading.problems)
    amount = entry.integer("amount_yen", -MAX_YEN, MAX_YEN)
    revenue = entry.integer("revenue_yen", 0, MAX_YEN, 0)
    if len(reading.problems) == start and amount < revenue:
        message = f"特定財源{format_yen(revenue)}が経費{format_yen(amount)}を上回り、差引きが負になっています。"
        reading.refuse(entry.pointer, "negative-net", message)
    tax_rate = entry.fraction("tax_rate", "10/100", high=1)
    eligible = entry.flag("eligible", False)  # noqa: FBT003  (a field's default)
    charge = _read_charge(reading, entry, known)
    rounding = None
    if entry.has("rounding"):
        rounding = read_rounding(reading, entry.raw("rounding"), entry.at("rounding"), known)
        if stage == "total":
            message = "合計で端数処理をする場合(total)は、経費ごとの端数処理は書けません。"
            reading.refuse(entry.at("rounding"), "rounding-stage", message)
        elif rounding.stage != "cost":
            message = "経費ごとの端数処理の段階は「cost」だけです。"
            reading.refuse(entry.at("rounding") + "/stage", "rounding-stage", message)
    return Cost(
        id=name,
        name=title,
        amount_yen=Yen(amount),
        tax_rate=tax_rate,
        eligible=eligible,
        revenue_yen=Yen(revenue),
        charge=charge,
        rounding=rounding,
    )


def _read_charge(reading: Reading, entry: Record, known: Known) -> Charge:
    value = entry.raw("charge", None)
    if value is None:
        reading.refuse(entry.at("charge"), "missing-field", "負担の方法(charge)がありません。")
        return Charge(prefecture=True)
    record = Record(reading, value, entry.at("charge"), _CHARGE if known.version == 1 else _CHARGE | {"tariff"})
    named = [name for name in ("key", "member", "prefecture", "tariff") if name in record]
    if len(named) != 1:
        words = "「key」(按分)、「member」(個別負担)、「prefecture」(県負担)"
        if known.version > 1:
            words += "、「tariff」(料金表)"
        reading.refuse(record.pointer, "charge-form", f"負担の方法は{words}のどれか一つを書いてください。")
        return Charge(prefecture=True)
    if named == ["tariff"]:
        if known.version == 1:  # refused as an unknown field already
            return Charge(prefecture=True)
        return Charge(tariff=read_tariff(reading, record, known))
    if named == ["key"]:
        key = record.text("key", LONGEST_NAME)
        if key and key not in known.keys:
            reading.refuse(record.at("key"), "unknown-key", f"按分方法「{key}」がありません。")
        return Charge(key=key)
    if named == ["member"]:
        member = record.code("member")
        known.require_member(reading, record.at("member"), member)
        return Charge(member=member)
    if record.raw("prefecture") is not True:
        reading.refuse(record.at("prefecture"), "charge-form", "県負担はtrueと書いてください。")
    return Charge(prefecture=True)


def read_rounding(reading: Reading, value: Any, pointer: str, known: Known) -> Rounding:
    """Read how shares become yen; ``named`` stands exactly when the remainder goes to a named member."""
    record = Record(reading, value, pointer, _ROUNDING)
    stage = record.choice("stage", STAGES, "cost")
    remainder = record.choice("remainder", REMAINDERS, "largest_remainder")
    unit = record.integer("unit_yen", 1, MAX_YEN, 1)
    named = None
    if remainder == "named":
        if record.has("named"):
            named = record.code("named")
            known.require_member(reading, record.at("named"), named)
        else:
            message = "端数を負担する団体(named)の団体コードがありません。"
            reading.refuse(record.at("named"), "missing-field", message)
    elif record.has("named"):
        message = "「named」は、端数を特定の団体が負担する場合(remainderがnamed)にだけ書けます。"
        reading.refuse(record.at("named"), "named-not-used", message)
    return Rounding(stage=stage, unit_yen=Yen(unit), remainder=remainder, named=named)
