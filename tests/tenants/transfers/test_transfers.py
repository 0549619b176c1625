"""Transfers on the real database: the very second, all or nothing, twice, undoing, handing over, big ones as jobs."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tenants.access import operations as access
from tenants.access.operations import Origin
from tenants.access.queries import memberships_of, session_behind
from tenants.access.rules import MembershipView, SessionLimits
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.engine import current_door
from tenants.database.transaction import open_door
from tenants.errors import Conflict, NotFound
from tenants.jobs import runner
from tenants.jobs.operations import enqueue
from tenants.jobs.rules import Queue, State
from tenants.people import operations as people
from tenants.people.invitations.queries import open_invitations
from tenants.transfers import applying, operations, queries, undoing
from tenants.transfers.applying import PlanChanged
from tenants.transfers.forms import EMAIL, MOVEMENT, NAME, ROLES, SUCCESSOR
from tenants.transfers.operations import NotWaiting
from tenants.transfers.sweeps import hand_over_due
from tenants.transfers.undoing import CannotUndo
from tests.factories.worlds import World
from tests.tenants.people.people_cell import OTHER, TOWN, as_admin, line_of

APRIL = date(2027, 4, 1)
MIDNIGHT = datetime(2027, 4, 1, tzinfo=JST)
NOW = datetime(2027, 2, 10, 10, 0, tzinfo=JST)
MICROSECOND = timedelta(microseconds=1)


def _rows(world: World, *cells: tuple[Role, dict[str, str]], code: str = TOWN) -> list[operations.Row]:
    return [
        (number, {EMAIL: world.people[code, role][1], **more}) for number, (role, more) in enumerate(cells, start=2)
    ]


async def _check(world: World, rows: Sequence[operations.Row], code: str = TOWN) -> queries.TransferView:
    async with as_admin(world, code) as context:
        transfer_id = await operations.check_transfer(context, "春の異動", APRIL, rows, NOW)
        return await queries.transfer(context.tenant_id, transfer_id)


async def _apply(world: World, one: queries.TransferView, code: str = TOWN) -> int | None:
    async with as_admin(world, code) as context:
        return await applying.apply_transfer(context, one.id, one.version, NOW)


async def _roles_on(world: World, person_id: int, day: date) -> set[Role]:
    async with open_door(world.pool, Scope.IDENTITY, read_only=True):
        return {one.role for one in await memberships_of(person_id, day)}


STAFF_TO_FINANCE = (Role.TOWN_STAFF, {MOVEMENT: "在籍", ROLES[0]: "市町 財政担当"})
FINANCE_LEAVES = (Role.TOWN_FINANCE, {MOVEMENT: "転出・退職"})
NEWCOMER = (9, {EMAIL: "new@city.example.lg.jp", NAME: "新任 花子", MOVEMENT: "在籍", ROLES[0]: "市町 担当者"})


class TestTheSecond:
    async def test_ends_old_rights_and_begins_new_ones_through_a_live_session(self, world: World):
        """One microsecond before midnight in Japan the old role acts; at midnight it is gone, and the new one acts."""
        person_id, _ = world.people[TOWN, Role.TOWN_STAFF]
        old = await line_of(world, Role.TOWN_STAFF)
        await _apply(world, await _check(world, _rows(world, STAFF_TO_FINANCE)))
        new = await line_of_person(world, person_id, Role.TOWN_FINANCE)
        limits = SessionLimits(timedelta(hours=1), timedelta(hours=10))
        tokens = {}
        async with open_door(world.pool, Scope.IDENTITY):
            for line_id, role in ((old.id, Role.TOWN_STAFF), (new, Role.TOWN_FINANCE)):
                tokens[role] = await access.open_session(
                    person_id,
                    MembershipView(line_id, world.tenants[TOWN], "", role),
                    MIDNIGHT - timedelta(minutes=5),
                    MIDNIGHT + timedelta(hours=5),
                    Origin("test", ""),
                    "",
                )
            await _recorded(world)
        async with open_door(world.pool, Scope.IDENTITY, read_only=True):
            for moment, living in ((MIDNIGHT - MICROSECOND, Role.TOWN_STAFF), (MIDNIGHT, Role.TOWN_FINANCE)):
                for role, token in tokens.items():
                    found = await session_behind(token, moment, moment.date(), limits)
                    assert (found is not None) == (role is living), (moment, role)
        assert MIDNIGHT.astimezone(UTC).date() == date(2027, 3, 31), "the day is Japan's"


class TestCheck:
    async def test_changes_nothing(self, world: World):
        one = await _check(world, [*_rows(world, STAFF_TO_FINANCE, FINANCE_LEAVES), NEWCOMER])
        assert (one.new_count, one.change_count, one.end_count, one.wrong_count) == (1, 1, 1, 0)
        person_id, _ = world.people[TOWN, Role.TOWN_STAFF]
        assert await _roles_on(world, person_id, APRIL) == {Role.TOWN_STAFF}

    async def test_of_another_towns_batch_is_not_found(self, world: World):
        one = await _check(world, _rows(world, STAFF_TO_FINANCE))
        for act in (
            lambda context: operations.check_again(context, one.id, one.version, NOW),
            lambda context: applying.apply_transfer(context, one.id, one.version, NOW),
            lambda context: undoing.undo_transfer(context, one.id, "理由", NOW),
            lambda context: operations.discard(context, one.id, one.version),
        ):
            with pytest.raises(NotFound):
                async with as_admin(world, OTHER) as context:
                    await act(context)

    async def test_of_a_towns_address_finds_only_the_towns_own_people(self, world: World):
        rows = [(2, {EMAIL: world.people[OTHER, Role.TOWN_STAFF][1], NAME: "誰か", ROLES[0]: "市町 担当者"})]
        one = await _check(world, rows)
        assert one.new_count == 1


class TestApplying:
    async def test_does_everything_and_twice_does_nothing(self, world: World):
        rows = [*_rows(world, STAFF_TO_FINANCE, FINANCE_LEAVES), NEWCOMER]
        await _apply(world, await _check(world, rows))
        staff, finance = (world.people[TOWN, role][0] for role in (Role.TOWN_STAFF, Role.TOWN_FINANCE))
        assert await _roles_on(world, staff, APRIL) == {Role.TOWN_FINANCE}
        assert await _roles_on(world, finance, APRIL - timedelta(days=1)) == {Role.TOWN_FINANCE}
        assert await _roles_on(world, finance, APRIL) == set()
        async with as_admin(world) as context:
            assert [one.email for one in await open_invitations(context.tenant_id)] == ["new@city.example.lg.jp"]
        again = await _check(world, rows)
        assert again.same_count == 3
        await _apply(world, again)
        async with as_admin(world) as context:
            assert len(await open_invitations(context.tenant_id)) == 1

    async def test_is_refused_while_a_line_is_wrong(self, world: World):
        one = await _check(world, [*_rows(world, STAFF_TO_FINANCE), (9, {EMAIL: "x"})])
        with pytest.raises(Conflict, match="誤りのある行"):
            await _apply(world, one)

    async def test_is_refused_when_the_people_changed_since(self, world: World):
        one = await _check(world, _rows(world, STAFF_TO_FINANCE))
        line = await line_of(world, Role.TOWN_STAFF)
        async with as_admin(world) as context:
            await people.change_role(context, line.id, Role.TOWN_FINANCE, NOW.date(), line.version, NOW)
        with pytest.raises(PlanChanged):
            await _apply(world, one)
        async with as_admin(world) as context:
            await operations.check_again(context, one.id, one.version, NOW)
            fresh = await queries.transfer(context.tenant_id, one.id)
        assert fresh.same_count == 1
        await _apply(world, fresh)

    async def test_happens_once(self, world: World):
        one = await _check(world, _rows(world, STAFF_TO_FINANCE))
        await _apply(world, one)
        with pytest.raises(NotWaiting):
            await _apply(world, one)

    async def test_of_the_last_administrator_is_refused(self, world: World):
        one = await _check(world, _rows(world, (Role.TOWN_ADMIN, {MOVEMENT: "転出・退職"})))
        assert "管理者" in one.fault
        with pytest.raises(Conflict, match="管理者"):
            await _apply(world, one)

    async def test_of_many_lines_is_a_job(self, world: World, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(applying, "JOB_FROM", 0)
        one = await _check(world, _rows(world, STAFF_TO_FINANCE))
        job_id = await _apply(world, one)
        assert job_id is not None
        tools: Any = runner.Tools(world.pool, lambda *_: None, None, "兵庫県", sample_data=True)  # type: ignore[arg-type]
        for _ in range(2):
            assert await runner.run(tools, world.tenants[TOWN], job_id) is State.DONE
        async with as_admin(world) as context:
            assert (await queries.transfer(context.tenant_id, one.id)).state == "applied"


class TestUndoing:
    async def test_puts_everybody_back_and_withdraws_invitations(self, world: World):
        rows = [*_rows(world, STAFF_TO_FINANCE, FINANCE_LEAVES), NEWCOMER]
        before = {role: (await line_of(world, role)).standing for role in (Role.TOWN_STAFF, Role.TOWN_FINANCE)}
        one = await _check(world, rows)
        await _apply(world, one)
        async with as_admin(world) as context:
            await undoing.undo_transfer(context, one.id, "辞令の取り消し", NOW)
            assert await open_invitations(context.tenant_id) == []
        for role, standing in before.items():
            assert (await line_of(world, role)).standing == standing
        staff, _ = world.people[TOWN, Role.TOWN_STAFF]
        assert await _roles_on(world, staff, APRIL) == {Role.TOWN_STAFF}
        with pytest.raises(CannotUndo):
            async with as_admin(world) as context:
                await undoing.undo_transfer(context, one.id, "もう一度", NOW)
        again = await _check(world, rows)
        assert again.doing_count == 3
        await _apply(world, again)

    async def test_is_refused_once_somebody_was_changed(self, world: World):
        one = await _check(world, _rows(world, FINANCE_LEAVES))
        await _apply(world, one)
        line = await line_of(world, Role.TOWN_FINANCE)
        async with as_admin(world) as context:
            await people.change_period(context, line.id, date(2020, 4, 1), date(2027, 6, 30), line.version, NOW)
        with pytest.raises(CannotUndo, match="役割が変えられた人"):
            async with as_admin(world) as context:
                await undoing.undo_transfer(context, one.id, "理由", NOW)

    async def test_is_refused_once_work_was_handed_over(self, world: World):
        one = await _handed_over(world)
        with pytest.raises(CannotUndo, match="引き継ぎ"):
            async with as_admin(world) as context:
                await undoing.undo_transfer(context, one.id, "理由", MIDNIGHT + timedelta(days=1))


class TestHandingOver:
    async def test_waits_for_the_day_and_happens_once(self, world: World):
        one = await _handed_over(world)
        async with as_admin(world) as context:
            (line,) = [line for line in await queries.lines(context.tenant_id, one.id) if line.successor_id]
            assert line.handed_over == {"終えられなかった処理": 1}
            rows = await current_door().execute("SELECT person_id FROM job")
        assert [row["person_id"] for row in rows] == [world.people[TOWN, Role.TOWN_FINANCE][0]]
        assert await hand_over_due(world.pool, MIDNIGHT + timedelta(days=1)) == 0


async def _handed_over(world: World) -> queries.TransferView:
    """A batch whose leaving person left a parked job to a successor who gets the same role."""
    staff, finance = (Role.TOWN_STAFF, Role.TOWN_FINANCE)
    async with as_admin(world) as context:
        leaver = world.context(TOWN, staff)
        job_id = await enqueue(leaver, "billing.runs.compute", "止まった処理", {}, queue=Queue.QUICK)
        await current_door().execute(
            "UPDATE job SET state = 'parked' WHERE tenant_id = $1 AND id = $2", (context.tenant_id, job_id)
        )
    rows = _rows(
        world,
        (staff, {MOVEMENT: "転出・退職", SUCCESSOR: world.people[TOWN, finance][1]}),
        (finance, {ROLES[0]: "市町 財政担当", ROLES[1]: "市町 担当者"}),
    )
    one = await _check(world, rows)
    assert one.wrong_count == 0
    await _apply(world, one)
    assert await hand_over_due(world.pool, MIDNIGHT - MICROSECOND) == 0
    assert await hand_over_due(world.pool, MIDNIGHT) == 1
    return one


async def line_of_person(world: World, person_id: int, role: Role) -> int:
    """The id of the person's membership in the role."""
    async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN], read_only=True) as door:
        rows = await door.execute(
            "SELECT id FROM membership WHERE tenant_id = $1 AND person_id = $2 AND role = $3",
            (world.tenants[TOWN], person_id, role.value),
        )
    return int(rows[0]["id"])


async def _recorded(world: World) -> None:
    from tenants.audit.trail import Subject, record

    await record(world.context(TOWN, Role.TOWN_STAFF), "sign_in", Subject("person", 1))
