"""A year on the database: estimate, notice, true-up; each says what was told before, why it differs, what is due."""

import io
import json
import re
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from pypdf import PdfReader

from billing.runs import operations as runs
from billing.runs.decisions.rules import ApprovalBlocked
from billing.statements.issuing import approve_and_issue
from billing.years.stages.rules import ReasonMissing, StagePassed
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.errors import Invalid
from tests.billing.years.conftest import TODAY, Issue
from tests.billing.years.test_calendar_pages import FIELDS
from tests.factories.api_clients import Program
from tests.factories.browsers import Browser, new_browser
from tests.factories.programs import found_cost
from tests.factories.worlds import World


def _contents(behind: psycopg.Connection, run_id: int) -> dict[str, Any]:
    rows = behind.execute(
        "SELECT t.code, s.content, s.due_date, s.id FROM statement s JOIN tenant t ON t.id = s.tenant_id "
        "WHERE s.run_id = %s",
        (run_id,),
    ).fetchall()
    return {code: {**content, "_due": due, "_id": number} for code, content, due, number in rows}


async def _start(world: World, program: int, stage: str, reason: str = "") -> int:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        return await runs.start_run(world.finance, program, stage, TODAY, reason)


class TestStages:
    async def test_follow_each_other_and_a_later_run_says_why(self, world: World, program: int, issue: Issue):
        await issue(program, "notice")
        with pytest.raises(StagePassed, match="すでに「通知"):
            await _start(world, program, "estimate", "戻す")
        with pytest.raises(ReasonMissing):
            await _start(world, program, "final", "  ")
        with pytest.raises(Invalid, match="500文字まで"):
            await _start(world, program, "final", "あ" * 501)
        with pytest.raises(Invalid):
            await _start(world, program, "someday")
        assert await _start(world, program, "final", "人口の確定値による")

    async def test_puts_more_on_the_next_day_and_not_on_an_instalment_without_one(
        self, world: World, program: int, issue: Issue, finance: Browser, behind: psycopg.Connection
    ):
        answer = await finance.post(f"/programs/{program}/calendar", {**FIELDS, "due-1": ""})
        assert answer.status_code == 303, answer.text
        first = _contents(behind, await issue(program))
        behind.execute("UPDATE cost SET amount_yen = amount_yen + 2000000 WHERE name = '解析'")
        second = _contents(behind, await issue(program, "final", "経費の増", TODAY + timedelta(days=1)))
        for code, one in second.items():
            undated, dated = one["schedule"]
            assert (undated["due_date"], undated["difference_yen"]) == (None, 0)
            assert dated["due_date"] == "2027-03-31"
            assert dated["difference_yen"] == one["invoice_yen"] - first[code]["invoice_yen"] > 0

    async def test_keeps_what_a_run_continues_for_ever(
        self, world: World, program: int, issue: Issue, behind: psycopg.Connection
    ):
        run_id = await issue(program)
        assert behind.execute("SELECT previous_run_id FROM run_year WHERE run_id = %s", (run_id,)).fetchone() == (None,)
        for statement in ("UPDATE run_year SET reason = 'x'", "DELETE FROM run_year"):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                behind.execute(statement)

    async def test_of_two_runs_that_continue_the_same_only_one_is_approved(
        self, world: World, program: int, issue: Issue, work: Any
    ):
        await issue(program)
        late = await _start(world, program, "final", "一つ目")
        await work()
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await runs.submit_run(world.finance, late, TODAY)
        await issue(program, "final", "二つ目", TODAY + timedelta(minutes=5))
        with pytest.raises(ApprovalBlocked, match="新しく計算してください"):
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                await approve_and_issue(world.approver, late, TODAY)


