"""Basis forms: text as typed → frozen input, with a message at every field that is wrong."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date

from billing.bases.rules import BasisInput, BasisView, ValueView
from billing.money import exact_text, parse_quantity
from tenants.calendar import japanese_date, parse_japanese_date
from tenants.errors import Invalid
from tenants.web.form_data import Faults, required_text

_LONGEST_UNIT = 20
_LONGEST_SOURCE = 200

NEW_BASIS: dict[str, str] = {"name": "", "unit": "", "as_of": "", "source": ""}


def basis_input(form: Mapping[str, str]) -> BasisInput:
    """The basis a person described; raises Invalid with every field's message."""
    faults = Faults()
    basis = BasisInput(
        name=required_text(form, "name", "按分基準の名前", faults, one_line=True),
        unit=required_text(form, "unit", "単位", faults, longest=_LONGEST_UNIT, one_line=True),
        as_of=faults.read("as_of", _day, form.get("as_of", ""), date.min),
        source=required_text(form, "source", "出典", faults, longest=_LONGEST_SOURCE, one_line=True),
    )
    # A unit such as 「100人」 would swallow the last digits of the values typed with it.
    if unicodedata.normalize("NFKC", basis.unit)[:1] in set("0123456789.,-+△▲"):
        faults.note("unit", "単位は数字や記号で始めないでください(例: 人、世帯、km)。", "bad-unit")
    faults.raise_if_any()
    return basis


def _day(text: str) -> date:
    if not text.strip():
        raise Invalid("required", "いつの時点の数値かを入力してください。")
    return parse_japanese_date(text)


def basis_fields(basis: BasisView) -> dict[str, str]:
    """The basis as the form shows it."""
    return {"name": basis.name, "unit": basis.unit, "as_of": japanese_date(basis.as_of), "source": basis.source}


def typed_values(form: Mapping[str, str], members: Sequence[ValueView], unit: str) -> dict[int, str | None]:
    """The members' values as typed, exact; blank is None. Raises Invalid with a message at every field that is wrong.

    A member whose field was not sent is left out: it joined after the page was opened.
    """
    faults = Faults()
    values: dict[int, str | None] = {}
    for one in members:
        field = value_field(one)
        text = form.get(field)
        if text is None:
            continue
        if text.strip() == one.shown:  # also a fraction, which is shown but cannot be typed
            values[one.tenant_id] = one.value
        elif not text.strip():
            values[one.tenant_id] = None
        else:
            try:
                values[one.tenant_id] = exact_text(parse_quantity(text, unit))
            except Invalid as error:
                faults.note(field, f"{one.name}: {error.message}", error.code)
    faults.raise_if_any()
    return values


def value_field(one: ValueView) -> str:
    """The name of a member's field."""
    return f"value-{one.tenant_id}"
