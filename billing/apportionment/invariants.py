"""What must hold for every result (§3.5), checked each time one is calculated."""

from collections.abc import Mapping, Sequence

from billing.apportionment.result import MemberResult, Result


class Inconsistent(RuntimeError):  # noqa: N818  (the name says what the figures are)
    """A result broke one of its own rules: a fault of the engine, never of the case."""


def check_invariants(result: Result, granted: Mapping[str, int], surplus_yen: int) -> None:
    """Raise ``Inconsistent`` unless every sum of the result adds up.

    ``granted`` is each grant in full, ``surplus_yen`` what tariffs brought the prefecture beyond their costs.
    """
    members, prefecture, totals = result.members, result.prefecture, result.totals
    gross = sum(member.gross_yen for member in members)
    _hold(gross == totals.gross_yen, "total gross")
    _hold(gross + prefecture.gross_yen + result.undistributed_yen == totals.net_yen, "gross and net")
    _hold(totals.net_yen == totals.cost_yen - totals.revenue_yen, "net, cost and revenue")
    for grant, amount in granted.items():
        given = sum(member.grants[grant] for member in members)
        _hold(given == totals.grants[grant], f"total of grant {grant}")
        _hold(given + prefecture.grants[grant] == amount, f"grant {grant} given in full")
    _hold(sum(member.burden_yen for member in members) == totals.burden_yen, "total burden")
    _hold(totals.burden_yen == totals.gross_yen - sum(totals.grants.values()), "burden, gross and grants")
    _hold(sum(member.invoice_yen for member in members) == totals.invoice_yen, "total invoice")
    before = prefecture.burden_yen - prefecture.invoice_difference_yen
    _hold(before == prefecture.gross_yen - sum(prefecture.grants.values()), "the prefecture's burden")
    _hold(prefecture.invoice_difference_yen == totals.burden_yen - totals.invoice_yen, "invoice difference")
    _hold(before >= -surplus_yen, "the prefecture's burden is not negative but for surpluses")
    _check_members(members)


def _check_members(members: Sequence[MemberResult]) -> None:
    for member in members:
        _hold(member.burden_yen == member.gross_yen - sum(member.grants.values()), f"burden of {member.code}")
        _hold(member.burden_yen >= 0, f"burden of {member.code} is not negative")
        _hold(sum(member.instalments_yen) == member.invoice_yen, f"instalments of {member.code}")
        shares = [line.share_yen for line in member.lines if line.share_yen is not None]
        if len(shares) == len(member.lines) and shares:
            _hold(sum(shares) == member.gross_yen, f"lines of {member.code}")


def _hold(true: bool, what: str) -> None:  # noqa: FBT001  (an assertion takes what it asserts)
    if not true:
        raise Inconsistent(f"the result does not add up: {what}")
