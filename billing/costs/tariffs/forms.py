"""The tariff in the cost form: text as typed → a definition, with a message at every field that is wrong."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.apportionment.tariff_reading import MOST_STEPS
from billing.apportionment.tariffs import in_brackets
from billing.apportionment.terms import EQUAL_BASIS, Step
from billing.bases.rules import shown_number
from billing.costs.tariffs.rules import FORMS, MONTHS, WITHIN, Definition
from billing.keys.member_lines import EXCLUDED, Organisation, read_member_lines
from billing.money import Yen, exact_text, parse_quantity, parse_yen
from billing.programs.rules import ROUNDING_MODES, MemberView
from billing.shares import parse_share
from tenants.errors import Invalid
from tenants.web.form_data import Faults, one_of

ROWS = range(1, MOST_STEPS + 1)
"""Every row that may be sent: as many steps as a case file takes."""
TAX_RATES: Mapping[str, str] = {"0": "加えない", "10/100": "10%を加える", "8/100": "8%を加える(軽減税率)"}
_FEWEST_ROWS, _MORE_ROWS = 5, 10
"""An empty form shows five rows; the longest published tariff seen has about thirty brackets."""
_ROW_FIELDS = ("tariff_bound", "tariff_within", "tariff_price")

NEW_TARIFF: Mapping[str, str] = {
    "tariff_basis": "",
    "tariff_form": "steps",
    "tariff_rate": "",
    "tariff_months": "always",
    "tariff_unit_yen": "1",
    "tariff_mode": "floor",
    "tariff_tax_rate": "0",
    "tariff_exclude": "",
}
"""An empty tariff but for its rows."""


@dataclass(frozen=True, slots=True)
class TariffChoices:
    """What a tariff of this program can name."""

    basis_ids: Collection[int]
    members: Sequence[MemberView]


def tariff_rows(values: Mapping[str, str]) -> list[int]:
    """The numbers of the rows to show: those asked for or filled, and some more when ``more`` was pressed."""
    asked = values.get("tariff_rows", "")
    # More digits than any number of rows has are not even converted.
    shown = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= len(str(MOST_STEPS)) else 0
    filled = max((row for row in ROWS if _is_filled(values, row)), default=0)
    count = max(_FEWEST_ROWS, shown, filled) + (_MORE_ROWS if values.get("more") else 0)
    return list(ROWS[:count])


def is_open(values: Mapping[str, str], errors: Collection[str]) -> bool:
    """Whether the price list is unfolded: when it is chosen, asked about, or something in it is wrong."""
    asked = values.get("charge_kind") == "tariff" or values.get("more") or values.get("preview")
    return bool(asked) or any(field.startswith("tariff_") for field in errors)


def blank_rows(rows: Collection[int]) -> dict[str, str]:
    """The fields of these rows with nothing in them."""
    return {f"{field}-{row}": "" for row in rows for field in _ROW_FIELDS}


def _is_filled(form: Mapping[str, str], row: int) -> bool:
    return any(form.get(f"{field}-{row}", "").strip() for field in ("tariff_bound", "tariff_price"))


def read_tariff_form(form: Mapping[str, str], choices: TariffChoices, faults: Faults) -> dict[str, Any]:
    """The tariff a person described; what is wrong is noted at its field."""
    kind = one_of(form, "tariff_form", "料金の決め方", FORMS, faults)
    definition: dict[str, Any] = {"basis": _basis(form, choices, faults)}
    if kind == "rate":
        definition["rate"] = exact_text(faults.read("tariff_rate", parse_share, form.get("tariff_rate", ""), _NOTHING))
    elif kind:
        definition["steps"] = _steps(form, faults)
    unit = faults.read("tariff_unit_yen", parse_yen, form.get("tariff_unit_yen", "").strip() or "1", 1)
    if unit < 1:
        faults.note("tariff_unit_yen", "1円以上の単位を入力してください。", "bad-unit")
    return {
        **definition,
        "months": one_of(form, "tariff_months", "月割り", MONTHS, faults),
        "unit_yen": unit,
        "mode": one_of(form, "tariff_mode", "端数", ROUNDING_MODES, faults),
        "tax_rate": one_of(form, "tariff_tax_rate", "最後に加える消費税", TAX_RATES, faults),
        "exclude": _excluded(form, choices, faults),
    }


_NOTHING = Fraction(0)


def _basis(form: Mapping[str, str], choices: TariffChoices, faults: Faults) -> int | str:
    chosen = form.get("tariff_basis", "")
    by_text = {str(one): one for one in choices.basis_ids}
    if chosen in by_text:
        return by_text[chosen]
    if chosen != EQUAL_BASIS:
        faults.note("tariff_basis", "料金表の基準にする按分基準を選んでください。", "required")
    return EQUAL_BASIS


def _steps(form: Mapping[str, str], faults: Faults) -> list[dict[str, Any]]:
    filled = [row for row in ROWS if _is_filled(form, row)]
    if not filled:
        faults.note("tariff_price-1", "段階を1行以上入力してください。", "required")
    steps: list[Step] = []
    for row in filled:
        step = _step(form, row, faults)
        if any((step.bound, step.inclusive) == (one.bound, one.inclusive) for one in steps):
            faults.note(f"tariff_bound-{row}", f"段階{row}: 同じ上限の段階が2つあります。", "duplicate-step")
        steps.append(step)
    return [_written(step) for step in in_brackets(steps)]


def _step(form: Mapping[str, str], row: int, faults: Faults) -> Step:
    yen, bound, inclusive = 0, None, True
    try:
        yen = parse_yen(form.get(f"tariff_price-{row}", ""))
        if yen < 0:
            faults.note(f"tariff_price-{row}", f"段階{row}の年額: 0円以上で入力してください。", "yen-out-of-range")
    except Invalid as error:
        faults.note(f"tariff_price-{row}", f"段階{row}の年額: {error.message}", error.code)
    typed = form.get(f"tariff_bound-{row}", "").strip()
    if typed:
        try:
            bound = parse_quantity(typed)
        except Invalid as error:
            faults.note(f"tariff_bound-{row}", f"段階{row}の上限: {error.message}", error.code)
        within = form.get(f"tariff_within-{row}", "") or "up_to"
        if within not in WITHIN:
            faults.note(f"tariff_within-{row}", f"段階{row}: 以下か未満を選んでください。", "required")
        inclusive = within != "below"
    return Step(Yen(yen), bound, inclusive)


def _written(step: Step) -> dict[str, Any]:
    if step.bound is None:
        return {"price_yen": step.price_yen}
    return {"up_to" if step.inclusive else "below": exact_text(step.bound), "price_yen": step.price_yen}


def _excluded(form: Mapping[str, str], choices: TariffChoices, faults: Faults) -> list[str]:
    lines = (line.strip().removesuffix(EXCLUDED).strip() for line in form.get("tariff_exclude", "").splitlines())
    text = "\n".join(f"{line}\t{EXCLUDED}" if line else "" for line in lines)
    roster = [Organisation(one.code, one.name) for one in choices.members]
    read = read_member_lines(text, roster, may_exclude=True)
    if read.faults:
        faults.note("tariff_exclude", read.message, read.code)
    return sorted(read.exclude)


def tariff_values(definition: Definition | None, names: Mapping[str, str]) -> dict[str, str]:
    """A saved tariff as the form shows it; ``names`` of organisations by code."""
    if definition is None:
        return dict(NEW_TARIFF)
    values = {
        **NEW_TARIFF,
        "tariff_basis": str(definition["basis"]),
        "tariff_form": "rate" if "rate" in definition else "steps",
        "tariff_rate": definition.get("rate", ""),
        "tariff_months": definition["months"],
        "tariff_unit_yen": f"{definition['unit_yen']:,}",
        "tariff_mode": definition["mode"],
        "tariff_tax_rate": definition["tax_rate"],
        "tariff_exclude": "\n".join(
            names[code] if list(names.values()).count(names.get(code, "")) == 1 else code
            for code in definition["exclude"]
            if code in names
        ),
    }
    for row, step in zip(ROWS, definition.get("steps", ()), strict=False):
        within = next((name for name in WITHIN if name in step), "")
        values[f"tariff_within-{row}"] = within
        values[f"tariff_bound-{row}"] = shown_number(Fraction(step[within])) if within else ""
        values[f"tariff_price-{row}"] = f"{step['price_yen']:,}"
    return values
