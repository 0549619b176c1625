"""Adopting the rules, members, basis values and keys of a scenario through the program's own operations."""

from collections.abc import Collection, Sequence
from datetime import datetime

from billing.bases import operations as bases
from billing.bases import queries as basis_queries
from billing.keys import operations as keys
from billing.keys import queries as key_queries
from billing.programs import operations as programs
from billing.programs import queries as program_queries
from billing.scenarios.adoption.rules import Rows, basis_input, key_input, member_inputs, settings_input
from billing.scenarios.cases import Document
from tenants.context import TenantContext


async def adopt_settings(context: TenantContext, program_id: int, case: Document, rows: Rows) -> None:
    """Will change the program's rules to the case's."""
    program = await program_queries.program(program_id)
    wanted = settings_input(case, program.settings, rows.tenants)
    await programs.change_program(context, program_id, wanted, program.version)


async def adopt_members(context: TenantContext, program_id: int, case: Document, base: Document, rows: Rows) -> None:
    """Will make exactly the case's members the program's; whoever does not differ stays as it is registered."""
    program = await program_queries.program(program_id)
    registered = {one.code: one for one in await program_queries.members(program_id)}
    wanted = member_inputs(case, base, registered, rows.tenants)
    await programs.choose_members(context, program_id, wanted, program.version)


async def adopt_bases(
    context: TenantContext, program_id: int, case: Document, rows: Rows, wanted: Sequence[Document], now: datetime
) -> None:
    """Will define or change these bases and make the case's values of them the members'."""
    codes = {one["code"]: rows.tenants[one["code"]] for one in case["members"]}
    for basis in wanted:
        if basis["id"] not in rows.bases:
            rows.bases[basis["id"]] = await bases.create_basis(context, program_id, basis_input(basis))
        basis_id = rows.bases[basis["id"]]
        view = await basis_queries.basis(program_id, basis_id)
        described = basis_input(basis)
        if described != basis_input({**_described(view), "as_of": view.as_of.isoformat()}):
            await bases.change_basis(context, program_id, basis_id, described, view.version)
            view = await basis_queries.basis(program_id, basis_id)
        values = {tenant_id: basis["values"].get(code) for code, tenant_id in codes.items()}
        await bases.save_values(context, program_id, basis_id, values, view.version, now)


def _described(view: object) -> Document:
    return {name: getattr(view, name) for name in ("name", "unit", "source")}


async def adopt_keys(
    context: TenantContext, program_id: int, case: Document, rows: Rows, touched: Collection[str]
) -> None:
    """Will set up or change the keys that differ; a key nothing is split by any more stays registered."""
    for key in case["keys"]:
        if key["id"] not in touched:
            continue
        wanted = key_input(key, rows)
        if key["id"] in rows.keys:
            view = await key_queries.key(program_id, rows.keys[key["id"]])
            await keys.change_key(context, program_id, view.id, wanted, view.version)
        else:
            rows.keys[key["id"]] = await keys.create_key(context, program_id, wanted)
