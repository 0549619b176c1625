"""The register on the real database: two people, checks that fall away, reasons, last year's values, frozen sources."""

from collections.abc import Awaitable, Callable
from fractions import Fraction

import psycopg
import pytest

from billing.bases import operations as bases
from billing.bases import queries as basis_queries
from billing.bases.register import operations, queries
from billing.bases.register.frozen import unchecked_in, unreasoned_in
from billing.bases.register.rules import NothingToCheck, OwnEntry, RegisterView
from billing.bases.rules import BasisInput
from billing.programs.rules import ProgramView
from tenants.context import Scope, TenantContext
from tenants.database.transaction import open_door
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Invalid
from tests.billing.register.conftest import TODAY, started
from tests.factories.worlds import World

Enter = Callable[[dict[str, str | None]], Awaitable[None]]


async def shown(world: World, program: ProgramView, basis_id: int) -> RegisterView:
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        return await queries.register(program, await basis_queries.basis(program.id, basis_id))


async def check(
    world: World, who: TenantContext, program: ProgramView, basis_id: int, codes: list[str] | None = None
) -> int:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        version = (await basis_queries.basis(program.id, basis_id)).version
        ids = None if codes is None else [world.tenants[code] for code in codes]
        return await operations.check_values(who, program.id, basis_id, ids, version, TODAY)


async def reason(world: World, program: ProgramView, basis_id: int, texts: dict[str, str]) -> int:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        version = (await basis_queries.basis(program.id, basis_id)).version
        by_tenant = {world.tenants[code]: text for code, text in texts.items()}
        return await operations.save_reasons(world.finance, program.id, basis_id, by_tenant, version, TODAY)


class TestCheckValues:
    async def test_notes_who_checked_all_values(self, world: World, program: ProgramView, basis_id: int):
        assert await check(world, world.approver, program, basis_id) == 2
        register = await shown(world, program, basis_id)
        assert register.unchecked == []
        assert {one.check.by for one in register.lines if one.check} == {"approver"}

    async def test_refuses_own_entries(self, world: World, program: ProgramView, basis_id: int):
        with pytest.raises(OwnEntry) as refused:
            await check(world, world.finance, program, basis_id, ["281000"])
        assert "神戸市" in refused.value.message
        with pytest.raises(OwnEntry):
            await check(world, world.finance, program, basis_id)
        assert len((await shown(world, program, basis_id)).unchecked) == 2

    async def test_leaves_own_entries_out_of_all(self, world: World, program: ProgramView, basis_id: int):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            own = {world.tenants["281000"]: "151"}
            await bases.save_values(world.approver, program.id, basis_id, own, 2, TODAY)
        assert await check(world, world.approver, program, basis_id) == 1
        assert [one.value.code for one in (await shown(world, program, basis_id)).unchecked] == ["281000"]

    async def test_falls_away_with_the_value_alone(
        self, world: World, program: ProgramView, basis_id: int, enter: Enter
    ):
        await check(world, world.approver, program, basis_id)
        await enter({"281000": "151", "283011": "100"})
        assert [one.value.code for one in (await shown(world, program, basis_id)).unchecked] == ["281000"]

    async def test_falls_away_when_the_source_changes_and_not_with_the_name(
        self, world: World, program: ProgramView, basis_id: int
    ):
        await check(world, world.approver, program, basis_id)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            basis = await basis_queries.basis(program.id, basis_id)
            renamed = BasisInput("国調人口", basis.unit, basis.as_of, basis.source)
            await bases.change_basis(world.finance, program.id, basis_id, renamed, basis.version)
        assert (await shown(world, program, basis_id)).unchecked == []
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            other = BasisInput("国調人口", basis.unit, basis.as_of, "県推計人口")
            await bases.change_basis(world.finance, program.id, basis_id, other, basis.version + 1)
        assert len((await shown(world, program, basis_id)).unchecked) == 2

    async def test_refuses_what_the_person_did_not_see(
        self, world: World, program: ProgramView, basis_id: int, enter: Enter
    ):
        await enter({"281000": "999"})
        with pytest.raises(EditedMeanwhile):
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                await operations.check_values(world.approver, program.id, basis_id, None, 2, TODAY)

    async def test_says_when_nothing_is_left(self, world: World, program: ProgramView, basis_id: int):
        await check(world, world.approver, program, basis_id)
        with pytest.raises(NothingToCheck):
            await check(world, world.approver, program, basis_id, ["281000"])

    async def test_is_held_by_the_database(
        self, world: World, program: ProgramView, basis_id: int, behind: psycopg.Connection
    ):
        with pytest.raises(psycopg.errors.CheckViolation):
            behind.execute(
                "INSERT INTO basis_check (tenant_id, basis_value_id, entered_by_id, checked_by_id, checked_by, "
                "checked_at) SELECT tenant_id, id, entered_by_id, entered_by_id, 'x', now() FROM basis_value"
            )
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            behind.execute(
                "INSERT INTO basis_check (tenant_id, basis_value_id, entered_by_id, checked_by_id, checked_by, "
                "checked_at) SELECT tenant_id, id, entered_by_id + 1, entered_by_id, 'x', now() FROM basis_value"
            )


