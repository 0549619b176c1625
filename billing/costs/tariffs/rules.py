"""Tariffs as they are kept with a cost and frozen: the stored definition, its words, its part of a case document.

A definition has the shape of a tariff in the case format (``yui-apportionment/2``), but names its basis by its id
(an integer) or by the word ``equal``; members are named by organisation code, fractions are exact texts.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from billing.apportionment.terms import EQUAL_BASIS
from billing.bases.rules import EQUAL_NAME, shown_number
from billing.money import exact_text
from billing.programs.rules import ROUNDING_MODES

Definition = Mapping[str, Any]

FORMS: Mapping[str, str] = {"steps": "段階別の年額", "rate": "基準の値に掛ける率"}
MONTHS: Mapping[str, str] = {
    "always": "いつも月割りにする",
    "part_year": "参加が12か月に満たない団体だけ月割りにする",
    "ignore": "月割りにしない",
}
WITHIN: Mapping[str, str] = {"up_to": "以下", "below": "未満"}


def used_basis_id(definition: Definition | None) -> int | None:
    """The id of the basis the tariff reads; None for 均等, and without a tariff."""
    if definition is None or definition["basis"] == EQUAL_BASIS:
        return None
    return int(definition["basis"])


def tariff_for_case(definition: Definition, months: Mapping[str, int]) -> dict[str, Any]:
    """The tariff as it stands in a case document; ``months`` of the members by code.

    A member with 0 months takes no part, so no price list charges it. An excluded one that left needs no exclusion.
    """
    basis = definition["basis"]
    named = basis if basis == EQUAL_BASIS else f"b{basis}"
    absent = {code for code, count in months.items() if not count}
    excluded = absent | (months.keys() & set(definition.get("exclude", ())))
    return {**definition, "basis": named, "exclude": sorted(excluded)}


def tariff_sentence(definition: Definition, basis_name: str) -> str:
    """The tariff in a few words: 「料金表: 人口による段階別の年額(3段階)」."""
    if "rate" in definition:
        return f"料金表: {basis_name} × {exact_text(Fraction(definition['rate']))}"
    return f"料金表: {basis_name}による段階別の年額({len(definition['steps'])}段階)"


def tariff_facts(definition: Definition, basis_name: str) -> list[tuple[str, str]]:
    """How the tariff computes, as label and words, in the order it is done."""
    facts = [("料金の基準", basis_name)]
    if "rate" in definition:
        facts.append(("年額", f"{basis_name}の値 × {exact_text(Fraction(definition['rate']))}"))
    else:
        facts.append(("年額", f"段階別({len(definition['steps'])}段階)"))
    unit, mode = definition["unit_yen"], ROUNDING_MODES[definition["mode"]]
    rate = Fraction(definition["tax_rate"])
    return [
        *facts,
        ("月割り", MONTHS[definition["months"]]),
        ("端数", f"{unit:,}円未満を{mode}"),
        ("消費税", f"最後に {exact_text(rate * 100)}% を加える(1円未満切り捨て)" if rate else "加えない"),
    ]


def step_words(step: Mapping[str, Any], unit: str = "") -> str:
    """The bracket of a step: 「10,000人以下」, 「50,000人未満」, 「上限なし」."""
    for name, word in WITHIN.items():
        if name in step:
            return f"{shown_number(Fraction(step[name]))}{unit}{word}"
    return "上限なし"


def basis_word(definition: Definition, basis_names: Mapping[int, str]) -> str:
    """What people call the tariff's basis."""
    basis_id = used_basis_id(definition)
    return EQUAL_NAME if basis_id is None else basis_names.get(basis_id, "(なくなった按分基準)")
