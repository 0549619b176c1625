"""Runs on the real database: frozen, computed, decided by two people, issued to each member alone."""

import asyncio
import io
import json
import re
import zipfile
from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import Any

import openpyxl
import psycopg
import pytest
from pypdf import PdfReader

from billing.apportionment.case import CaseRefused
from billing.costs import operations as costs
from billing.runs import operations, queries
from billing.runs.rules import NotInThisState, RunView, SamePerson, figures
from billing.statements.issuing import approve_and_issue
from tenants.calendar import JST
from tenants.context import Role, Scope, TenantContext
from tenants.database.transaction import open_door
from tenants.documents.figures import decimal_text
from tenants.errors import Conflict
from tests.factories.browsers import Browser, new_browser
from tests.factories.databases import ClonedDatabase
from tests.factories.programs import found_calculable
from tests.factories.worlds import NOW, World

Work = Callable[[], Awaitable[None]]
TODAY = NOW.astimezone(JST)


async def _do(world: World, act: Callable[..., Awaitable[Any]], context: TenantContext, *arguments: Any) -> Any:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        return await act(context, *arguments)


async def _read(world: World, run_id: int) -> RunView:
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        return await queries.run(run_id)


async def _computed(world: World, program: int, work: Work) -> int:
    run_id: int = await _do(world, operations.start_run, world.finance, program, "notice", TODAY)
    await work()
    return run_id


async def _approved(world: World, program: int, work: Work) -> int:
    run_id = await _computed(world, program, work)
    await _do(world, operations.submit_run, world.finance, run_id, TODAY)
    await _do(world, approve_and_issue, world.approver, run_id, TODAY)
    await work()
    return run_id


class TestStartRun:
    async def test_computes_the_frozen_case_and_every_yen_is_borne(self, world: World, program: int, work: Work):
        run = await _read(world, await _computed(world, program, work))
        assert run.state == "computed"
        shown = figures(json.loads(run.case_json), json.loads(run.result_json or ""))
        assert shown.adds_up
        assert shown.net_yen == 52_000_001 + 880_000 + 1_320_000
        assert shown.sums.grant_yen == 26_000_000
        assert await operations.recomputes_to_the_same(run)

    async def test_does_not_change_when_a_cost_changes_afterwards(self, world: World, program: int, work: Work):
        before = await _read(world, await _computed(world, program, work))
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await costs.post_cost(
                world.finance,
                program,
                source="test",
                reference="後から",
                name="後から",
                amount_yen=1,
                charge_kind="prefecture",
            )
        after = await _read(world, before.id)
        assert (after.case_json, after.result_json) == (before.case_json, before.result_json)

    async def test_refuses_with_every_problem_and_stores_nothing(
        self, world: World, program: int, database: ClonedDatabase
    ):
        with psycopg.connect(database.superuser, autocommit=True) as behind:
            behind.execute("DELETE FROM basis_value WHERE member_id = %s", (world.tenants["283011"],))
            with pytest.raises(CaseRefused) as refused:
                await _do(world, operations.start_run, world.finance, program, "notice", TODAY)
            assert {one.code for one in refused.value.problems} == {"missing-basis-value"}
            assert behind.execute("SELECT count(*) FROM run").fetchone() == (0,)


class TestApprove:
    async def test_refuses_who_prepared_it(self, world: World, program: int, work: Work):
        run_id = await _computed(world, program, work)
        await _do(world, operations.submit_run, world.finance, run_id, TODAY)
        with pytest.raises(SamePerson):
            await _do(world, approve_and_issue, world.finance, run_id, TODAY)

    async def test_refuses_a_run_nobody_sent(self, world: World, program: int, work: Work):
        run_id = await _computed(world, program, work)
        with pytest.raises(NotInThisState):
            await _do(world, approve_and_issue, world.approver, run_id, TODAY)

    async def test_happens_once_when_many_approve_at_once(
        self, world: World, program: int, work: Work, database: ClonedDatabase
    ):
        run_id = await _computed(world, program, work)
        await _do(world, operations.submit_run, world.finance, run_id, TODAY)
        answers = await asyncio.gather(
            *(_do(world, approve_and_issue, world.approver, run_id, TODAY) for _ in range(8)), return_exceptions=True
        )
        assert [one for one in answers if not isinstance(one, Conflict)] == [None]
        with psycopg.connect(database.superuser) as behind:
            row = behind.execute("SELECT count(*) FROM audit_event WHERE action = 'approve_run'").fetchone()
            assert row == (1,)

    async def test_locks_the_run_also_for_the_owner_and_the_superuser(
        self, world: World, program: int, work: Work, database: ClonedDatabase
    ):
        run_id = await _approved(world, program, work)
        with psycopg.connect(database.superuser, autocommit=True) as behind:
            for statement in (
                "UPDATE run SET result_json = '{}' WHERE id = %s",
                "UPDATE run SET state = 'computed' WHERE id = %s",
                "DELETE FROM run WHERE id = %s",
                "UPDATE statement SET invoice_yen = 1 WHERE run_id = %s",
            ):
                with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                    behind.execute(statement, (run_id,))


