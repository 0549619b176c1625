"""How one member's charge by a tariff (料金表) comes about, read from a frozen case; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from billing.apportionment.tariffs import MONTHS_OF_A_YEAR, price, tariff_of
from billing.apportionment.terms import EQUAL_BASIS
from billing.money import format_yen
from tenants.documents.figures import decimal_text, fraction_text

_MODES = {"floor": "切捨て", "half_up": "四捨五入", "ceil": "切上げ"}
_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class TariffView:
    """One charge by a tariff, for one member; amounts in yen.

    ``bracket`` says the step in words, empty for a ``rate``; ``yearly`` is the price of the year before months,
    ``monthly_yen`` the month's price or None where months do not count; rounded to ``unit_yen``, then tax is added.
    """

    basis_name: str
    unit: str
    as_of: date | None
    source: str
    value: Fraction
    step: int | None
    bracket: str
    rate: Fraction | None
    yearly: Fraction
    monthly_yen: int | None
    months: int
    unit_yen: int
    mode: str
    rounded_yen: int
    tax_rate: Fraction
    tax_yen: int
    yen: int
    words: tuple[str, ...]
    """The same, step by step, in plain Japanese."""


def tariff_view(case: Mapping[str, Any], document: Mapping[str, Any], member_code: str) -> TariffView:
    """Will explain a canonical case's tariff to one member that it charges."""
    tariff = tariff_of(document)
    member = next(one for one in case["members"] if one["code"] == member_code)
    basis = next((one for one in case["bases"] if one["id"] == tariff.basis), None)
    value = Fraction(1) if basis is None or tariff.basis == EQUAL_BASIS else Fraction(basis["values"][member_code])
    priced = price(tariff, value, member.get("months", MONTHS_OF_A_YEAR))
    name, unit = (basis["name"], basis["unit"]) if basis else ("均等", "団体")
    bracket = ""
    if priced.step is not None:
        bound = tariff.steps[priced.step - 1]
        within = "以下" if bound.inclusive else "未満"
        bracket = "上限なし" if bound.bound is None else f"{_number(bound.bound)}{unit}{within}"
    steps = [f"{name}の値は {_number(value)}{unit} です。"]
    if tariff.rate is None:
        steps.append(f"料金表の第{priced.step}段階({bracket})にあたり、年額は {format_yen(int(priced.yearly))} です。")
    else:
        steps.append(f"値に率 {fraction_text(tariff.rate)} を掛けた年額は {_number(priced.yearly)}円 です。")
    if priced.monthly_yen is not None:
        month, count = format_yen(priced.monthly_yen), priced.months
        product = format_yen(priced.monthly_yen * count)
        steps.append(f"月額は年額 ÷ 12(1円未満切捨て)で {month}、{count}か月分で {product} です。")
    steps.append(f"{tariff.unit_yen:,}円未満の端数は{_MODES[tariff.mode]}で、{format_yen(priced.rounded_yen)} です。")
    if tariff.tax_rate:
        rate = fraction_text(tariff.tax_rate)
        tax = format_yen(priced.tax_yen)
        steps.append(f"最後に消費税({rate}、1円未満切捨て){tax}を加え、{format_yen(priced.yen)} です。")
    return TariffView(
        basis_name=name,
        unit=unit,
        as_of=date.fromisoformat(basis["as_of"]) if basis else None,
        source=basis["source"] if basis else "",
        value=value,
        step=priced.step,
        bracket=bracket,
        rate=tariff.rate,
        yearly=priced.yearly,
        monthly_yen=priced.monthly_yen,
        months=priced.months,
        unit_yen=tariff.unit_yen,
        mode=tariff.mode,
        rounded_yen=priced.rounded_yen,
        tax_rate=tariff.tax_rate,
        tax_yen=priced.tax_yen,
        yen=priced.yen,
        words=tuple(steps),
    )


def _number(value: Fraction) -> str:
    return f"{int(value):,}" if value.denominator == 1 else decimal_text(value, _DECIMALS)
