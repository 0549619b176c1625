"""Adopting the costs and grants of a scenario through the program's own operations, in an order they all accept.

A grant that goes makes way first; costs come before the grants that count them, and go after the grants let them go.
Rates that fall come before rates that rise, so that the national ceiling is not met on the way.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from fractions import Fraction

from billing.costs import operations as costs
from billing.costs import queries as cost_queries
from billing.costs.rules import PAGE_SOURCE, CostInput
from billing.grants import operations as grants
from billing.grants import queries as grant_queries
from billing.grants.rules import GrantInput
from billing.scenarios.adoption.rules import Rows, cost_input, grant_input
from billing.scenarios.cases import Document
from billing.scenarios.rules import ScenarioView
from tenants.context import TenantContext


async def adopt_costs_and_grants(
    context: TenantContext, program_id: int, scenario: ScenarioView, rows: Rows, touched: Mapping[str, Collection[str]]
) -> None:
    """Will enter, change and delete the costs and grants that differ, and put the grants into the case's order."""
    case = scenario.case
    kept = {one["id"] for one in case["grants"]}
    for grant_id in touched["grants"]:
        if grant_id in rows.grants and grant_id not in kept:
            view = await grant_queries.grant(program_id, rows.grants.pop(grant_id))
            await grants.delete_grant(context, program_id, view.id, view.version)
    await _adopt_costs(context, program_id, scenario, rows, touched["costs"])
    await _adopt_grants(context, program_id, case, rows, touched["grants"])
    remaining = {one["id"] for one in case["costs"]}
    for cost_id in touched["costs"]:
        if cost_id in rows.costs and cost_id not in remaining:
            cost = await cost_queries.cost(program_id, rows.costs.pop(cost_id))
            await costs.delete_cost(context, program_id, cost.id, cost.version)
    await _put_in_order(context, program_id, [rows.grants[one["id"]] for one in case["grants"]])


async def _adopt_costs(
    context: TenantContext, program_id: int, scenario: ScenarioView, rows: Rows, touched: Collection[str]
) -> None:
    absent = frozenset(one["code"] for one in scenario.case["members"] if not one["months"])
    for cost in scenario.case["costs"]:
        if cost["id"] not in touched:
            continue
        if cost["id"] in rows.costs:
            view = await cost_queries.cost(program_id, rows.costs[cost["id"]])
            wanted = cost_input(cost, rows, view.tariff, absent)
            await costs.change_cost(context, program_id, view.id, wanted, view.version)
        else:
            wanted = cost_input(cost, rows, None, absent)
            reference = f"scenario-{scenario.id}-{scenario.version}-{cost['id']}"
            rows.costs[cost["id"]] = await _enter(context, program_id, wanted, reference)


async def _enter(context: TenantContext, program_id: int, cost: CostInput, reference: str) -> int:
    """A cost as somebody enters it on a page; the version in the reference keeps each adoption's apart."""
    return await costs.post_cost(
        context,
        program_id,
        source=PAGE_SOURCE,
        reference=reference,
        **asdict(cost),
    )


async def _adopt_grants(
    context: TenantContext, program_id: int, case: Document, rows: Rows, touched: Collection[str]
) -> None:
    wanted = [(one["id"], grant_input(one, rows)) for one in case["grants"] if one["id"] in touched]
    rates = {one.id: Fraction(one.rate) for one in await grant_queries.grants(program_id)}

    def rise(entry: tuple[str, GrantInput]) -> Fraction:
        return Fraction(entry[1].rate) - rates.get(rows.grants.get(entry[0], 0), Fraction(0))

    for entry_id, grant in sorted(wanted, key=rise):
        if entry_id in rows.grants:
            view = await grant_queries.grant(program_id, rows.grants[entry_id])
            await grants.change_grant(context, program_id, view.id, grant, view.version)
        else:
            rows.grants[entry_id] = await grants.create_grant(context, program_id, grant)


async def _put_in_order(context: TenantContext, program_id: int, wanted: list[int]) -> None:
    for place, grant_id in enumerate(wanted):
        present = [one.id for one in await grant_queries.grants(program_id)]
        for _ in range(present.index(grant_id) - place):
            view = await grant_queries.grant(program_id, grant_id)
            await grants.move_grant(context, program_id, grant_id, "up", view.position)