class TestLastYear:
    async def test_is_found_by_equal_title_name_and_unit(
        self, world: World, last_year: ProgramView, program: ProgramView, basis_id: int
    ):
        register = await shown(world, program, basis_id)
        assert register.previous is not None
        assert (register.previous.program_id, register.is_chosen) == (last_year.id, False)
        assert [(one.last_year, one.rate) for one in register.lines] == [("100", Fraction(1, 2)), ("100", Fraction(0))]
        assert [one.value.code for one in register.unreasoned] == ["281000"]

    async def test_can_be_none_by_choice(
        self, world: World, last_year: ProgramView, program: ProgramView, basis_id: int
    ):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await operations.choose_previous(world.finance, program.id, basis_id, None, TODAY)
        register = await shown(world, program, basis_id)
        assert (register.previous, register.is_chosen, register.unreasoned) == (None, True, [])

    async def test_can_be_chosen_where_names_differ(
        self, world: World, last_year: ProgramView, program: ProgramView, basis_id: int
    ):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            basis = await basis_queries.basis(program.id, basis_id)
            renamed = BasisInput("推計人口", basis.unit, basis.as_of, basis.source)
            await bases.change_basis(world.finance, program.id, basis_id, renamed, basis.version)
        assert (await shown(world, program, basis_id)).previous is None
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            basis = await basis_queries.basis(program.id, basis_id)
            (candidate,) = await queries.previous_candidates(program, basis)
            chosen = (candidate.program_id, candidate.basis)
            await operations.choose_previous(world.finance, program.id, basis_id, chosen, TODAY)
        register = await shown(world, program, basis_id)
        assert (register.is_chosen, [one.last_year for one in register.lines]) == (True, ["100", "100"])

    async def test_refuses_one_that_was_never_used(self, world: World, program: ProgramView, basis_id: int):
        with pytest.raises(Invalid):
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                await operations.choose_previous(world.finance, program.id, basis_id, (program.id, "b1"), TODAY)


class TestReasons:
    async def test_are_kept_for_exactly_this_value(
        self, world: World, last_year: ProgramView, program: ProgramView, basis_id: int, enter: Enter
    ):
        assert await reason(world, program, basis_id, {"281000": "団地が完成した"}) == 1
        register = await shown(world, program, basis_id)
        assert register.unreasoned == []
        assert await reason(world, program, basis_id, {"281000": "団地が完成した"}) == 0
        await enter({"281000": "1500"})
        assert [one.value.code for one in (await shown(world, program, basis_id)).unreasoned] == ["281000"]

    async def test_are_taken_away_by_an_empty_text(self, world: World, program: ProgramView, basis_id: int):
        await reason(world, program, basis_id, {"281000": "団地が完成した"})
        assert await reason(world, program, basis_id, {"281000": " "}) == 1
        assert [one.reason for one in (await shown(world, program, basis_id)).lines] == [None, None]


class TestThreshold:
    async def test_is_a_fifth_until_the_program_says_otherwise(
        self, world: World, last_year: ProgramView, program: ProgramView, basis_id: int
    ):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            assert await queries.threshold_rule(program.id) == (Fraction(1, 5), 0)
            await operations.set_threshold(world.finance, program.id, Fraction(1, 2), 0)
            assert await queries.threshold_rule(program.id) == (Fraction(1, 2), 1)
            await operations.set_threshold(world.finance, program.id, Fraction(3, 5), 1)
        assert (await shown(world, program, basis_id)).unreasoned == []
        for stale in (0, 1):
            with pytest.raises(EditedMeanwhile):
                async with open_door(world.pool, Scope.PREFECTURE, 1):
                    await operations.set_threshold(world.finance, program.id, Fraction(1), stale)


class TestKeepSources:
    async def test_freezes_the_register_with_the_run(
        self, world: World, last_year: ProgramView, program: ProgramView, basis_id: int, enter: Enter
    ):
        await check(world, world.approver, program, basis_id, ["283011"])
        run_id = await started(world, program)
        await reason(world, program, basis_id, {"281000": "団地が完成した"})
        await check(world, world.approver, program, basis_id)
        await enter({"281000": "7"})
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            sources = await queries.run_sources(run_id)
        assert sources is not None
        frozen = sources["bases"][f"b{basis_id}"]
        assert frozen["values"]["281000"]["value"] == "150"
        assert frozen["values"]["283011"]["checked_by"] == "approver"
        assert frozen["previous"]["program_id"] == last_year.id
        assert unchecked_in(frozen) == ["神戸市"]
        assert unreasoned_in(frozen) == ["神戸市"]

    async def test_is_never_changed(self, world: World, program: ProgramView, behind: psycopg.Connection):
        await started(world, program)
        with pytest.raises(psycopg.errors.IntegrityError):
            behind.execute("UPDATE run_source SET sources = '{}'")
