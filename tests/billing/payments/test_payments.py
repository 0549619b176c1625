"""Charging, receipts and reminders on the real database: sums follow the valid statements, and nothing is changed."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from billing.payments import operations, queries
from billing.payments.imports import RECEIPTS, check_receipt
from billing.payments.listed import payment_list_of
from billing.payments.rules import (
    LevyFirst,
    NothingOverdue,
    NothingToLevy,
    NotOverdue,
    PapersUnfinished,
    ReceiptInput,
    ReversedAlready,
    status_code,
)
from billing.runs import operations as runs
from billing.statements import queries as statements
from billing.statements.issuing import approve_and_issue
from billing.statements.withdrawing import withdraw_with_statements
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.errors import Invalid, NotFound
from tenants.imports.rules import Outcome
from tenants.lists import queries as lists
from tenants.lists.rules import Wanted
from tests.factories.browsers import new_browser
from tests.factories.programs import found_calculable
from tests.factories.worlds import NOW, World

NOW_JST = NOW.astimezone(JST)
TODAY = NOW_JST.date()
Work = Callable[[], Awaitable[None]]
TOWN, OTHER = "283011", "284467"


async def _do(world: World, act: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        return await act(world.finance, *arguments)


async def _approved(world: World, program: int, work: Work) -> int:
    run_id: int = await _do(world, runs.start_run, program, "notice", NOW_JST)
    await work()
    await _do(world, runs.submit_run, run_id, NOW_JST)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await approve_and_issue(world.approver, run_id, NOW_JST)
    return run_id


@pytest.fixture
async def charged(world: World, work: Work) -> tuple[int, int]:
    """A program whose first run is approved, issued and charged; (program id, run id)."""
    program = await found_calculable(world)
    run_id = await _approved(world, program, work)
    await work()
    await _do(world, operations.levy_program, program, TODAY, "R8-1", NOW_JST)
    return program, run_id


async def _payments(world: World, program: int) -> list[Any]:
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        return await queries.payments(program)


async def _first(world: World, program: int) -> Any:
    return next(one for one in await _payments(world, program) if (one.tenant_code, one.number) == (TOWN, 1))


class TestLevy:
    async def test_charges_every_instalment_to_the_yen_of_the_statements(self, world: World, charged: tuple[int, int]):
        program, run_id = charged
        found = await _payments(world, program)
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            issued = {one.tenant_id: one.invoice_yen for one in await statements.statements_of_run(run_id)}
        sums: dict[int, int] = {}
        for one in found:
            sums[one.tenant_id] = sums.get(one.tenant_id, 0) + one.levied_yen
        assert sums == {tenant: yen for tenant, yen in issued.items() if yen}
        assert len(found) == 2 * len(sums)

    async def test_finds_nothing_twice(self, world: World, charged: tuple[int, int]):
        with pytest.raises(NothingToLevy):
            await _do(world, operations.levy_program, charged[0], TODAY, "", NOW_JST)

    async def test_waits_for_the_last_statement(self, world: World, work: Work):
        program = await found_calculable(world)
        await _approved(world, program, work)
        with pytest.raises(PapersUnfinished):
            await _do(world, operations.levy_program, program, TODAY, "", NOW_JST)
        assert await _payments(world, program) == []

    async def test_takes_everything_back_when_the_run_was_withdrawn(self, world: World, charged: tuple[int, int]):
        program, run_id = charged
        await _do(world, withdraw_with_statements, run_id, "誤りのため", NOW_JST)
        await _do(world, operations.levy_program, program, TODAY, "", NOW_JST)
        assert {one.levied_yen for one in await _payments(world, program)} == {0}

    async def test_is_kept_for_ever(self, charged: tuple[int, int], behind: psycopg.Connection):
        for statement in ("UPDATE levy SET amount_yen = 1", "DELETE FROM levy", "DELETE FROM receipt", "TRUNCATE levy"):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                behind.execute(statement)


class TestReceipt:
    async def test_settles_an_instalment_and_is_taken_back_with_a_reason(self, world: World, charged: tuple[int, int]):
        program, _ = charged
        one = await _first(world, program)
        receipt = await _do(world, operations.note_receipt, one.id, ReceiptInput(TODAY, one.levied_yen, "A-1"), NOW_JST)
        assert (await _first(world, program)).open_yen == 0
        await _do(world, operations.reverse_receipt, one.id, receipt, "別の団体の分", NOW_JST)
        assert (await _first(world, program)).open_yen == one.levied_yen
        with pytest.raises(ReversedAlready):
            await _do(world, operations.reverse_receipt, one.id, receipt, "もう一度", NOW_JST)

    async def test_refuses_a_number_that_stands_and_takes_it_again_after_a_reversal(
        self, world: World, charged: tuple[int, int]
    ):
        one = await _first(world, charged[0])
        first = await _do(world, operations.note_receipt, one.id, ReceiptInput(TODAY, 10, "A-1"), NOW_JST)
        with pytest.raises(Invalid) as refused:
            await _do(world, operations.note_receipt, one.id, ReceiptInput(TODAY, 10, "A-1"), NOW_JST)
        assert refused.value.code == "duplicate-reference"
        await _do(world, operations.reverse_receipt, one.id, first, "入力誤り", NOW_JST)
        await _do(world, operations.note_receipt, one.id, ReceiptInput(TODAY, 11, "A-1"), NOW_JST)
        assert (await _first(world, charged[0])).received_yen == 11

    async def test_refuses_tomorrow(self, world: World, charged: tuple[int, int]):
        one = await _first(world, charged[0])
        with pytest.raises(Invalid):
            await _do(world, operations.note_receipt, one.id, ReceiptInput(TODAY + timedelta(days=1), 1), NOW_JST)


class TestReminder:
    async def test_is_for_who_is_late_alone_and_tells_the_town(
        self, world: World, charged: tuple[int, int], behind: psycopg.Connection
    ):
        program, _ = charged
        later = NOW_JST + timedelta(days=1)
        pay_by = later.date() + timedelta(days=10)
        with pytest.raises(NothingOverdue):
            await _do(world, operations.remind_all, program, pay_by - timedelta(days=1), NOW_JST)
        one = await _first(world, program)
        with pytest.raises(NotOverdue):
            await _do(world, operations.remind, one.id, pay_by - timedelta(days=1), NOW_JST)
        due = [each for each in await _payments(world, program) if each.due_date == TODAY]
        assert await _do(world, operations.remind_all, program, pay_by, later) == len(due) > 0
        assert (await _first(world, program)).pay_by == pay_by
        told = behind.execute("SELECT count(*) FROM notice WHERE subject LIKE %s", ("%納付の確認%",)).fetchone()
        assert told is not None
        assert told[0] >= len({each.tenant_id for each in due})
        with pytest.raises(NothingOverdue):
            await _do(world, operations.remind_all, program, pay_by, later)

    async def test_waits_until_what_was_withdrawn_is_charged_no_more(self, world: World, charged: tuple[int, int]):
        program, run_id = charged
        later = NOW_JST + timedelta(days=1)
        pay_by = later.date() + timedelta(days=10)
        one = await _first(world, program)
        await _do(world, withdraw_with_statements, run_id, "誤りのため", NOW_JST)
        with pytest.raises(LevyFirst):
            await _do(world, operations.remind, one.id, pay_by, later)
        with pytest.raises(LevyFirst):
            await _do(world, operations.remind_all, program, pay_by, later)


class TestList:
    async def test_says_the_same_states_as_the_rules(self, world: World, charged: tuple[int, int]):
        program, _ = charged
        found = await _payments(world, program)
        sums = [found[0].levied_yen, found[1].levied_yen + 5, 1]
        for one, yen in zip(found, sums, strict=False):
            await _do(world, operations.note_receipt, one.id, ReceiptInput(TODAY, yen), NOW_JST)
        spec = payment_list_of(program)
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            today = await _today()
            rows = (await lists.fetch(world.finance, spec, Wanted(sort="code"))).rows
            said = {row["list_key"]: row["status"] for row in rows}
        assert len(set(said.values())) >= 3
        for one in await _payments(world, program):
            assert said.pop(one.id) == status_code(one.levied_yen, one.received_yen, one.due_date, today)
        assert not said


async def _today() -> date:
    from tenants.database.engine import current_door

    rows = await current_door().execute("SELECT (now() AT TIME ZONE 'Asia/Tokyo')::date AS day", ())
    day: date = rows[0]["day"]
    return day


class TestImport:
    async def test_takes_good_rows_and_names_what_is_wrong_with_the_others(
        self, world: World, charged: tuple[int, int]
    ):
        program, _ = charged
        row = {
            "code": TOWN,
            "name": "",
            "number": "第1期",
            "received_on": "R8.11.20",
            "amount_yen": "1,000円",
            "note": "",
        }
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            present = await RECEIPTS.present(world.finance, str(program), TODAY)
            good = check_receipt({**row, "reference": "Z-9"}, present)
            assert good.outcome is Outcome.NEW
            references = await RECEIPTS.apply(world.finance, str(program), [good], NOW_JST)
            present = await RECEIPTS.present(world.finance, str(program), TODAY)
            assert check_receipt({**row, "reference": "Z-9"}, present).outcome is Outcome.SAME
            for changes in ({"amount_yen": "999"}, {"received_on": "R8.11.19"}, {"number": "2"}):
                with pytest.raises(Invalid) as refused:
                    check_receipt({**row, "reference": "Z-9", **changes}, present)
                assert refused.value.code == "other-receipt"
            assert check_receipt({**row, "code": "合計"}, present).outcome is Outcome.SKIPPED
            again = check_receipt({**row, "reference": ""}, present)
            assert "確かめてください" in {label for label, _, _ in again.differences}
            back = check_receipt({**row, "amount_yen": "△500"}, present)
            assert back.values["amount_yen"] == -500
            for changes, field in (
                ({"code": "281000x"}, "code"),
                ({"number": "9"}, "number"),
                ({"number": "x"}, "number"),
                ({"received_on": "R9.1.1"}, "received_on"),
                ({"amount_yen": "0"}, "amount_yen"),
                ({"amount_yen": "=1+1"}, "amount_yen"),
                ({"reference": "x" * 61}, "reference"),
            ):
                with pytest.raises(Invalid) as refused:
                    check_receipt({**row, **changes}, present)
                assert field in refused.value.fields, changes
        assert (await _first(world, program)).received_yen == 1000
        await _do(world, RECEIPTS.undo, str(program), references, NOW_JST)
        assert (await _first(world, program)).received_yen == 0


class TestPages:
    async def test_lead_an_officer_from_charging_to_a_receipt(self, app: Any, world: World, charged: tuple[int, int]):
        program, _ = charged
        async with new_browser(app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
            listed = await one.get(f"/programs/{program}/payments")
            assert "未納(期限前)" in listed.text
            payment = (await _first(world, program)).id
            wrong = await one.post(
                f"/payments/{payment}/receipts", {"kind": "in", "amount_yen": "千円", "note": "控え"}
            )
            assert wrong.status_code == 422
            assert "控え" in wrong.text
            fields = {"kind": "in", "received_on": "R8.11.20", "amount_yen": "1,000", "reference": "", "note": ""}
            noted = await one.post(f"/payments/{payment}/receipts", fields)
            assert noted.headers["location"] == f"/payments/{payment}?done=receipt-noted"
            assert "取り消す" in (await one.get(f"/payments/{payment}")).text
            for path in ("/payments", "/payments?status=unpaid", f"/programs/{program}/payments?export=xlsx"):
                assert (await one.get(path)).status_code == 200, path
            again = await one.post(f"/programs/{program}/levies", {"levied_on": "R8.11.20", "levy_number": "番号1"})
            assert again.status_code == 409
            assert "番号1" in again.text

    async def test_are_not_there_for_towns_but_beside_their_statement(
        self, app: Any, world: World, charged: tuple[int, int], behind: psycopg.Connection
    ):
        payment = (await _first(world, charged[0])).id
        async with new_browser(app, world.people[TOWN, Role.TOWN_FINANCE][1]) as town:
            for path in ("/payments", f"/payments/{payment}"):
                assert (await town.get(path)).status_code in {403, 404}
            own = behind.execute("SELECT id FROM statement WHERE tenant_id = %s", (world.tenants[TOWN],)).fetchone()
            assert own is not None
            page = await town.get(f"/statements/{own[0]}")
            assert "収納の状況" in page.text

    async def test_of_what_is_not_there_are_not_found(self, world: World):
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            with pytest.raises(NotFound):
                await queries.payment(900000000000000001)
