"""The lines of a statement: what one member bears of each cost and why, from the frozen case and its result; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.statements.limited import LimitView, limit_view
from billing.statements.priced import TariffView, tariff_view
from billing.statements.shares import KeyView
from billing.statements.wording import rounding_words


@dataclass(frozen=True, slots=True)
class LineView:
    """One cost the member bears any of. ``exact`` is its share in yen before rounding.

    ``base_yen`` (floored to ``unit_yen``), ``extra_yen`` (what the rounding added) and ``share_yen`` are None
    when the run rounds on the total only. ``key`` is None for a direct charge. ``agrees`` says that the share
    computed again from the frozen inputs equals the result.
    """

    cost_id: str
    name: str
    amount_yen: int
    revenue_yen: int
    eligible: bool
    key: KeyView | None
    exact: Fraction
    unit_yen: int
    base_yen: int | None
    extra_yen: int | None
    share_yen: int | None
    rounding: str
    agrees: bool
    limit: LimitView | None = None
    """How the key's limits made the share; None for a key without any."""
    tariff: TariffView | None = None
    """How the price list made it; then there is no key, and the share is the charge."""

    @property
    def how(self) -> str:
        """Who or what decides the share: the key's name, 料金表 or 個別負担."""
        return self.key.name if self.key else "料金表" if self.tariff else "個別負担"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a share by a key alone does not say, in sentences."""
        return self.limit.words if self.limit else self.tariff.words if self.tariff else ()

    @property
    def net_yen(self) -> int:
        """What is split: the amount less the revenue."""
        return self.amount_yen - self.revenue_yen

    @property
    def share(self) -> Fraction:
        """The member's part of the net; 1 for a direct charge."""
        return self.exact / self.net_yen if self.net_yen else Fraction(0)


@dataclass(frozen=True, slots=True)
class TotalView:
    """The one rounding of a run that rounds on the total: the keyed shares added up, then rounded."""

    exact: Fraction
    unit_yen: int
    base_yen: int
    extra_yen: int
    share_yen: int
    rounding: str


def line_view(
    case: Mapping[str, Any],
    cost: Mapping[str, Any],
    line: Mapping[str, Any],
    member_code: str,
    keys: Mapping[str, KeyView],
) -> LineView:
    """Will explain one cost to a member; ``line`` is the result's, ``keys`` the explained keys by id."""
    exact = Fraction(line["exact"])
    net = cost["amount_yen"] - cost.get("revenue_yen", 0)
    key = keys.get(cost["charge"].get("key"))
    rounding = cost.get("rounding") or case["rounding"]
    unit = rounding["unit_yen"] if key else 1
    share = line["share_yen"]
    base = _floor(exact, unit) if share is not None else None
    limited, priced = _beyond_shares(case, cost, member_code)
    computed = limited.exact if limited else key.exact_yen(net) if key else priced.yen if priced else net
    return LineView(
        cost_id=cost["id"],
        name=cost["name"],
        amount_yen=cost["amount_yen"],
        revenue_yen=cost.get("revenue_yen", 0),
        eligible=cost["eligible"],
        key=key,
        exact=exact,
        unit_yen=unit,
        base_yen=base,
        extra_yen=None if base is None else share - base,
        share_yen=share,
        rounding=rounding_words(rounding, member_code) if key else "料金表の額" if priced else "全額を負担(個別負担)",
        agrees=exact == computed,
        limit=limited,
        tariff=priced,
    )


def _beyond_shares(
    case: Mapping[str, Any], cost: Mapping[str, Any], member_code: str
) -> tuple[LimitView | None, TariffView | None]:
    """What version 2 of the case format adds to a cost: limits of its key, or a tariff."""
    charge = cost["charge"]
    if "tariff" in charge:
        return None, tariff_view(case, charge["tariff"], member_code)
    key = next((one for one in case["keys"] if one["id"] == charge.get("key")), None)
    if key is None or key.get("limits") is None:
        return None, None
    return limit_view(case, key, cost["amount_yen"] - cost.get("revenue_yen", 0), member_code), None


def total_view(case: Mapping[str, Any], lines: Iterable[LineView], member: Mapping[str, Any]) -> TotalView:
    """Will explain the one rounding of a run that rounds on the total."""
    lines = tuple(lines)
    exact = sum((line.exact for line in lines if line.key), Fraction(0))
    direct = sum(int(line.exact) for line in lines if not line.key)
    unit = case["rounding"]["unit_yen"]
    base = _floor(exact, unit)
    share = member["gross_yen"] - direct
    return TotalView(exact, unit, base, share - base, share, rounding_words(case["rounding"], member["code"]))


def _floor(value: Fraction, unit: int) -> int:
    return (value / unit).__floor__() * unit
