"""The words of a case (`yui-apportionment/1` and `/2`): frozen values, fractions exact, money in whole yen.

Lists keep the order of the file, so that a problem can point at its place; no result depends on that order,
except on the order of the grants.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal

from billing.money import Yen

FORMAT = "yui-apportionment/1"
FORMAT_2 = "yui-apportionment/2"
"""Version 1 with tariffs (料金表) and limits (下限額・上限額); a case that uses neither is one of version 1."""

EQUAL_BASIS = "equal"
"""均等: the basis that always exists, with the value 1 for every member."""

NO_YEN = Yen(0)
ONE_YEN = Yen(1)

Stage = Literal["cost", "total"]
Remainder = Literal["largest_remainder", "smallest_up", "largest_share", "named", "prefecture", "undistributed"]
Mode = Literal["floor", "half_up", "ceil"]
Level = Literal["program", "cost", "member"]
Tax = Literal["included", "excluded"]
Months = Literal["always", "part_year", "ignore"]


@dataclass(frozen=True, slots=True)
class Member:
    """構成団体: takes part for ``months`` of the year (0 to 12), its measures multiplied by ``factor``."""

    code: str
    name: str
    months: int = 12
    factor: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Basis:
    """按分基準: one measured quantity per member code, in ``unit``, as of a date, from a source."""

    id: str
    name: str
    unit: str
    as_of: date
    source: str
    values: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Component:
    """One weighted part of a key over a basis; ``factors`` per member code default to 1."""

    weight: Fraction
    basis: str
    factors: Mapping[str, Fraction] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Host:
    """所在団体: receives ``share`` of the cost before the components divide the rest among the others."""

    code: str
    share: Fraction


@dataclass(frozen=True, slots=True)
class Bounds:
    """下限額・上限額 of one member's share of one cost, in yen; None is no bound."""

    minimum_yen: Yen | None = None
    maximum_yen: Yen | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of every member under one key; a member named in ``members`` has its own instead."""

    everybody: Bounds = Bounds()
    members: Mapping[str, Bounds] = field(default_factory=dict)

    def of(self, code: str) -> Bounds:
        """Give the bounds of one member."""
        return self.members.get(code, self.everybody)


@dataclass(frozen=True, slots=True)
class Key:
    """按分方法: either weighted ``components`` (perhaps with a host or a unit price) or ``fixed`` fractions."""

    id: str
    name: str
    components: tuple[Component, ...] = ()
    fixed: Mapping[str, Fraction] | None = None
    renormalise: bool = False
    host: Host | None = None
    unit_price_decimals: int | None = None
    limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One bracket of a step charge: the yearly price of values up to the bound (以下), or below it (未満).

    ``bound`` is None in the bracket without an upper end.
    """

    price_yen: Yen
    bound: Fraction | None = None
    inclusive: bool = True


@dataclass(frozen=True, slots=True)
class Tariff:
    """料金表: a price per member by bracket of a basis (``steps``) or as a ``rate`` on it, not a split of the cost.

    ``months``: the month's price (yearly ÷ 12, floored) times the months "always", only for members that take part
    in "part_year", or the yearly price whatever the months ("ignore"). Rounded to the unit, then tax is added, floored.
    """

    basis: str
    steps: tuple[Step, ...] = ()
    rate: Fraction | None = None
    months: Months = "always"
    unit_yen: Yen = ONE_YEN
    mode: Mode = "floor"
    tax_rate: Fraction = Fraction(0)
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """Who bears a cost: a key's id, one member's code (個別負担), the prefecture (県負担) or a tariff; exactly one."""

    key: str | None = None
    member: str | None = None
    prefecture: bool = False
    tariff: Tariff | None = None


@dataclass(frozen=True, slots=True)
class Rounding:
    """端数処理: where and to what unit shares are floored, and who takes what is left."""

    stage: Stage = "cost"
    unit_yen: Yen = ONE_YEN
    remainder: Remainder = "largest_remainder"
    named: str | None = None


@dataclass(frozen=True, slots=True)
class UnitRounding:
    """Rounding of one figure to a unit of yen."""

    unit_yen: Yen = ONE_YEN
    mode: Mode = "floor"


@dataclass(frozen=True, slots=True)
class Cost:
    """経費: an amount with tax included, less 特定財源 (``revenue_yen``), and who bears it."""

    id: str
    name: str
    amount_yen: Yen
    charge: Charge
    tax_rate: Fraction = Fraction(1, 10)
    eligible: bool = False
    revenue_yen: Yen = NO_YEN
    rounding: Rounding | None = None

    @property
    def net_yen(self) -> Yen:
        """What is to be borne: the amount less the revenue."""
        return Yen(self.amount_yen - self.revenue_yen)


@dataclass(frozen=True, slots=True)
class Grant:
    """交付金・補助金: ``costs`` is None when every eligible cost counts."""

    id: str
    name: str
    rate: Fraction
    funder: str = "national"
    cap_yen: Yen | None = None
    member_cap_yen: Yen | None = None
    costs: tuple[str, ...] | None = None
    tax: Tax = "included"
    level: Level = "program"
    rounding: UnitRounding = UnitRounding()


@dataclass(frozen=True, slots=True)
class Instalments:
    """分割納付: how many, and the unit each is floored to; the rest joins the first."""

    count: int = 1
    unit_yen: Yen = ONE_YEN


@dataclass(frozen=True, slots=True)
class Case:
    """Everything one calculation depends on."""

    fiscal_year: int
    title: str
    members: tuple[Member, ...]
    bases: tuple[Basis, ...]
    keys: tuple[Key, ...]
    costs: tuple[Cost, ...]
    rounding: Rounding = Rounding()
    grants: tuple[Grant, ...] = ()
    national_ceiling: Fraction = Fraction(1, 2)
    invoice: UnitRounding = UnitRounding()
    instalments: Instalments = Instalments()
    issued_yen: Mapping[str, Yen] = field(default_factory=dict)
