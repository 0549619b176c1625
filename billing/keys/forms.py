"""Key forms: text as typed → a definition that the case format accepts, with a message at every field that is wrong."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.apportionment.key_reading import MOST_COMPONENTS
from billing.apportionment.terms import EQUAL_BASIS
from billing.keys.limits import NEW_LIMITS, limit_values, read_limits
from billing.keys.member_lines import Organisation, member_lines, read_member_lines
from billing.keys.rules import KeyInput, KeyView
from billing.money import exact_text
from billing.programs.forms import whole_number
from billing.programs.rules import MemberView
from billing.shares import parse_share
from tenants.errors import Invalid
from tenants.web.form_data import Faults, one_of, required_text

METHODS: Mapping[str, str] = {"components": "基準の組み合わせ", "fixed": "固定割合"}
ROWS = range(1, MOST_COMPONENTS + 1)
"""Every row that may be sent: as many components as a case file takes."""
_FEWEST_ROWS, _MORE_ROWS = 5, 5
"""An empty form shows five rows, because the widest mixes seen in ordinances have four components; more on request."""
_ROW_FIELDS = ("weight", "basis", "members")
_MOST_DECIMALS = 10
"""As many decimals as a basis value may have (case format)."""

NEW_KEY: Mapping[str, str] = {
    "name": "",
    "method": "components",
    "host_code": "",
    "host_share": "",
    "unit_price_decimals": "",
    "fixed": "",
    "renormalise": "",
    **NEW_LIMITS,
}
"""An empty form but for its rows."""


def rows_of(values: Mapping[str, str]) -> list[int]:
    """The numbers of the rows to show: those asked for or filled, and some more when ``more`` was pressed."""
    asked = values.get("row_count", "")
    # More digits than any number of rows has are not even converted.
    shown = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= len(str(MOST_COMPONENTS)) else 0
    filled = max((row for row in ROWS if _is_filled(values, row)), default=0)
    count = max(_FEWEST_ROWS, shown, filled) + (_MORE_ROWS if values.get("more") else 0)
    return list(ROWS[:count])


def blank_rows(rows: Collection[int]) -> dict[str, str]:
    """The fields of these rows with nothing in them."""
    return {f"{field}-{row}": "" for row in rows for field in _ROW_FIELDS}


def _is_filled(form: Mapping[str, str], row: int) -> bool:
    return any(form.get(f"{field}-{row}", "").strip() for field in _ROW_FIELDS)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a key of this program can name: its members, its bases, and every organisation (for 固定割合)."""

    members: Sequence[MemberView]
    basis_ids: Collection[int]
    organisations: Sequence[Organisation]

    @property
    def roster(self) -> list[Organisation]:
        """The members as lines name them."""
        return [Organisation(one.code, one.name) for one in self.members]


def key_input(form: Mapping[str, str], choices: Choices) -> KeyInput:
    """The key a person described; raises Invalid with every field's message. Only the chosen method's fields count."""
    faults = Faults()
    name = required_text(form, "name", "按分方法の名前", faults, one_line=True)
    method = one_of(form, "method", "按分のしかた", METHODS, faults)
    definition: dict[str, Any] = {}
    if method == "fixed":
        definition = _fixed(form, choices, faults)
    elif method:
        definition = _composed(form, choices, faults)
    limits = read_limits(form, choices.roster, faults)
    if limits is not None:
        definition["limits"] = limits
        if {"host", "unit_price_decimals"} & definition.keys():
            message = "下限額・上限額は、所在団体や単価方式と一緒には使えません。どちらかを空欄にしてください。"
            faults.note("limit_minimum", message, "key-form")
    faults.raise_if_any()
    return KeyInput(name, definition)


def _composed(form: Mapping[str, str], choices: Choices, faults: Faults) -> dict[str, Any]:
    filled = [row for row in ROWS if _is_filled(form, row)]
    if not filled:
        faults.note("weight-1", "割合と基準を1行以上入力してください。", "required")
    components = [_component(form, row, choices, faults) for row in filled]
    total = sum((Fraction(one["weight"]) for one in components), Fraction(0))
    if filled and total != 1 and not any(f"weight-{row}" in faults.fields for row in filled):
        message = f"割合の合計が 1 になりません(いまの合計 {exact_text(total)})。"
        faults.note(f"weight-{filled[-1]}", message, "weights-not-one")
    definition: dict[str, Any] = {"components": components}
    host = _host(form, choices, faults)
    if host is not None:
        definition["host"] = host
    decimals = form.get("unit_price_decimals", "").strip()
    if decimals:
        definition["unit_price_decimals"] = whole_number(decimals, "unit_price_decimals", 0, _MOST_DECIMALS, faults)
        if len(filled) > 1 or form.get("host_code", ""):
            message = "単価方式は、基準が1つで、所在団体のない按分方法でだけ使えます。空欄にしてください。"
            faults.note("unit_price_decimals", message, "key-form")
    return definition


