"""The preview of a key as its page shows it: headings, one row per member, what is still missing."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from billing.bases.rules import shown_number
from billing.costs.rules import CostView
from billing.keys.limits import LimitedCost, limited_cost
from billing.keys.preview import MissingValue, SharesPreview, Values, missing_values, shares_preview
from billing.keys.rules import KeyView
from billing.keys.wording import basis_name, strangers
from billing.money import format_yen
from billing.programs.rules import MemberView, ProgramView
from tenants.errors import Invalid
from tenants.web.rendering import percent

_NAMED = 5
"""More members without a value are counted, not listed; the page of the basis lists them all."""
_MEASURE_DECIMALS = 4
"""Measures divided by months or weights may never end; four decimals are what the sheets of towns print."""


def preview_variables(
    program: ProgramView,
    key: KeyView,
    members: Sequence[MemberView],
    basis_names: Mapping[int, str],
    values: Values,
    costs: Sequence[CostView],
) -> dict[str, Any]:
    """What the template shows below 団体ごとの割合; no table while the key names somebody who takes no part."""
    named_outside = strangers(key.definition, [one.code for one in members])
    missing = missing_values(key.definition, members, values)
    host = key.definition.get("host")
    rest = 1 - Fraction(host["share"]) if host else Fraction(1)
    preview, refused = None, ""
    if members and not missing and not named_outside:
        try:
            preview = shares_preview(key.definition, members, values)
        except Invalid as error:
            refused = next(iter(error.fields.values()), error.message)
    return {
        "member_count": len(members),
        "missing": [_missing(program, one, basis_names) for one in missing],
        "columns": [
            {"name": basis_name(one["basis"], basis_names), "weight": _percent(rest * Fraction(one["weight"]))}
            for one in key.definition.get("components", ())
        ],
        "truncates": "unit_price_decimals" in key.definition,
        "refused": refused,
        "limited": _limited(key, preview, costs),
        "limits_warning": _limits_warning(program, key),
        **_table(preview),
    }


def _limited(key: KeyView, preview: SharesPreview | None, costs: Sequence[CostView]) -> list[LimitedCost]:
    """Every cost that is split by the key, within the key's limits."""
    limits = key.definition.get("limits")
    if limits is None or preview is None:
        return []
    shares = [(row.code, row.name, row.share) for row in preview.rows]
    return [limited_cost(one.name, one.net_yen, shares, limits) for one in costs if one.key_id == key.id]


def _limits_warning(program: ProgramView, key: KeyView) -> str:
    """Why a calculation would refuse the limits, when the program's rounding breaks them."""
    limits, settings = key.definition.get("limits"), program.settings
    if limits is None:
        return ""
    if settings.rounding_stage == "total":
        return "下限額・上限額は経費ごとに守るため、「合計してから端数を処理する」事業では使えません。"
    if settings.rounding_remainder in {"largest_share", "named"}:
        return "端数をまとめて1団体が負担する事業では、上限額を守れません。端数の行き先を変えてください。"
    unit = settings.rounding_unit_yen
    every = [limits, *limits["members"].values()]
    if any(one[field] is not None and one[field] % unit for one in every for field in ("minimum_yen", "maximum_yen")):
        return f"下限額・上限額は、事業の端数処理の単位({format_yen(unit)})の倍数にしてください。"
    return ""


def _table(preview: SharesPreview | None) -> dict[str, Any]:
    if preview is None:
        return {"rows": None, "sums": (), "total": None}
    rows = [
        {
            "code": row.code,
            "name": row.name,
            "parts": [
                {"measure": None if part.measure is None else _shown(part.measure), "share": part.share}
                for part in row.components
            ],
            "share": row.share,
        }
        for row in preview.rows
    ]
    return {"rows": rows, "sums": [_shown(one) for one in preview.sums], "total": preview.total}


def _missing(program: ProgramView, one: MissingValue, basis_names: Mapping[int, str]) -> dict[str, str]:
    names = "、".join(one.names[:_NAMED])
    rest = len(one.names) - _NAMED
    return {
        "basis": basis_name(one.basis_id, basis_names),
        "url": f"/programs/{program.id}/bases/{one.basis_id}",
        "names": f"{names} ほか{rest}団体" if rest > 0 else names,
    }


def _percent(weight: Fraction) -> str:
    """No decimals for 30 %, four for a third."""
    return percent(weight, 0 if (weight * 100).denominator == 1 else 4)


def _shown(measure: Fraction) -> str:
    """Exact with few decimals, else cut to four: a hint to the reader, never used for calculating."""
    exact = shown_number(measure)
    decimals = exact.partition(".")[2]
    if "/" not in exact and len(decimals) <= _MEASURE_DECIMALS:
        return exact
    scale = 10**_MEASURE_DECIMALS
    return f"約{shown_number(Fraction(measure * scale // 1, scale))}"
