"""What a tariff charges every member, by the engine itself, before the cost is saved or a run is made."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from billing.apportionment.tariffs import Priced, bracket_of, price, tariff_of
from billing.bases.rules import EQUAL_NAME, BasisView, shown_number
from billing.costs.tariffs.rules import Definition, step_words, tariff_facts, used_basis_id
from billing.money import format_yen
from billing.programs.rules import MemberView


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One member's charge: its value, how the price comes about, or why there is none."""

    code: str
    name: str
    value: str
    priced: Priced | None
    bracket: str
    reason: str
    is_counted: bool = True
    """False for members the price list does not charge."""

    @property
    def yen(self) -> int:
        """What it would pay."""
        return self.priced.yen if self.priced else 0

    @property
    def yearly(self) -> str:
        """The yearly price; exact where a rate leaves parts of a yen."""
        return f"{shown_number(self.priced.yearly)}円" if self.priced else ""


@dataclass(frozen=True, slots=True)
class PricesPreview:
    """All members by code, and what the price list brings beside the cost."""

    rows: tuple[PriceRow, ...]
    facts: tuple[tuple[str, str], ...]
    net_yen: int
    unpriced: int
    """Members without a value, or with one beyond the last step: a calculation would be refused."""

    @property
    def total_yen(self) -> int:
        """What all members pay."""
        return sum(row.yen for row in self.rows)

    @property
    def prefecture(self) -> str:
        """What the prefecture has of it, in words."""
        left = self.net_yen - self.total_yen
        if left < 0:
            return f"料金の合計が経費を{format_yen(-left)}上回り、県の収入になります。"
        if left > 0:
            return f"料金の合計では経費に{format_yen(left)}足りず、県が負担します。"
        return "料金の合計は経費とちょうど同じです。"


def prices_preview(
    definition: Definition,
    net_yen: int,
    members: Sequence[MemberView],
    all_bases: Collection[BasisView],
    values: Mapping[int, Mapping[str, str]],
) -> PricesPreview:
    """The charge of every member, by code; a member without a value has a reason instead."""
    basis_id = used_basis_id(definition)
    basis = next((one for one in all_bases if one.id == basis_id), None)
    known = values.get(basis_id, {}) if basis_id is not None else None
    unit = basis.unit if basis else ""
    rows = tuple(
        _row(definition, member, unit, Fraction(1) if known is None else _fraction(known.get(member.code)))
        for member in sorted(members, key=lambda one: one.code)
    )
    name = basis.name if basis else EQUAL_NAME
    unpriced = sum(1 for row in rows if row.is_counted and row.priced is None)
    return PricesPreview(rows, tuple(tariff_facts(definition, name)), net_yen, unpriced)


def _fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _row(definition: Definition, member: MemberView, unit: str, value: Fraction | None) -> PriceRow:
    tariff = tariff_of(definition)
    if member.code in tariff.exclude or not member.months:
        reason = "料金表の対象外" if member.months else "参加月数が0"
        return PriceRow(member.code, member.name, "—", None, "", reason, is_counted=False)
    if value is None:
        return PriceRow(member.code, member.name, "未入力", None, "", "按分基準の値がありません")
    shown = f"{shown_number(value)}{unit}"
    if tariff.steps and bracket_of(tariff.steps, value) is None:
        return PriceRow(member.code, member.name, shown, None, "", "あたる段階がありません")
    priced = price(tariff, value, member.months)
    bracket = step_words(definition["steps"][priced.step - 1], unit) if priced.step else ""
    return PriceRow(member.code, member.name, shown, priced, bracket, "")
