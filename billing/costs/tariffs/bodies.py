"""Tariffs in the API: the body of one, its way to the form that checks it, and the price per member."""

import re
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from billing.costs.tariffs.forms import ROWS
from billing.costs.tariffs.preview import PricesPreview
from billing.fields import Share, UnitYen, Yen
from tenants.api.fields import Code, Count

Bound = Annotated[
    str,
    Meta(pattern=r"^[0-9]{1,15}(?:\.[0-9]{1,10})?$", description="基準の値の上限(十進数の文字)", examples=["10000"]),
]
_ROW = re.compile(r"tariff_(bound|within|price)-([0-9]+)")
_STEP_FIELDS = {"bound": "up_to", "within": "up_to", "price": "price_yen"}


class StepBody(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """一つの段階。上限は up_to(以下)か below(未満)のどちらか。どちらもない段階に上限はありません。"""

    price_yen: Yen
    up_to: Bound | UnsetType = UNSET
    below: Bound | UnsetType = UNSET


class TariffBody(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """料金表。steps(段階別の年額)か rate(基準の値に掛ける率)のどちらか一方。"""

    basis: Annotated[int | Literal["equal"], Meta(description="按分基準の番号。均等は equal")]
    steps: Annotated[list[StepBody], Meta(min_length=1, max_length=len(ROWS))] | UnsetType = UNSET
    rate: Share | UnsetType = UNSET
    months: Annotated[
        Literal["always", "part_year", "ignore"],
        Meta(description="月割り: いつも、12か月に満たない団体だけ、しない"),
    ] = "always"
    unit_yen: UnitYen = 1
    mode: Literal["floor", "half_up", "ceil"] = "floor"
    tax_rate: Annotated[Literal["0", "10/100", "8/100"], Meta(description="最後に加える消費税の率")] = "0"
    exclude: Annotated[list[Code], Meta(max_length=2_000, description="対象にしない団体")] = []


class PriceBody(Struct, frozen=True):
    """一つの構成団体の料金。値や段階がないときは reason に理由を示し、price_yen は 0。"""

    place: Annotated[int, Meta(description="団体コードの順")]
    code: Code
    name: str
    price_yen: Count
    tax_yen: Count
    bracket: str
    reason: str


def as_tariff_form(body: TariffBody | None) -> dict[str, Any]:
    """The fields the cost form would have sent."""
    if body is None:
        return {}
    fields: dict[str, Any] = {
        "tariff_basis": body.basis,
        "tariff_months": body.months,
        "tariff_unit_yen": body.unit_yen,
        "tariff_mode": body.mode,
        "tariff_tax_rate": body.tax_rate,
        "tariff_exclude": "\n".join(body.exclude),
    }
    if (body.steps is UNSET) == (body.rate is UNSET):
        return fields  # without a form of tariff the form's check refuses it at its field
    if body.steps is UNSET:
        return {**fields, "tariff_form": "rate", "tariff_rate": body.rate}
    fields["tariff_form"] = "steps"
    for row, step in zip(ROWS, body.steps, strict=False):
        within = "below" if step.below is not UNSET else "up_to"
        bound = step.below if within == "below" else step.up_to
        fields |= {f"tariff_price-{row}": step.price_yen, f"tariff_within-{row}": within}
        fields[f"tariff_bound-{row}"] = "" if bound is UNSET else bound
    return fields


def tariff_pointer(name: str) -> str:
    """Where a fault at a field of the form stands in the body."""
    row = _ROW.fullmatch(name)
    if row:
        return f"/tariff/steps/{int(row[2]) - 1}/{_STEP_FIELDS[row[1]]}"
    if name == "tariff_form":
        return "/tariff"
    return f"/tariff/{name.removeprefix('tariff_')}" if name.startswith("tariff_") else name


def price_bodies(prices: PricesPreview | None) -> list[PriceBody]:
    """What every member pays, by code."""
    rows = prices.rows if prices else ()
    return [
        PriceBody(place, row.code, row.name, row.yen, row.priced.tax_yen if row.priced else 0, row.bracket, row.reason)
        for place, row in enumerate(rows, 1)
    ]