def _component(form: Mapping[str, str], row: int, choices: Choices, faults: Faults) -> dict[str, Any]:
    weight = Fraction(0)
    try:
        weight = _positive_share(form.get(f"weight-{row}", ""))
    except Invalid as error:
        faults.note(f"weight-{row}", f"基準{row}: {error.message}", error.code)
    component: dict[str, Any] = {"weight": exact_text(weight), "basis": _basis(form, row, choices, faults)}
    field = f"members-{row}"
    lines = read_member_lines(form.get(field, ""), choices.roster, may_exclude=True)
    if lines.faults:
        faults.note(field, f"基準{row}の団体: {lines.message}", lines.code)
        return component
    if lines.factors:
        component["factors"] = dict(sorted(lines.factors.items()))
    if lines.exclude:
        component["exclude"] = sorted(lines.exclude)
    if choices.members and not _anybody_counts(component, choices.members, form.get("host_code", "")):
        message = f"基準{row}の団体: 按分の対象になる団体が残りません。除外や 0 の係数を見直してください。"
        faults.note(field, message, "basis-sum-zero")
    return component


def _anybody_counts(component: Mapping[str, Any], members: Sequence[MemberView], host_code: str) -> bool:
    return any(
        one.months
        and Fraction(one.factor)
        and Fraction(component.get("factors", {}).get(one.code, "1"))
        and one.code not in component.get("exclude", ())
        and one.code != host_code
        for one in members
    )


def _basis(form: Mapping[str, str], row: int, choices: Choices, faults: Faults) -> int | str:
    chosen = form.get(f"basis-{row}", "")
    if chosen == EQUAL_BASIS:
        return EQUAL_BASIS
    by_text = {str(one): one for one in choices.basis_ids}
    if chosen in by_text:
        return by_text[chosen]
    if chosen:
        faults.note(f"basis-{row}", f"基準{row}: その按分基準はありません。選び直してください。", "unknown-basis")
    else:
        faults.note(f"basis-{row}", f"基準{row}: 按分基準を選んでください。", "required")
    return EQUAL_BASIS


def _host(form: Mapping[str, str], choices: Choices, faults: Faults) -> dict[str, str] | None:
    code, typed = form.get("host_code", ""), form.get("host_share", "").strip()
    if not code:
        if typed:
            faults.note(
                "host_code", "所在団体を選んでください。負担を先に決めない場合は割合を空欄にします。", "required"
            )
        return None
    if code not in {one.code for one in choices.members}:
        faults.note("host_code", "この団体は構成団体ではありません。選び直してください。", "unknown-member")
    share = faults.read("host_share", _positive_share, typed, Fraction(1))
    if share > 1:
        faults.note("host_share", "所在団体の割合は 1 以下で入力してください。", "bad-fraction")
    return {"code": code, "share": exact_text(share)}


def _fixed(form: Mapping[str, str], choices: Choices, faults: Faults) -> dict[str, Any]:
    renormalise = bool(form.get("renormalise", ""))
    # Shares of organisations that do not take part may stay: they are dropped before the rest is made whole.
    known = {one.code: one for one in (*(choices.organisations if renormalise else ()), *choices.roster)}
    lines = read_member_lines(form.get("fixed", ""), known.values(), may_exclude=False)
    if lines.faults:
        faults.note("fixed", lines.message, lines.code)
    elif not lines.factors:
        faults.note("fixed", "団体と割合を1行以上入力してください。", "required")
    else:
        _check_fixed_sum(lines.factors, choices, faults, renormalise=renormalise)
    return {"fixed": dict(sorted(lines.factors.items())), "renormalise": renormalise}


def _check_fixed_sum(fixed: Mapping[str, str], choices: Choices, faults: Faults, *, renormalise: bool) -> None:
    codes = {one.code for one in choices.members}
    total = sum((Fraction(share) for code, share in fixed.items() if code in codes), Fraction(0))
    if renormalise and total == 0:
        faults.note("fixed", "構成団体の割合の合計が 0 のため、按分できません。", "basis-sum-zero")
    elif not renormalise and total != 1:
        message = f"割合の合計が 1 になりません(いまの合計 {exact_text(total)})。"
        faults.note("fixed", message, "fixed-not-one")


def _positive_share(text: str) -> Fraction:
    share = parse_share(text)
    if share == 0:
        raise Invalid("bad-fraction", "0より大きい割合を入力してください。")
    return share


def key_values(view: KeyView, names: Mapping[str, str]) -> dict[str, str]:
    """A saved key as the form shows it; ``names`` of organisations by code."""
    definition = view.definition
    values = {**NEW_KEY, "name": view.name, **limit_values(definition.get("limits"), names)}
    if "fixed" in definition:
        renormalise = "1" if definition["renormalise"] else ""
        fixed = member_lines(definition["fixed"], (), names)
        return {**values, "method": "fixed", "fixed": fixed, "renormalise": renormalise}
    for row, one in zip(ROWS, definition["components"], strict=False):
        values[f"weight-{row}"] = one["weight"]
        values[f"basis-{row}"] = str(one["basis"])
        values[f"members-{row}"] = member_lines(one.get("factors", {}), one.get("exclude", ()), names)
    if "host" in definition:
        values["host_code"], values["host_share"] = definition["host"]["code"], definition["host"]["share"]
    if "unit_price_decimals" in definition:
        values["unit_price_decimals"] = str(definition["unit_price_decimals"])
    return values
