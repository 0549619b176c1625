"""The calculation itself: a case in, a checked result out; exact until yen are made, in one place."""

from collections.abc import Mapping, Sequence

from billing.apportionment.bearing import Bearing, bear_costs, split_total
from billing.apportionment.canonical import case_sha256
from billing.apportionment.granting import Granted, give_grant
from billing.apportionment.invariants import check_invariants
from billing.apportionment.problems import CaseRefused, Problem
from billing.apportionment.result import Line, MemberResult, PrefectureResult, Result, Totals
from billing.apportionment.splitting import Split, round_to_unit
from billing.apportionment.terms import Case, Instalments, Member
from billing.money import format_yen


def apportion(case: Case) -> Result:
    """Calculate every member's burden, invoice and instalments, and what the prefecture bears.

    Raises ``CaseRefused`` (``basis-sum-zero``, ``too-precise``, ``limits-impossible``, ``grant-without-bearer``,
    ``negative-burden``)
    and ``Inconsistent`` if the engine's own sums do not add up.
    """
    members = sorted(case.members, key=lambda member: member.code)
    codes = [member.code for member in members]
    bearings = bear_costs(case, codes)
    splits = [bearing.split for bearing in bearings if bearing.split is not None]
    if case.rounding.stage == "total":
        splits.append(split_total(case, codes, bearings))
    gross = [sum(yen) for yen in zip(*(part.yen for part in splits), strict=True)] if splits else [0] * len(members)
    granted = {grant.id: give_grant(index, grant, bearings, len(members)) for index, grant in enumerate(case.grants)}
    prefecture_gross = sum(part.prefecture_yen for part in splits)
    surplus = sum(max(0, -part.prefecture_yen) for part in splits)
    _check_burdens(case, codes, gross, prefecture_gross + surplus, granted)
    lines = _lines(case, bearings, len(members))
    results = tuple(
        _member_result(
            case, member, gross[place], {name: g.members[place] for name, g in granted.items()}, lines[place]
        )
        for place, member in enumerate(members)
    )
    result = _assemble(case, results, prefecture_gross, granted, splits)
    check_invariants(result, {name: grant.amount_yen for name, grant in granted.items()}, surplus)
    return result


def _lines(case: Case, bearings: Sequence[Bearing], size: int) -> list[list[Line]]:
    """List the costs each member bears any of, in the order of cost ids."""
    lines: list[list[Line]] = [[] for _ in range(size)]
    whole = case.rounding.stage == "cost"
    for bearing in bearings:
        cost = bearing.cost.id
        if bearing.spelling is None:
            for place, amount in enumerate(bearing.exact.numerators):
                if amount:
                    lines[place].append(Line(cost, str(amount), amount if whole else None))
            continue
        texts = bearing.spelling.texts(bearing.scale)
        if bearing.split is None:
            for found, text in zip(lines, texts, strict=True):
                if text != "0":
                    found.append(Line(cost, text, None))
        else:
            for found, text, yen in zip(lines, texts, bearing.split.yen, strict=True):
                if yen or text != "0":
                    found.append(Line(cost, text, yen))
    return lines


def _member_result(
    case: Case, member: Member, gross: int, grants: dict[str, int], lines: Sequence[Line]
) -> MemberResult:
    burden = gross - sum(grants.values())
    invoice = round_to_unit(burden, 1, case.invoice.unit_yen, case.invoice.mode)
    return MemberResult(
        code=member.code,
        name=member.name,
        gross_yen=gross,
        grants=grants,
        burden_yen=burden,
        invoice_yen=invoice,
        instalments_yen=_instalments(invoice, case.instalments),
        difference_yen=invoice - case.issued_yen.get(member.code, 0),
        lines=tuple(lines),
    )


def _instalments(invoice: int, instalments: Instalments) -> tuple[int, ...]:
    """Divide an invoice; what the unit leaves over joins the first instalment (端数計算法)."""
    each = round_to_unit(invoice, instalments.count, instalments.unit_yen, "floor")
    return (invoice - each * (instalments.count - 1), *[each] * (instalments.count - 1))


def _check_burdens(
    case: Case, codes: Sequence[str], gross: Sequence[int], prefecture_gross: int, granted: Mapping[str, Granted]
) -> None:
    """Refuse a case in which grants exceed what somebody bears; a tariff's surplus is no burden of anybody."""
    places = {code: place for place, code in enumerate(codes)}
    problems = []
    for index, member in enumerate(case.members):
        place = places[member.code]
        given = sum(grant.members[place] for grant in granted.values())
        if given > gross[place]:
            shown = f"交付金{format_yen(given)}が負担額{format_yen(gross[place])}"
            message = f"{member.name}({member.code})の{shown}を上回り、負担金が負になります。"
            problems.append(Problem(f"/members/{index}", message, "negative-burden"))
    given = sum(grant.prefecture_yen for grant in granted.values())
    if given > prefecture_gross:
        shown = f"交付金{format_yen(given)}が負担額{format_yen(prefecture_gross)}"
        problems.append(Problem("/grants", f"県の{shown}を上回り、県の負担が負になります。", "negative-burden"))
    if problems:
        raise CaseRefused(problems)


def _assemble(
    case: Case,
    members: tuple[MemberResult, ...],
    prefecture_gross: int,
    granted: Mapping[str, Granted],
    splits: Sequence[Split],
) -> Result:
    burden = sum(member.burden_yen for member in members)
    invoice = sum(member.invoice_yen for member in members)
    prefecture_grants = {name: grant.prefecture_yen for name, grant in granted.items()}
    return Result(
        input_sha256=case_sha256(case),
        members=members,
        prefecture=PrefectureResult(
            gross_yen=prefecture_gross,
            grants=prefecture_grants,
            burden_yen=prefecture_gross - sum(prefecture_grants.values()) + burden - invoice,
            invoice_difference_yen=burden - invoice,
        ),
        undistributed_yen=sum(part.undistributed_yen for part in splits),
        totals=Totals(
            cost_yen=sum(cost.amount_yen for cost in case.costs),
            revenue_yen=sum(cost.revenue_yen for cost in case.costs),
            net_yen=sum(cost.net_yen for cost in case.costs),
            gross_yen=sum(member.gross_yen for member in members),
            grants={name: sum(grant.members) for name, grant in granted.items()},
            burden_yen=burden,
            invoice_yen=invoice,
        ),
    )
