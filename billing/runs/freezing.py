"""Freezes a program into the case document a calculation depends on.

Format yui-apportionment/1, or /2 where a cost has a tariff or a key has limits: other cases keep their hash.
"""

import json
from typing import Any

from billing.apportionment.terms import FORMAT, FORMAT_2
from billing.bases import queries as bases
from billing.costs import queries as costs
from billing.costs.rules import CostView
from billing.costs.tariffs.rules import tariff_for_case, used_basis_id
from billing.grants import queries as grants
from billing.grants.rules import grant_for_case
from billing.keys import queries as keys
from billing.keys.rules import definition_for_case, used_basis_ids
from billing.programs import queries as programs
from billing.programs.rules import MemberView, ProgramView
from billing.runs.queries import last_approved
from billing.years.leaving.queries import members_of_year
from billing.years.leaving.rules import check_bearer_stays, key_without_leavers, values_with_leavers


async def case_document(program: ProgramView) -> dict[str, Any]:
    """The program as it stands now, as one document; what was last approved counts as issued."""
    present = await programs.members(program.id)
    code_of = {one.tenant_id: one.code for one in present}
    issued = await _issued(program)
    members = await members_of_year(program, present, issued)
    check_bearer_stays(program.settings.rounding_named_id, members)
    all_costs = await costs.costs(program.id)
    all_bases = await bases.bases(program.id)
    values = await bases.basis_values(program.id)
    basis_ids = {one.id for one in all_bases}
    # A case holds what it depends on: an unfinished key or basis that no cost uses must not stop it.
    used = {one.key_id for one in all_costs if one.key_id is not None}
    used_keys = [one for one in await keys.keys(program.id) if one.id in used]
    used_bases = {basis_id for one in used_keys for basis_id in used_basis_ids(one.definition)}
    used_bases |= {basis_id for one in all_costs if (basis_id := used_basis_id(one.tariff)) is not None}
    newer = any(one.tariff is not None for one in all_costs) or any("limits" in one.definition for one in used_keys)
    cost_ids = [one.id for one in all_costs]
    return {
        "format": FORMAT_2 if newer else FORMAT,
        "fiscal_year": program.fiscal_year,
        "title": program.title,
        "members": [_member(one.view) for one in members],
        "bases": [
            {
                "id": f"b{one.id}",
                "name": one.name,
                "unit": one.unit,
                "as_of": one.as_of.isoformat(),
                "source": one.source,
                "values": values_with_leavers(values.get(one.id, {}), members),
            }
            for one in all_bases
            if one.id in used_bases
        ],
        "keys": [key_without_leavers(definition_for_case(one, basis_ids), members) for one in used_keys],
        "costs": [_cost(one, code_of, {each.view.code: each.view.months for each in members}) for one in all_costs],
        "rounding": _rounding(program, code_of),
        "grants": [grant_for_case(one, cost_ids) for one in await grants.grants(program.id)],
        "national_ceiling": program.settings.national_ceiling,
        "invoice": {"unit_yen": program.settings.invoice_unit_yen, "mode": program.settings.invoice_mode},
        "instalments": {"count": program.settings.instalment_count, "unit_yen": program.settings.instalment_unit_yen},
        "issued_yen": {one.view.code: issued[one.view.code] for one in members if one.view.code in issued},
    }


def _member(one: MemberView) -> dict[str, Any]:
    return {"code": one.code, "name": one.name, "months": one.months, "factor": one.factor}


def _cost(one: CostView, code_of: dict[int, str], months: dict[str, int]) -> dict[str, Any]:
    charge: dict[str, Any] = {"prefecture": True}
    if one.key_id is not None:
        charge = {"key": f"k{one.key_id}"}
    elif one.member_id is not None:
        # A bearer who left the program is named by number, so that the refusal can point at this cost.
        charge = {"member": code_of.get(one.member_id, f"tenant-{one.member_id}")}
    elif one.tariff is not None:
        charge = {"tariff": tariff_for_case(one.tariff, months)}
    return {
        "id": f"c{one.id}",
        "name": one.name,
        "amount_yen": one.amount_yen,
        "tax_rate": one.tax_rate,
        "eligible": one.eligible,
        "revenue_yen": one.revenue_yen,
        "charge": charge,
    }


def _rounding(program: ProgramView, code_of: dict[int, str]) -> dict[str, Any]:
    settings = program.settings
    rounding: dict[str, Any] = {
        "stage": settings.rounding_stage,
        "unit_yen": settings.rounding_unit_yen,
        "remainder": settings.rounding_remainder,
    }
    if settings.rounding_named_id is not None:
        rounding["named"] = code_of.get(settings.rounding_named_id, f"tenant-{settings.rounding_named_id}")
    return rounding


async def _issued(program: ProgramView) -> dict[str, int]:
    """What every member of the last approved run was invoiced, also those that are members no more."""
    before = await last_approved(program.id)
    if before is None or before.result_json is None:
        return {}
    result = json.loads(before.result_json)
    return {one["code"]: one["invoice_yen"] for one in result["members"]}
