"""Writes of programs: set one up, change its rules, choose who takes part."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from billing.programs import queries
from billing.programs.rules import MemberInput, ProgramInput
from billing.programs.tables import Program, ProgramMember
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.versions import lock_version


async def create_program(context: TenantContext, settings: ProgramInput) -> int:
    """Will set up a program and return its id. Raises Invalid for a title already used in that year."""
    rows = await Program.insert(Program(tenant_id=context.tenant_id, version=1, **asdict(settings)))
    program_id = int(rows[0]["id"])
    await record(context, "create_program", Subject("program", program_id, settings.title), after=asdict(settings))
    return program_id


async def change_program(context: TenantContext, program_id: int, settings: ProgramInput, version: int) -> None:
    """Will change a program's settings; runs made before keep their frozen case. Raises EditedMeanwhile."""
    await lock_version(Program, program_id, version)
    before = await queries.program(program_id)
    values: dict[Any, Any] = {**asdict(settings), "version": version + 1}
    await Program.update(values).where(Program.id == program_id)
    await record(
        context,
        "change_program",
        Subject("program", program_id, settings.title),
        before=asdict(before.settings),
        after=asdict(settings),
    )


async def choose_members(context: TenantContext, program_id: int, chosen: Sequence[MemberInput], version: int) -> None:
    """Will make exactly ``chosen`` the members of the program. Raises EditedMeanwhile, Conflict.

    Values of a basis that belong to a member no longer chosen stay, unused, until the member comes back.
    """
    await lock_version(Program, program_id, version)
    program = await queries.program(program_id)
    before = await queries.members(program_id)
    if before:
        await ProgramMember.delete().where(ProgramMember.program_id == program_id)
    if chosen:
        await ProgramMember.insert(
            *(
                ProgramMember(
                    tenant_id=context.tenant_id,
                    program_id=program_id,
                    member_id=one.tenant_id,
                    months=one.months,
                    factor=one.factor,
                )
                for one in chosen
            )
        )
    await Program.update({Program.version: version + 1}).where(Program.id == program_id)
    await record(
        context,
        "choose_members",
        Subject("program", program_id, program.title),
        before={"members": [f"{one.code} {one.name} {one.months}か月 係数{one.factor}" for one in before]},
        after={
            "members": [
                f"{one.code} {one.name} {one.months}か月 係数{one.factor}" for one in await queries.members(program_id)
            ]
        },
    )
