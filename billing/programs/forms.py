"""Program forms: text as typed → frozen input, with a message at every field that is wrong."""

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction

from billing.money import exact_text, parse_yen
from billing.programs.rules import (
    REMAINDERS,
    ROUNDING_MODES,
    ROUNDING_STAGES,
    SHARES_PUBLISHED,
    MemberInput,
    MemberView,
    ProgramInput,
)
from billing.shares import parse_share
from tenants.calendar import fiscal_year_label, japanese_date, parse_fiscal_year, parse_japanese_date
from tenants.directory.rules import TenantView
from tenants.errors import Invalid
from tenants.web.form_data import Faults, FormData, free_text, one_of, required_text

_MOST_MONTHS = 12
_MOST_INSTALMENTS = 12
_LONGEST_DESCRIPTION = 2_000
"""Characters: a page of paper, more than a page about a program can show with its figures."""


def program_input(form: FormData, tenants: Sequence[TenantView]) -> ProgramInput:
    """The settings a person typed; raises Invalid with every field's message."""
    faults = Faults()
    remainder = one_of(form, "rounding_remainder", "端数の行き先", REMAINDERS, faults)
    named = _named(form, tenants, remainder, faults)
    due = form.get("due_date", "").strip()
    settings = ProgramInput(
        fiscal_year=faults.read("fiscal_year", parse_fiscal_year, form.get("fiscal_year", ""), 0),
        title=required_text(form, "title", "事業名", faults, longest=100, one_line=True),
        description=free_text(form, "description", "説明", faults, longest=_LONGEST_DESCRIPTION),
        rounding_stage=one_of(form, "rounding_stage", "端数処理の段階", ROUNDING_STAGES, faults),
        rounding_unit_yen=_unit(form, "rounding_unit_yen", faults),
        rounding_remainder=remainder,
        rounding_named_id=named,
        national_ceiling=exact_text(
            faults.read("national_ceiling", parse_share, form.get("national_ceiling", ""), Fraction(0))
        ),
        invoice_unit_yen=_unit(form, "invoice_unit_yen", faults),
        invoice_mode=one_of(form, "invoice_mode", "負担金の端数", ROUNDING_MODES, faults),
        instalment_count=whole_number(
            form.get("instalment_count", ""), "instalment_count", 1, _MOST_INSTALMENTS, faults
        ),
        instalment_unit_yen=_unit(form, "instalment_unit_yen", faults),
        due_date=faults.read("due_date", parse_japanese_date, due, None) if due else None,
        shares_published=_published(form, faults),
    )
    faults.raise_if_any()
    return settings


def whole_number(text: str, field: str, least: int, most: int, faults: Faults) -> int:
    """A whole number between two bounds, full-width digits allowed; notes the fault otherwise."""
    digits = unicodedata.normalize("NFKC", text).strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9 or not least <= int(digits) <= most:  # noqa: PLR2004
        faults.note(field, f"{least}から{most}までの整数で入力してください。", "not-a-whole-number")
        return least
    return int(digits)


def _unit(form: FormData, field: str, faults: Faults) -> int:
    try:
        unit = parse_yen(form.get(field, ""))
    except Invalid as error:
        faults.note(field, error.message, error.code)
        return 1
    if unit < 1:
        faults.note(field, "1円以上の単位を入力してください。", "bad-unit")
        return 1
    return unit


def _published(form: FormData, faults: Faults) -> bool:
    """Nobody's figures are shown to others unless the form says so."""
    if "shares_published" not in form:
        return False
    return one_of(form, "shares_published", "按分表の公開", SHARES_PUBLISHED, faults) == "yes"


def _named(form: FormData, tenants: Sequence[TenantView], remainder: str, faults: Faults) -> int | None:
    if remainder != "named":
        return None
    choices = {str(one.id): one.id for one in tenants}
    chosen = one_of(form, "rounding_named_id", "端数をまとめて負担する団体", choices, faults)
    return choices.get(chosen)


def program_values(settings: ProgramInput) -> dict[str, str]:
    """The settings as the form shows them."""
    values = {name: "" if value is None else str(value) for name, value in asdict(settings).items()}
    values["fiscal_year"] = fiscal_year_label(settings.fiscal_year)
    values["shares_published"] = "yes" if settings.shares_published else "no"
    values["due_date"] = japanese_date(settings.due_date) if settings.due_date else ""
    return values


NEW_PROGRAM: dict[str, str] = {
    "fiscal_year": "",
    "title": "",
    "description": "",
    "rounding_stage": "cost",
    "rounding_unit_yen": "1",
    "rounding_remainder": "largest_remainder",
    "rounding_named_id": "",
    "national_ceiling": "1/2",
    "invoice_unit_yen": "1",
    "invoice_mode": "floor",
    "instalment_count": "1",
    "instalment_unit_yen": "1",
    "due_date": "",
    "shares_published": "no",
}
"""What an empty form starts from: the defaults of the case format."""


def member_inputs(form: FormData, tenants: Sequence[TenantView]) -> list[MemberInput]:
    """The organisations ticked, with months and weight; raises Invalid at the line that is wrong."""
    faults = Faults()
    ticked = set(form.all("members"))
    chosen = []
    for one in tenants:
        if str(one.id) not in ticked:
            continue
        months_field, factor_field = f"months-{one.id}", f"factor-{one.id}"
        chosen.append(
            MemberInput(
                one.id,
                whole_number(form.get(months_field, "12"), months_field, 0, _MOST_MONTHS, faults),
                exact_text(faults.read(factor_field, parse_share, form.get(factor_field, "1"), Fraction(1))),
            )
        )
    faults.raise_if_any()
    return chosen


def member_values(members: Sequence[MemberView]) -> dict[str, str]:
    """Months and weights as the form shows them."""
    values = {}
    for one in members:
        values[f"months-{one.tenant_id}"] = str(one.months)
        values[f"factor-{one.tenant_id}"] = one.factor
    return values
