"""Programs for tests: an empty one, one with a basis, one ready to be calculated; made by the product's operations."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from billing.bases import operations as bases
from billing.bases import queries as basis_queries
from billing.bases.register import operations as register
from billing.bases.rules import BasisInput
from billing.costs import operations as costs
from billing.grants import operations as grants
from billing.grants.rules import GrantInput
from billing.keys import operations as keys
from billing.keys.rules import KeyInput
from billing.notices.settings.rules import NoticeSetting
from billing.programs import operations as programs
from billing.programs.rules import MemberInput, ProgramInput
from tenants.calendar import JST
from tenants.context import Scope
from tenants.database.transaction import open_door
from tests.factories.worlds import NOW, World

TWO_TOWNS = ("281000", "283011")
POPULATIONS = {"281000": "1498825", "283011": "28289", "284467": "9908"}

COMPLETE_NOTICE = NoticeSetting(
    account="一般会計",
    kan="分担金及び負担金",
    kou="負担金",
    moku="総務費負担金",
    setsu="情報化推進費負担金",
    place="県の指定金融機関",
    cause="共同調査に関する協定書第6条の規定による負担金",
    issuer="兵庫県知事",
    department="デジタル戦略課",
    phone="078-000-0000",
)
"""Everything a 納入通知書 needs beside amounts."""
PLAIN_SETTINGS = ProgramInput(
    fiscal_year=2026,
    title="",
    description="",
    rounding_stage="cost",
    rounding_unit_yen=1,
    rounding_remainder="largest_remainder",
    rounding_named_id=None,
    national_ceiling="1/2",
    invoice_unit_yen=1,
    invoice_mode="floor",
    instalment_count=1,
    instalment_unit_yen=1,
    due_date=None,
)


async def found_program(world: World, title: str, codes: Sequence[str] = TWO_TOWNS, **changes: Any) -> int:
    """A program of 2026 with the members ``codes`` for the whole year; ``changes`` of its settings."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        settings = replace(PLAIN_SETTINGS, title=title, **changes)
        program_id = await programs.create_program(world.finance, settings)
        members = [MemberInput(world.tenants[code], 12, "1") for code in codes]
        await programs.choose_members(world.finance, program_id, members, 1)
    return program_id


async def found_basis(
    world: World, program_id: int, values: Mapping[str, str], name: str = "人口", *, checked: bool = True
) -> int:
    """A basis of the program filled with ``values`` (exact text by organisation code), checked by a second officer."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        population = BasisInput(name, "人", date(2020, 10, 1), "令和2年国勢調査")
        basis_id = await bases.create_basis(world.finance, program_id, population)
        version = (await basis_queries.basis(program_id, basis_id)).version
        by_tenant: dict[int, str | None] = {world.tenants[code]: value for code, value in values.items()}
        await bases.save_values(world.finance, program_id, basis_id, by_tenant, version, NOW)
        if checked and by_tenant:
            await register.check_values(world.approver, program_id, basis_id, None, version + 1, NOW)
    return basis_id


async def found_key(world: World, program_id: int, basis_id: int) -> int:
    """均等割3割・人口割7割 over the basis."""
    components = [{"weight": "3/10", "basis": "equal"}, {"weight": "7/10", "basis": basis_id}]
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        return await keys.create_key(
            world.finance, program_id, KeyInput("均等3割・人口7割", {"components": components})
        )


async def found_cost(world: World, program_id: int, name: str, amount_yen: int = 1000, **charge: Any) -> int:
    """A posted cost in yen; borne by the prefecture unless ``charge`` says otherwise."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        return await costs.post_cost(
            world.finance,
            program_id,
            source="test",
            reference=name,
            name=name,
            amount_yen=amount_yen,
            **{"charge_kind": "prefecture", **charge},
        )


async def found_calculable(world: World, populations: Mapping[str, str] = POPULATIONS) -> int:
    """均等割3割・人口割7割 over the members, a direct cost of 神戸市, a prefecture cost, and a half grant."""
    today = NOW.astimezone(JST).date()
    program_id = await found_program(world, "共同調査", list(populations), instalment_count=2, due_date=today)
    key_id = await found_key(world, program_id, await found_basis(world, program_id, populations))
    await found_cost(world, program_id, "解析", 52_000_001, charge_kind="key", key_id=key_id, eligible=True)
    direct = {"charge_kind": "member", "member_id": world.tenants["281000"]}
    await found_cost(world, program_id, "個別", 880_000, **direct)
    await found_cost(world, program_id, "事務局", 1_320_000)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        grant = GrantInput("交付金", "national", "1/2", None, None, None, "included", "program", 1000, "floor")
        await grants.create_grant(world.finance, program_id, grant)
    return program_id