class TestStatements:
    async def test_set_the_difference_off_and_tell_it_to_the_town(
        self,
        finance: Browser,
        world: World,
        stored_app: Any,
        program: int,
        issue: Issue,
        client: Program,
        behind: psycopg.Connection,
    ):
        await finance.post(f"/programs/{program}/calendar", {**FIELDS, "due-1": "2026-11-30"})
        first = _contents(behind, await issue(program, "notice"))
        assert [len(one["schedule"]) for one in first.values()] == [2, 2, 2]
        assert {one["_due"].isoformat() for one in first.values()} == {"2026-11-30"}
        assert all(one["previous"] is None and one["reason"] == "" for one in first.values())

        await found_cost(
            world, program, "追加の解析", 1_000_000, charge_kind="member", member_id=world.tenants["283011"]
        )
        later = TODAY + timedelta(days=30)
        second = _contents(behind, await issue(program, "final", "追加の解析を行ったため", later))
        town, before = second["283011"], first["283011"]
        assert town["previous"] == {"document_number": f"R8-{program}-1", "invoice_yen": before["invoice_yen"]}
        assert town["difference_yen"] == 1_000_000
        assert [one["difference_yen"] for one in town["schedule"]] == [0, 1_000_000]
        assert town["_due"].isoformat() == "2027-03-31"
        for one in second.values():
            assert sum(line["yen"] for line in one["schedule"]) == one["invoice_yen"]
            assert one["reason"] == "追加の解析を行ったため"
        (run_id,) = behind.execute("SELECT max(id) FROM run").fetchone() or (0,)
        preview = (await client.get(f"/runs/{run_id}/members/283011")).json()["content"]
        for part in ("schedule", "reason", "previous", "invoice_yen"):
            assert preview[part] == town[part], part

        async with new_browser(stored_app, world.people["283011", Role.TOWN_FINANCE][1]) as mayor:
            page = await mayor.get(f"/statements/{town['_id']}")
            for words in ("当初(前回通知)の額", "追加の解析を行ったため", "追徴", "令和9年3月31日"):
                assert words in page.text, words
            paper = await mayor.get(f"/statements/{town['_id']}/pdf")
            text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(paper.content)).pages)
            for words in ("追加の解析を行ったため", f"R8-{program}-1", "第2期"):
                assert words in text, words
            home = (await mayor.get("/")).text
            assert f"/statements/{before['_id']}" not in home

    async def test_pays_back_at_once_what_no_instalment_can_take(
        self, finance: Browser, world: World, program: int, issue: Issue, behind: psycopg.Connection
    ):
        await finance.post(f"/programs/{program}/calendar", {**FIELDS, "due-1": "2026-11-24", "due-2": "2026-11-30"})
        first = _contents(behind, await issue(program, "notice"))
        behind.execute("UPDATE cost SET amount_yen = 26000000 WHERE name = '解析'")
        second = _contents(behind, await issue(program, "true_up", "実績による", TODAY + timedelta(days=60)))
        for code, one in second.items():
            line = one["schedule"][-1]
            assert (line["number"], line["due_date"]) == (3, None)
            assert line["yen"] == one["invoice_yen"] - first[code]["invoice_yen"] < 0
            assert [each["difference_yen"] for each in one["schedule"][:2]] == [0, 0]


class TestPages:
    async def test_ask_for_the_reason_only_after_an_approved_run(
        self, finance: Browser, program: int, issue: Issue, behind: psycopg.Connection
    ):
        assert 'name="reason"' not in (await finance.get(f"/programs/{program}/runs")).text
        await issue(program, "notice")
        behind.execute("UPDATE cost SET amount_yen = amount_yen + 7654 WHERE charge_kind = 'member'")
        page = await finance.get(f"/programs/{program}/runs")
        (proposed,) = re.findall(r'<textarea[^>]*name="reason"[^>]*>([^<]*)<', page.text)
        assert proposed.strip() == "一つの団体だけが負担する経費を変更"
        assert "+7,654円" in page.text  # the officer reads all of it, the members not
        empty = await finance.post(f"/programs/{program}/runs", {"stage": "final", "reason": ""})
        assert empty.status_code == 422
        assert 'id="error-reason"' in empty.text
        early = await finance.post(f"/programs/{program}/runs", {"stage": "estimate", "reason": "戻す理由"})
        assert early.status_code == 409
        assert "戻す理由" in early.text
        started = await finance.post(f"/programs/{program}/runs", {"stage": "final", "reason": "人口の確定"})
        assert started.status_code == 303
        page = await finance.get(started.headers["location"].split("?")[0])
        assert "人口の確定" in page.text
        assert "通知(第1回)" in page.text
        kept = behind.execute("SELECT after FROM audit_event WHERE action = 'start_run' ORDER BY id DESC").fetchone()
        assert kept
        assert "人口の確定" in json.dumps(kept[0], ensure_ascii=False)

    async def test_show_the_year_of_each_program(self, finance: Browser, program: int, issue: Issue):
        run_id = await issue(program, "notice")
        page = await finance.get(f"/programs/{program}/calendar")
        assert f'href="/runs/{run_id}"' in page.text
        assert "次の段階へ進みました" in page.text


class TestApi:
    async def test_takes_the_reason(self, client: Program, program: int, issue: Issue):
        await issue(program, "notice")
        refused = await client.post(f"/programs/{program}/runs", {"stage": "final"})
        assert (refused.status_code, refused.json()["code"]) == (422, "reason-missing")
        passed = await client.post(f"/programs/{program}/runs", {"stage": "estimate", "reason": "x"})
        assert (passed.status_code, passed.json()["code"]) == (409, "stage-passed")
        started = await client.post(f"/programs/{program}/runs", {"stage": "final", "reason": "人口の確定"})
        assert started.status_code == 201