async def _statement_of(one: Browser) -> str:
    match = re.search(r'href="(/statements/\d+)"', (await one.get("/statements")).text)
    assert match
    return match.group(1)


class TestIssue:
    async def test_gives_every_town_its_own_sheet_and_no_other(
        self, world: World, program: int, work: Work, stored_app: Any
    ):
        run_id = await _approved(world, program, work)
        run = await _read(world, run_id)
        members = {one["code"]: one for one in json.loads(run.result_json or "")["members"]}
        invoices = {code: one["invoice_yen"] for code, one in members.items()}
        urls = {}
        for code in ("281000", "283011", "284467"):
            async with new_browser(stored_app, world.people[code, Role.TOWN_FINANCE][1]) as one:
                urls[code] = await _statement_of(one)
                page = await one.get(urls[code])
                assert f"{invoices[code]:,}円" in page.text
                exact = {line["cost"]: Fraction(line["exact"]) for line in members[code]["lines"]}
                for share in exact.values():
                    assert f"{decimal_text(share, 4)} 円" in page.text
                    assert (f"<small>{share}</small>" in page.text) == (share.denominator > 1)
                book = await one.get(urls[code] + "/xlsx")
                assert openpyxl.load_workbook(io.BytesIO(book.content)).sheetnames
                paper = PdfReader(io.BytesIO((await one.get(urls[code] + "/pdf")).content))
                assert f"{invoices[code]:,}" in "".join(sheet.extract_text() for sheet in paper.pages)
        async with new_browser(stored_app, world.people["284467", Role.TOWN_FINANCE][1]) as one:
            for path in (urls["281000"], urls["281000"] + "/xlsx", urls["281000"] + "/pdf"):
                foreign, missing = await one.get(path), await one.get(re.sub(r"\d+", "999999", path))
                assert foreign.status_code == missing.status_code == 404
                assert foreign.content == missing.content
            assert (await one.get(f"/runs/{run_id}")).status_code == 403

    async def test_bundles_everything_for_the_prefecture(self, world: World, program: int, work: Work, stored_app: Any):
        run_id = await _approved(world, program, work)
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
            page = await one.get(f"/runs/{run_id}")
            assert "検算一致" in page.text
            assert "再計算一致" in (await one.get(f"/runs/{run_id}/verification")).text
            archive = zipfile.ZipFile(io.BytesIO((await one.get(f"/runs/{run_id}/archive")).content))
            assert len(archive.namelist()) == 3 * 2 + 1
            assert all(name.isascii() for name in archive.namelist())
            assert (await one.get(f"/runs/{run_id}/members/283011")).status_code == 200
            assert (await one.get(f"/runs/{run_id}/members/nobody")).status_code == 404


class TestPages:
    async def test_ask_for_every_approval_this_week_however_far_its_payment_lies(
        self, world: World, work: Work, behind: psycopg.Connection, stored_app: Any
    ):
        for number in (1, 2):
            program = await found_calculable(world)
            behind.execute(
                "UPDATE program SET title = %s, due_date = '2027-03-01'::date + %s WHERE id = %s",
                (f"調査{number}", number, program),
            )
            run_id = await _computed(world, program, work)
            await _do(world, operations.submit_run, world.finance, run_id, TODAY)
        async with new_browser(stored_app, world.people["280003:2", Role.PREFECTURE_FINANCE][1]) as two:
            home = (await two.get("/")).text
        assert ["承認: 調査1" in home, "承認: 調査2" in home] == [True, True]
        assert "今週の期限はありません" not in home

    async def test_lead_from_calculation_to_approval(self, world: World, program: int, work: Work, stored_app: Any):
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
            assert (await one.post(f"/programs/{program}/runs", {})).status_code == 422
            answer = await one.post(f"/programs/{program}/runs", {"stage": "notice"})
            assert answer.status_code == 303
            path = answer.headers["location"].split("?")[0]
            assert (await one.get(path)).status_code == 200
            await work()
            assert (await one.post(path + "/submission")).status_code == 303
            assert (await one.post(path + "/approval")).status_code == 409
        async with new_browser(stored_app, world.people["280003:2", Role.PREFECTURE_FINANCE][1]) as two:
            assert "承認: 共同調査" in (await two.get("/")).text
            assert (await two.post(path + "/return", {"reason": ""})).status_code == 422
            assert (await two.post(path + "/return", {"reason": "単価を確かめてください"})).status_code == 303
            assert "単価を確かめてください" in (await two.get(path)).text
