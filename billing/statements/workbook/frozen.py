"""What one run froze, read for its workbooks: the case, how the engine bore its costs, and the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from billing.apportionment.bearing import Bearing, bear_costs, split_total
from billing.apportionment.case import parse_case
from billing.apportionment.granting import Granted, give_grant
from billing.apportionment.splitting import Split
from billing.apportionment.terms import Basis, Case, Cost, Grant, Key, Member
from billing.statements.workbook.figures import PLAIN, NoFormulas


@dataclass(frozen=True)
class Frozen:
    """One run; members by code, costs by id, as everywhere. ``result`` is its result document."""

    case: Case
    members: tuple[Member, ...]
    costs: tuple[Cost, ...]
    keys: Mapping[str, Key]
    bases: Mapping[str, Basis]
    bearings: Mapping[str, Bearing]
    total: Split | None
    result: Mapping[str, Any]

    def place(self, code: str) -> int:
        """Where the member stands among all."""
        return next(place for place, member in enumerate(self.members) if member.code == code)

    def counted(self, grant: Grant) -> list[Cost]:
        """The costs that earn a grant."""
        return [one for one in self.costs if (one.eligible if grant.costs is None else one.id in grant.costs)]

    def given(self, grant: Grant, costs: Sequence[Cost]) -> Granted:
        """How one grant is given out over some of the costs it counts."""
        index = self.case.grants.index(grant)
        chosen = replace(grant, level="program", costs=tuple(cost.id for cost in costs))
        return give_grant(index, chosen, list(self.bearings.values()), len(self.members))

    def given_by_member(self, grant: Grant, *, capped: bool) -> list[int]:
        """What each member receives of a grant computed member by member, with or without its cap over all."""
        chosen = grant if capped else replace(grant, cap_yen=None)
        index = self.case.grants.index(grant)
        return give_grant(index, chosen, list(self.bearings.values()), len(self.members)).members

    def extra_yen(self, cost: Cost, place: int) -> int:
        """What rounding one cost added to a member's floored share."""
        bearing = self.bearings[cost.id]
        unit = (cost.rounding or self.case.rounding).unit_yen
        exact = Fraction(bearing.exact.numerators[place], bearing.exact.denominator)
        return (bearing.split.yen[place] if bearing.split else 0) - exact // unit * unit


def frozen(case: Mapping[str, Any], result: Mapping[str, Any]) -> Frozen:
    """Read the two documents of a run. Raises ``NoFormulas`` for what a workbook does not compute."""
    parsed = parse_case(case)
    if sum(cost.amount_yen for cost in parsed.costs) >= PLAIN:
        raise NoFormulas("経費の合計が10兆円以上のため、計算式を入れていません。")
    members = tuple(sorted(parsed.members, key=lambda member: member.code))
    codes = [member.code for member in members]
    bearings = bear_costs(parsed, codes)
    whole = split_total(parsed, codes, bearings) if parsed.rounding.stage == "total" else None
    return Frozen(
        case=parsed,
        members=members,
        costs=tuple(sorted(parsed.costs, key=lambda cost: cost.id)),
        keys={key.id: key for key in parsed.keys},
        bases={basis.id: basis for basis in parsed.bases},
        bearings={bearing.cost.id: bearing for bearing in bearings},
        total=whole,
        result=result,
    )
