"""按分率 in cells: a whole numerator per member over one denominator, for every key that a cost uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

from billing.apportionment.terms import EQUAL_BASIS, Basis, Component, Key, Member
from billing.statements.workbook.arithmetic import combine, product, total
from billing.statements.workbook.figures import Figure, NoFormulas, Place, constant
from billing.statements.workbook.frozen import Frozen
from billing.statements.workbook.inputs import Column, Entered, Inputs
from billing.statements.workbook.ledger import Block, Ledger, Line
from tenants.calendar import japanese_date

MONTHS_OF_A_YEAR = 12
_FEWEST_OTHERS = 2


@dataclass
class Work:
    """One workbook in the making. ``own`` is the only member it may show, None when all may be seen."""

    run: Frozen
    own: int | None
    inputs: Inputs
    ledger: Ledger
    columns: dict[str, Column] = field(default_factory=dict)
    whole: dict[str, Figure] = field(default_factory=dict)
    """Whole values per member, by the name of the input column."""

    @property
    def members(self) -> tuple[Member, ...]:
        """The members that have a row."""
        return self.run.members if self.own is None else (self.run.members[self.own],)


@dataclass
class KeyFigures:
    """What a key gives: ``numerators`` over ``denominator``; for a unit price these are measures.

    ``price_top`` is then what a net is multiplied by before it is divided by ``sum``, the sum of the measures.
    """

    block: Block
    numerators: Figure
    denominator: Figure
    sum: Figure
    price_top: Figure | None = None
    ranks: dict[str, Place] = field(default_factory=dict)


def used_keys(work: Work, costs: set[str]) -> list[Key]:
    """The keys of these costs, by id."""
    used = {cost.charge.key for cost in work.run.costs if cost.id in costs and cost.charge.key is not None}
    return [work.run.keys[name] for name in sorted(used)]


def member_columns(work: Work, keys: list[Key]) -> dict[str, Column]:
    """The columns of the table of members: months, factors, bases, exclusions and fixed fractions."""
    members = work.members
    columns = {
        "months": Column("月数", tuple(Fraction(one.months) for one in members)),
        "factor": Column("係数", tuple(one.factor for one in members)),
        "issued": Column(
            "通知済みの額(円)", tuple(Fraction(work.run.case.issued_yen.get(one.code, 0)) for one in members), yen=True
        ),
    }
    for key in keys:
        if key.fixed is not None:
            values = tuple(key.fixed.get(one.code, Fraction(0)) for one in members)
            columns[f"fixed/{key.id}"] = Column(f"{key.name} 割合", values)
        for place, part in enumerate(key.components):
            columns |= _component_columns(work, key, place, part)
    return columns


def _component_columns(work: Work, key: Key, place: int, part: Component) -> dict[str, Column]:
    columns = {}
    basis = work.run.bases.get(part.basis)
    if basis is not None and part.basis != EQUAL_BASIS:
        columns[f"basis/{basis.id}"] = basis_column(work, basis)
    if part.factors:
        values = tuple(part.factors.get(one.code, Fraction(1)) for one in work.members)
        columns[f"factor/{key.id}/{place}"] = Column(f"{key.name} 基準{place + 1}の係数", values)
    outside = {*part.exclude, *([key.host.code] if key.host else ())}
    if outside:
        values = tuple(Fraction(one.code not in outside) for one in work.members)
        columns[f"counted/{key.id}/{place}"] = Column(f"{key.name} 基準{place + 1}に算入(1)・対象外(0)", values)
    return columns


def basis_column(work: Work, basis: Basis) -> Column:
    """One basis in the table of members, with its day and source."""
    values = tuple(basis.values.get(one.code, Fraction(0)) for one in work.members)
    return Column(f"{basis.name}({basis.unit})", values, f"{japanese_date(basis.as_of)} {basis.source}")


def make_whole(work: Work, keys: list[Key], more: Mapping[str, Column]) -> None:
    """Write the table of members with ``more`` columns, and every fraction in it as a whole number."""
    columns = work.columns = {**member_columns(work, keys), **more}
    work.inputs.heading("団体ごとの値" if work.own is None else "貴団体の値")
    members = work.members
    entered = work.inputs.members([one.code for one in members], [one.name for one in members], list(columns.values()))
    fractional: list[tuple[str, Entered]] = []
    for name, one in zip(columns, entered, strict=True):
        figure = one.figure()
        if figure is None:
            fractional.append((name, one))
        else:
            work.whole[name] = figure
    if fractional:
        work.ledger.heading("小数・分数の値を整数にする(値 × 倍率)")
        block = work.ledger.block()
        for name, one in fractional:
            place = block.write(columns[name].name, one.text, one.values)
            work.whole[name] = Figure((place,), one.values)


def key_figures(work: Work, key: Key) -> KeyFigures:
    """Write the steps of one key."""
    work.ledger.heading(f"按分方法「{key.name}」")
    work.inputs.heading(f"按分方法「{key.name}」")
    block = work.ledger.block()
    if key.fixed is not None:
        return _fixed(work, block, key)
    if work.own is not None:
        _check_mixed(work, key)
    parts = [_measure(work, block, key, place, part) for place, part in enumerate(key.components)]
    sums = [one for _, one, _ in parts]
    if key.unit_price_decimals is not None:
        measure, whole, scale = parts[0]
        shift = 10**key.unit_price_decimals
        work.inputs.words("単価", f"小数{key.unit_price_decimals}桁で切り捨て")
        return KeyFigures(block, measure, constant(shift * scale), whole, constant(shift * scale))
    if len(parts) == 1 and key.host is None:
        return KeyFigures(block, parts[0][0], sums[0], sums[0])
    return _weighed(work, block, key, [one for one, _, _ in parts], sums)


def _check_mixed(work: Work, key: Key) -> None:
    """Raises NoFormulas where a host or an excluded member would read the only other one's value from the total."""
    host = key.host.code if key.host else ""
    for part in key.components:
        outside = {host, *part.exclude}
        counted = sum(one.code not in outside and one.months > 0 for one in work.run.members)
        if work.members[0].code in outside and counted < _FEWEST_OTHERS:
            raise NoFormulas("按分する相手が1団体で、その値が分かってしまうため、計算式を入れていません。")


