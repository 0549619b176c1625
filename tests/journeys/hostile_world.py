"""A cell in which every text people can write is one of the payloads, entered by the product's own operations."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import billing.statements
from billing.bases import operations as bases
from billing.bases import queries as basis_queries
from billing.bases.register import operations as register
from billing.bases.rules import BasisInput
from billing.costs import operations as costs
from billing.grants import operations as grants
from billing.grants.rules import GrantInput
from billing.keys import operations as keys
from billing.keys.rules import KeyInput
from billing.programs import operations as programs
from billing.programs import queries as program_queries
from billing.programs.rules import MemberInput, ProgramInput
from billing.runs import operations as runs
from billing.statements.issuing import approve_and_issue
from tenants.access import operations as access
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.directory import operations as directory
from tenants.directory.rules import TenantKind
from tenants.lists import operations as lists
from tenants.lists.rules import ListSpec
from tenants.mail import operations as mail
from tenants.mail.rules import MailTemplate
from tenants.storage import Storage
from tests.factories.people import NewTenantFactory
from tests.factories.programs import PLAIN_SETTINGS, found_program
from tests.factories.workers import work_off
from tests.factories.worlds import NOW, World
from tests.walls.payloads import PAYLOADS

TOWN, OTHER = "283011", "281000"
LONGEST_UNIT, LONGEST_NAME = 20, 60  # what the records take; the payloads that are longer stand there cut off
MOST_GRANTS = 10  # a few are enough beside as many costs; every name goes the same way
TODAY = NOW.astimezone(JST)


@dataclass(frozen=True)
class HostileCell:
    """Where the payloads stand."""

    program_ids: tuple[int, ...]
    """One program for each payload, in their order: its title and its description."""
    full_id: int
    """The program with a basis, a key and a cost for each payload, computed, approved and issued."""
    run_id: int


async def found_hostile_cell(world: World, storage: Storage, spec: ListSpec, issued: MailTemplate) -> HostileCell:
    """Enters everything; ``spec`` is the list that gets saved views, ``issued`` the template of the notices."""
    await _register(world)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        ids = [await programs.create_program(world.finance, _settings(text)) for text in PAYLOADS]
        for text in PAYLOADS[:20]:
            await lists.save_view(world.finance, spec, text[:LONGEST_NAME], "", NOW, shared=False)
        for text in PAYLOADS:
            values = {"title": text, "tenant": text, "stage": text}
            finance = world.people[TOWN, Role.TOWN_FINANCE][0]
            await mail.notify(
                world.finance, [finance], issued, values, "/", NOW, tenant_id=world.tenants[TOWN], digest=False
            )
    full_id, run_id = await _fill(world, storage)
    return HostileCell(tuple(ids), full_id, run_id)


async def _register(world: World) -> None:
    """An organisation for each payload, and a person of the town named after each."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        for number, text in enumerate(PAYLOADS):
            code = f"union-{chr(97 + number // 26)}{chr(97 + number % 26)}"
            facts = NewTenantFactory(code=code, name=text[:LONGEST_NAME], kana=text, kind=TenantKind.UNION, region=text)
            world.tenants[text] = await directory.register_tenant(world.finance, facts)
        await directory.entitle(world.finance, world.tenants[PAYLOADS[0]], "apportionment")
    async with open_door(world.pool, Scope.IDENTITY):
        for number, text in enumerate(PAYLOADS):
            email = f"x{number}@example.lg.jp"
            person_id = await access.register_person(world.finance, email, text[:LONGEST_NAME], None, NOW)
            await access.give_role(world.finance, person_id, world.tenants[TOWN], Role.TOWN_STAFF, date(2020, 4, 1))


async def _fill(world: World, storage: Storage) -> tuple[int, int]:
    program_id = await found_program(world, f"{PAYLOADS[0]} 全部", (TOWN, OTHER), due_date=TODAY.date())
    finance = world.finance
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        members = [MemberInput(world.tenants[one], 12, "1") for one in (TOWN, OTHER, PAYLOADS[0], PAYLOADS[60])]
        version = (await program_queries.program(program_id)).version
        await programs.choose_members(finance, program_id, members, version)
        for text in PAYLOADS:
            facts = BasisInput(text[:LONGEST_NAME], text[:LONGEST_UNIT], date(2026, 4, 1), text)
            basis_id = await bases.create_basis(finance, program_id, facts)
            values: dict[int, str | None] = {one.tenant_id: "1" for one in members}
            version = (await basis_queries.basis(program_id, basis_id)).version
            await bases.save_values(finance, program_id, basis_id, values, version, NOW)
            await register.check_values(world.approver, program_id, basis_id, None, version + 1, NOW)
            definition = {"components": [{"weight": "1", "basis": basis_id}]}
            key_id = await keys.create_key(finance, program_id, KeyInput(text[:LONGEST_NAME], definition))
            await costs.post_cost(
                finance,
                program_id,
                source="test",
                reference=text,
                name=text,
                amount_yen=1_000,
                charge_kind="key",
                key_id=key_id,
                eligible=True,
            )
        for text in PAYLOADS[:MOST_GRANTS]:
            grant = GrantInput(text, "national", "1/1000", None, None, None, "included", "program", 1, "floor")
            await grants.create_grant(finance, program_id, grant)
    return program_id, await _issue(world, storage, program_id)


async def _issue(world: World, storage: Storage, program_id: int) -> int:
    """A run that was returned for a hostile reason and stays so, and one that is approved and issued."""
    run_ids = []
    for _ in range(2):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            run_ids.append(await runs.start_run(world.finance, program_id, "final", TODAY))
    await work_off(world, storage)
    acts: Sequence[tuple[Callable[..., Awaitable[object]], object, int]] = (
        (runs.submit_run, world.finance, run_ids[0]),
        (runs.submit_run, world.finance, run_ids[1]),
        (approve_and_issue, world.approver, run_ids[1]),
    )
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        for act, who, run_id in acts:
            await act(who, run_id, TODAY)
        await runs.return_run(world.approver, run_ids[0], "".join(PAYLOADS)[:500], TODAY)
    await work_off(world, storage)
    return run_ids[1]


def _settings(text: str) -> ProgramInput:
    return replace(PLAIN_SETTINGS, title=text, description=text)


def issued_template() -> MailTemplate:
    """The mail that tells a town about its statement, whose sentences carry what the prefecture wrote."""
    return MailTemplate(Path(billing.statements.__file__).parent / "templates" / "statements" / "mail" / "issued.txt")
