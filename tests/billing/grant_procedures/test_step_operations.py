"""A grant's procedure on the real database."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from typing import Any

import psycopg
import pytest

from billing.grant_procedures.evidence.rules import evidence_of
from billing.grant_procedures.steps import operations, queries
from billing.grant_procedures.steps.deadlines import ProcedureInput
from billing.grant_procedures.steps.operations import Correction, NotToConfirm, SameOfficer
from billing.grant_procedures.steps.rules import (
    StepInput,
    StepNotPossible,
    WaitsForConfirmation,
    effective,
    standing,
)
from billing.grant_procedures.steps.tasks import grant_tasks
from billing.grants import operations as grants
from tenants.context import Scope
from tenants.database.transaction import open_door
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Conflict, NotFound
from tenants.storage import Storage
from tests.billing.grant_procedures.conftest import Found
from tests.factories.worlds import NOW, World

Door = Callable[[], AbstractAsyncContextManager[Any]]
APPLY = StepInput("apply", date(2026, 5, 1), "水第1号", 825_000, "")
DECIDE = StepInput("decide", date(2026, 6, 1), "国水第2号", 800_000, "")
PDF = evidence_of("交付決定通知書.pdf", b"%PDF-1.7 scanned")


@pytest.fixture
def door(world: World) -> Door:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Any]:
        async with open_door(world.pool, Scope.PREFECTURE, 1) as one:
            yield one

    return opened


async def record(world: World, storage: Storage, found: Found, step: StepInput, evidence: Any = None) -> int:
    place = (found.program_id, found.grant_id)
    return await operations.record_step(world.finance, storage, *place, step, evidence, NOW)


class TestRecordStep:
    async def test_keeps_the_step_with_its_paper_and_who_recorded_it(
        self, world: World, door: Door, found: Found, storage: Storage
    ):
        async with door():
            await record(world, storage, found, APPLY, PDF)
        async with door():
            (kept,) = await queries.steps(found.grant_id)
            assert StepInput(*(getattr(kept, name) for name in StepInput.__dataclass_fields__)) == APPLY
            assert kept.prepared_by == world.finance.person_name
            assert [(one.name, one.size_bytes) for one in kept.files] == [("交付決定通知書.pdf", 16)]
            assert await queries.step_file(found.grant_id, kept.files[0].id) == kept.files[0]
            with pytest.raises(NotFound):
                await queries.step_file(found.grant_id + 1, kept.files[0].id)

    async def test_waits_for_another_officer_before_the_next_step(
        self, world: World, door: Door, found: Found, storage: Storage
    ):
        place = (found.program_id, found.grant_id)
        async with door():
            step_id = await record(world, storage, found, APPLY)
        async with door():
            with pytest.raises(WaitsForConfirmation):
                await record(world, storage, found, DECIDE)
            with pytest.raises(SameOfficer):
                await operations.confirm_step(world.finance, *place, step_id, NOW)
            await operations.confirm_step(world.approver, *place, step_id, NOW)
            with pytest.raises(NotToConfirm):
                await operations.confirm_step(world.approver, *place, step_id, NOW)
            await record(world, storage, found, DECIDE)
            assert standing(await queries.steps(found.grant_id)).decided_yen == 800_000

    async def test_refuses_another_programs_grant(self, world: World, door: Door, found: Found, storage: Storage):
        async with door():
            with pytest.raises(NotFound):
                await operations.record_step(
                    world.finance, storage, found.program_id + 1, found.grant_id, APPLY, None, NOW
                )

    async def test_keeps_a_grant_with_records_from_being_deleted(
        self, world: World, door: Door, found: Found, storage: Storage
    ):
        async with door():
            await record(world, storage, found, APPLY)
        with pytest.raises(Conflict) as refused:
            async with door():
                await grants.delete_grant(world.finance, found.program_id, found.grant_id, 1)
        assert refused.value.code == "grant-has-steps"


class TestCorrectStep:
    async def test_keeps_both_records_and_asks_for_confirmation_again(
        self, world: World, door: Door, found: Found, storage: Storage, behind: psycopg.Connection
    ):
        place = (found.program_id, found.grant_id)
        async with door():
            first = await record(world, storage, found, APPLY)
            await operations.confirm_step(world.approver, *place, first, NOW)
        wanted = StepInput("apply", date(2026, 5, 2), "水第1号", 820_000, "")
        async with door():
            correction = Correction(first, "日付と額の誤り")
            await operations.correct_step(world.finance, storage, *place, correction, wanted, None, NOW)
        async with door():
            recorded = await queries.steps(found.grant_id)
            (counting,) = effective(recorded)
            assert (len(recorded), counting.amount_yen, counting.waits) == (2, 820_000, True)
            with pytest.raises(NotToConfirm):
                await operations.correct_step(world.finance, storage, *place, correction, wanted, None, NOW)
        trail = behind.execute("SELECT before, after FROM audit_event WHERE action = 'correct_grant_step'").fetchall()
        assert trail[0][0]["amount_yen"] == 825_000
        assert trail[0][1]["reason"] == "日付と額の誤り"

    async def test_is_refused_when_it_breaks_a_later_record(
        self, world: World, door: Door, found: Found, storage: Storage
    ):
        place = (found.program_id, found.grant_id)
        async with door():
            first = await record(world, storage, found, APPLY)
            await operations.confirm_step(world.approver, *place, first, NOW)
            await record(world, storage, found, DECIDE)
        async with door():
            with pytest.raises(StepNotPossible) as refused:
                await operations.correct_step(
                    world.finance, storage, *place, Correction(first, "取下げ", withdrawn=True), APPLY, None, NOW
                )
            assert refused.value.code == "grant-step-breaks"

    async def test_leaves_no_way_to_change_a_record(
        self, world: World, door: Door, found: Found, storage: Storage, owner: psycopg.Connection
    ):
        async with door():
            await record(world, storage, found, APPLY)
        for statement in ("UPDATE grant_step SET amount_yen = 1", "DELETE FROM grant_step"):
            with pytest.raises(psycopg.Error):
                owner.execute(statement)


class TestTakingBack:
    async def test_what_two_confirmed_waits_for_another_officer_and_counts_until_then(
        self, world: World, door: Door, found: Found, storage: Storage
    ):
        place = (found.program_id, found.grant_id)
        async with door():
            first = await record(world, storage, found, APPLY)
            await operations.confirm_step(world.approver, *place, first, NOW)
        gone = Correction(first, "取下げ", withdrawn=True)
        async with door():
            taken = await operations.correct_step(world.finance, storage, *place, gone, APPLY, None, NOW)
        async with door():
            assert standing(await queries.steps(found.grant_id)).applied_yen == APPLY.amount_yen
            (task,) = await grant_tasks(world.approver, NOW.date())
            assert "交付申請の取消し" in task.title
            with pytest.raises(WaitsForConfirmation, match="交付申請の取消し"):
                await record(world, storage, found, DECIDE)
            with pytest.raises(NotToConfirm):
                await operations.correct_step(world.approver, storage, *place, gone, APPLY, None, NOW)
            with pytest.raises(SameOfficer):
                await operations.confirm_step(world.finance, *place, taken, NOW)
            await operations.confirm_step(world.approver, *place, taken, NOW)
            assert standing(await queries.steps(found.grant_id)).state == "new"
            assert list(await grant_tasks(world.approver, NOW.date())) == []

    async def test_is_no_way_round_by_correcting_first(self, world: World, door: Door, found: Found, storage: Storage):
        place = (found.program_id, found.grant_id)
        async with door():
            first = await record(world, storage, found, APPLY)
            await operations.confirm_step(world.approver, *place, first, NOW)
            second = await operations.correct_step(
                world.finance, storage, *place, Correction(first, "誤記"), APPLY, None, NOW
            )
        async with door():
            gone = Correction(second, "取下げ", withdrawn=True)
            await operations.correct_step(world.finance, storage, *place, gone, APPLY, None, NOW)
            assert standing(await queries.steps(found.grant_id)).state == "applied"

    async def test_can_be_refused_by_recording_the_step_again(
        self, world: World, door: Door, found: Found, storage: Storage
    ):
        place = (found.program_id, found.grant_id)
        async with door():
            first = await record(world, storage, found, APPLY)
            await operations.confirm_step(world.approver, *place, first, NOW)
            gone = Correction(first, "取下げ", withdrawn=True)
            taken = await operations.correct_step(world.finance, storage, *place, gone, APPLY, None, NOW)
        async with door():
            back = Correction(taken, "取り下げていない")
            again = await operations.correct_step(world.approver, storage, *place, back, APPLY, None, NOW)
            (counting,) = effective(await queries.steps(found.grant_id))
            assert (counting.id, counting.waits) == (again, True)

    async def test_what_nobody_confirmed_yet_needs_no_other(
        self, world: World, door: Door, found: Found, storage: Storage
    ):
        place = (found.program_id, found.grant_id)
        async with door():
            first = await record(world, storage, found, APPLY)
            gone = Correction(first, "入力の誤り", withdrawn=True)
            await operations.correct_step(world.finance, storage, *place, gone, APPLY, None, NOW)
            assert standing(await queries.steps(found.grant_id)).state == "new"
            await record(world, storage, found, APPLY)


class TestDeadlines:
    async def test_become_tasks_of_the_finance_officers(self, world: World, door: Door, found: Found, storage: Storage):
        wanted = ProcedureInput(date(2026, 4, 1), date(2027, 2, 28), date(2026, 12, 1), 30, None)
        async with door():
            place = (found.program_id, found.grant_id)
            await operations.save_procedure(world.finance, *place, wanted, 0)
            with pytest.raises(EditedMeanwhile):
                await operations.save_procedure(world.finance, *place, wanted, 0)
            (task,) = await grant_tasks(world.finance, NOW.date())
            assert (task.due_date, task.url) == (date(2026, 12, 1), found.url)
            await record(world, storage, found, APPLY)
            assert list(await grant_tasks(world.finance, NOW.date())) == []
            (task,) = await grant_tasks(world.approver, NOW.date())
            assert task.title.startswith("確認: デジタル交付金")
