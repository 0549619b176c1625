"""Reading tariffs (料金表): step charges by bracket and rates on a base (§4)."""

from fractions import Fraction

from billing.apportionment.fields import Reading, Record
from billing.apportionment.key_reading import read_exclude, values_of
from billing.apportionment.known import Known
from billing.apportionment.tariffs import bracket_of, in_brackets
from billing.apportionment.terms import Mode, Months, Step, Tariff
from billing.money import MAX_YEN, Yen, exact_text

LONGEST_NAME = 200
# The longest published tariff seen has about thirty brackets.
MOST_STEPS = 1000
MODES: tuple[Mode, ...] = ("floor", "half_up", "ceil")
MONTHS: tuple[Months, ...] = ("always", "part_year", "ignore")

_TARIFF = frozenset({"basis", "steps", "rate", "months", "unit_yen", "mode", "tax_rate", "exclude"})
_STEP = frozenset({"price_yen", "up_to", "below"})


def read_tariff(reading: Reading, charge: Record, known: Known) -> Tariff:
    """Read one tariff; the steps may stand in any order and are kept from the lowest bracket up."""
    record = Record(reading, charge.raw("tariff"), charge.at("tariff"), _TARIFF)
    start = len(reading.problems)
    if record.has("steps") == record.has("rate"):
        message = "料金表には「steps」(段階別の年額)か「rate」(基準値に掛ける率)のどちらか一方を書いてください。"
        reading.refuse(record.pointer, "tariff-form", message)
    tariff = Tariff(
        basis=record.text("basis", LONGEST_NAME),
        steps=_read_steps(reading, record) if record.has("steps") else (),
        rate=record.fraction("rate") if record.has("rate") else None,
        months=record.choice("months", MONTHS, "always"),
        unit_yen=Yen(record.integer("unit_yen", 1, MAX_YEN, 1)),
        mode=record.choice("mode", MODES, "floor"),
        tax_rate=record.fraction("tax_rate", "0", high=1),
        exclude=read_exclude(reading, record, known),
    )
    counted = [member for code, member in known.members.items() if code not in tariff.exclude]
    found = values_of(reading, record, known, tariff.basis, counted)
    if found is not None and tariff.steps and len(reading.problems) == start:
        for member in counted:
            if bracket_of(tariff.steps, found[0][member.code]) is None:
                value = exact_text(found[0][member.code])
                message = f"{member.name}({member.code})の値{value}にあたる段階が料金表にありません。"
                reading.refuse(record.at("steps"), "beyond-tariff", message)
    return tariff


def _read_steps(reading: Reading, record: Record) -> tuple[Step, ...]:
    pointer = record.at("steps")
    values = reading.items(record.raw("steps"), pointer, MOST_STEPS)
    steps: list[Step] = []
    seen: set[tuple[Fraction | None, bool]] = set()
    for index, value in enumerate(values):
        entry = Record(reading, value, f"{pointer}/{index}", _STEP)
        inclusive = not entry.has("below")
        bound = None
        if entry.has("up_to") and entry.has("below"):
            message = "段階の上限は「up_to」(以下)か「below」(未満)のどちらか一方で書いてください。"
            reading.refuse(entry.pointer, "tariff-form", message)
        elif entry.has("up_to") or entry.has("below"):
            bound = entry.fraction("up_to" if inclusive else "below")
        if (bound, inclusive) in seen:
            reading.refuse(entry.pointer, "duplicate-step", "同じ上限の段階が2回以上書かれています。")
        seen.add((bound, inclusive))
        steps.append(Step(Yen(entry.integer("price_yen", 0, MAX_YEN)), bound, inclusive))
    if not values:
        reading.refuse(pointer, "tariff-form", "段階がありません。1段階以上を書いてください。")
    return in_brackets(steps)