def _fixed(work: Work, block: Block, key: Key) -> KeyFigures:
    numerators = work.whole[f"fixed/{key.id}"]
    line = work.ledger.line("割合の計")
    if work.own is None:
        whole = total(block, line, "計", numerators)
        return KeyFigures(block, numerators, whole, whole)
    present = sum(((key.fixed or {}).get(one.code, Fraction(0)) for one in work.run.members), Fraction(0))
    own = (key.fixed or {}).get(work.members[0].code, Fraction(0))
    multiple = lcm(own.denominator, present.denominator)
    numerators = _raised(work, block, numerators, multiple // own.denominator)
    whole = _entered_sum(work, "全団体の割合の計", present, multiple)
    return KeyFigures(block, numerators, whole, whole)


def _measure(work: Work, block: Block, key: Key, place: int, part: Component) -> tuple[Figure, Figure, int]:
    """One component: the members' measures as whole numbers, their sum, and what they were multiplied by."""
    name = work.run.bases[part.basis].name if part.basis != EQUAL_BASIS else "均等"
    label = f"基準{place + 1} {name}"
    names = [f"basis/{part.basis}", "factor", f"factor/{key.id}/{place}", "months", f"counted/{key.id}/{place}"]
    factors = [work.whole[one] for one in names if one in work.whole]
    measure = factors[0]
    for step, one in enumerate(factors[1:], 1):
        ending = "算入値(整数)" if step == len(factors) - 1 else f"途中{step}"
        measure = product(block, f"{label} {ending}", measure, one)
    scale = MONTHS_OF_A_YEAR
    for column in names[:3]:
        if column in work.whole:
            scale *= work.columns[column].multiple
    if work.own is None:
        return measure, total(block, work.ledger.line(f"{label} 算入値の計"), "計", measure), scale
    exact = _measured(work, key, part)
    more = (exact * scale).denominator
    whole = _entered_sum(work, f"{name} 全団体の算入値の計", exact, scale * more)
    return _raised(work, block, measure, more), whole, scale * more


def _measured(work: Work, key: Key, part: Component) -> Fraction:
    """The sum of the members' measures: the only thing a workbook of one member says of the others."""
    outside = {*part.exclude, *([key.host.code] if key.host else ())}
    measured = Fraction(0)
    for member in work.run.members:
        if member.code not in outside:
            value = Fraction(1) if part.basis == EQUAL_BASIS else work.run.bases[part.basis].values[member.code]
            factor = member.factor * part.factors.get(member.code, Fraction(1))
            measured += value * factor * member.months / MONTHS_OF_A_YEAR
    return measured


def _entered_sum(work: Work, label: str, exact: Fraction, multiple: int) -> Figure:
    whole = exact * multiple
    try:
        entered = work.inputs.number(label, exact, multiple, "← 値 × 倍率 = 整数")
    except NoFormulas:
        return work.inputs.long(f"{label} × {multiple:,}", int(whole))
    place = work.ledger.line(label).write("計", entered.text, entered.values)
    return Figure((place,), entered.values)


def _raised(work: Work, block: Block, figure: Figure, more: int) -> Figure:
    """Bring the member's figure to the denominator of the sum over all."""
    return (
        figure if more == 1 else product(block, "分母をそろえる", figure, work.inputs.long("分母をそろえる倍率", more))
    )


def _weighed(work: Work, block: Block, key: Key, measures: list[Figure], sums: list[Figure]) -> KeyFigures:
    """Add components by their weights over the product of their sums, on what a host leaves."""
    host = key.host.share if key.host else Fraction(0)
    weights = [(1 - host) * part.weight for part in key.components]
    multiple = lcm(
        host.denominator, *(one.denominator for one in (*weights, *(part.weight for part in key.components)))
    )
    inputs, ledger = work.inputs, work.ledger
    held = inputs.number("所在団体の割合", host, multiple, key.host.code if key.host and work.own is None else "")
    tops = []
    for place, (part, weight) in enumerate(zip(key.components, weights, strict=True), 1):
        entered = inputs.number(f"基準{place}の構成割合", part.weight, multiple)
        text = f"ROUND((1-{held.place.at(0)})*{entered.place.at(0)}*{held.multiple.at(0) if held.multiple else 1},0)"
        value = int(weight * multiple)
        tops.append(_fixed_text(ledger.line(f"基準{place}の構成割合(整数)"), text, value))
    whole = sums[0]
    for one in sums[1:]:
        whole = product(ledger.line("算入値の計の積"), "積", whole, one)
    terms = []
    for place, (measure, top) in enumerate(zip(measures, tops, strict=True)):
        scale = top
        for other, one in enumerate(sums):
            if other != place:
                scale = product(ledger.line(f"基準{place + 1}に掛ける数"), "積", scale, one)
        terms.append((1, measure, scale))
    if key.host:
        terms.append((1, _host_flag(work, block, key.host.code), _host_top(work, held, whole)))
    numerators = combine(block, "按分率の分子", terms)
    scale_place = held.multiple
    assert scale_place is not None  # noqa: S101  (``number`` always writes a multiple)
    denominator = product(ledger.line("按分率の分母"), "分母", whole, Figure((scale_place,), (multiple,)))
    return KeyFigures(block, numerators, denominator, denominator)


def _fixed_text(line: Line, text: str, value: int) -> Figure:
    return Figure((line.write("", lambda _: text, [value]),), (value,))


def _host_flag(work: Work, block: Block, code: str) -> Figure:
    values = [int(one.code == code) for one in work.members]
    if work.own is not None:
        return work.inputs.yen("貴団体は所在団体(1)・ほかの団体(0)", values[0])
    place = work.inputs.code("所在団体", code)
    codes = work.inputs.codes
    written = block.write("所在団体", lambda i: f"IF(EXACT({codes.at(i)},{place.at(i)}),1,0)", values)
    return Figure((written,), tuple(values))


def _host_top(work: Work, held: Entered, whole: Figure) -> Figure:
    place = work.ledger.line("所在団体の割合(整数)").write("割合", held.text, held.values)
    return product(work.ledger.line("所在団体に掛ける数"), "積", Figure((place,), held.values), whole)
