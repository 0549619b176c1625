"""Disputes end to end on the real database: a town asks, the prefecture answers, another town sees nothing."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from billing.disputes import operations, queries
from billing.disputes.operations import Comment
from billing.disputes.rules import DisputeClosed, PeriodOver
from billing.disputes.sweeps import tell_prefecture
from billing.runs import operations as runs
from billing.runs import queries as run_queries
from billing.runs.obstacles import obstacles
from billing.statements import queries as statements
from billing.statements.issuing import approve_and_issue
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.errors import NotFound
from tenants.storage import Storage
from tests.factories.api_clients import give_token, new_program
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import NOW, World

TODAY = NOW.astimezone(JST)
Work = Callable[[], Awaitable[None]]
TOWN, OTHER = "283011", "284467"
ASKED = "給水人口の値が違うようです。"


@pytest.fixture
async def statement(world: World, program: int, work: Work) -> int:
    """The town's statement, issued."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        run_id = await runs.start_run(world.finance, program, "notice", TODAY)
    await work()
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await runs.submit_run(world.finance, run_id, TODAY)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await approve_and_issue(world.approver, run_id, TODAY)
    await work()
    async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN], read_only=True):
        (line,) = await statements.statements(world.tenants[TOWN])
    return line.id


async def _open(world: World, storage: Storage, statement: int, cost_id: str = "") -> int:
    async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
        town = world.context(TOWN, Role.TOWN_FINANCE)
        return await operations.open_dispute(town, storage, statement, cost_id, "objection", Comment(ASKED), TODAY)


class TestThePeriod:
    async def test_is_frozen_with_the_statement_and_a_later_rule_cannot_shorten_it(
        self, world: World, program: int, statement: int, storage: Storage
    ):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await operations.set_rule(world.finance, program, 1, 0)
        town = world.context(TOWN, Role.TOWN_FINANCE)
        async with open_door(world.pool, Scope.TOWN, town.tenant_id):
            line, _ = await statements.statement(statement)
            period = await queries.period_of(statement, line.issued_at)
            assert period.last_day == line.issued_at.astimezone(JST).date() + timedelta(days=14)
            late = line.issued_at + timedelta(days=15)
            with pytest.raises(PeriodOver):
                await operations.open_dispute(town, storage, statement, "", "inquiry", Comment(ASKED), late)
            on_time = line.issued_at + timedelta(days=14)
            assert await operations.open_dispute(town, storage, statement, "", "inquiry", Comment(ASKED), on_time)


class TestADispute:
    async def test_goes_to_and_fro_blocks_the_next_stage_and_ends_for_ever(
        self, world: World, program: int, statement: int, storage: Storage, behind: psycopg.Connection
    ):
        number = await _open(world, storage, statement)
        town = world.context(TOWN, Role.TOWN_FINANCE)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            next_run = await run_queries.run(
                await runs.start_run(world.finance, program, "final", TODAY, "人口の確定による")
            )
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            standing = [one for one in await obstacles(next_run) if one.code == "dispute-open"]
            assert [one.overridable for one in standing] == [True]
            await operations.reply(world.finance, storage, number, Comment("確かめます。"), TODAY)
        async with open_door(world.pool, Scope.TOWN, town.tenant_id):
            assert (await queries.dispute(number)).state == "answered"
            await operations.reply(town, storage, number, Comment("お願いします。"), TODAY)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            assert (await queries.dispute(number)).state == "open"
            await operations.decide_dispute(
                world.finance, storage, number, "next_run", Comment("次の計算で直します。"), TODAY
            )
            assert [one for one in await obstacles(next_run) if one.code == "dispute-open"] == []
        async with open_door(world.pool, Scope.TOWN, town.tenant_id):
            ended = await queries.dispute(number)
            assert (ended.state, ended.outcome_label) == ("closed", "次の計算で変更")
            assert [one.by_prefecture for one in await queries.messages(number)] == [False, True, False, True]
            with pytest.raises(DisputeClosed):
                await operations.reply(town, storage, number, Comment("もう一言"), TODAY)
        for change in (
            "UPDATE dispute SET state = 'open', outcome = '', closed_at = NULL",
            "DELETE FROM dispute",
        ):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                behind.execute(change)
        told = behind.execute("SELECT subject FROM notice WHERE tenant_id = %s ORDER BY id", (town.tenant_id,))
        assert [subject.split("】")[1].split(":")[0] for (subject,) in told.fetchall()][-2:] == [
            "異議に返信がありました",
            "異議が終了しました",
        ]

    async def test_is_not_found_for_another_town(self, world: World, statement: int, storage: Storage):
        number = await _open(world, storage, statement)
        stranger = world.context(OTHER, Role.TOWN_FINANCE)
        async with open_door(world.pool, Scope.TOWN, stranger.tenant_id):
            assert await queries.disputes() == []
            with pytest.raises(NotFound):
                await operations.reply(stranger, storage, number, Comment("x"), TODAY)
            with pytest.raises(NotFound):
                await operations.open_dispute(stranger, storage, statement, "", "inquiry", Comment("x"), TODAY)


class TestThePrefecture:
    async def test_is_told_once_of_every_comment(
        self, world: World, statement: int, storage: Storage, behind: psycopg.Connection
    ):
        number = await _open(world, storage, statement)
        assert await tell_prefecture(world.pool, TODAY) == 1
        town = world.context(TOWN, Role.TOWN_FINANCE)
        async with open_door(world.pool, Scope.TOWN, town.tenant_id):
            await operations.reply(town, storage, number, Comment("追って資料を出します。"), TODAY)
        assert await tell_prefecture(world.pool, TODAY) == 1
        assert await tell_prefecture(world.pool, TODAY) == 0
        told = behind.execute(
            "SELECT subject, count(*) FROM notice WHERE tenant_id = 1 AND url = %s GROUP BY 1 ORDER BY 1",
            (f"/disputes/{number}",),
        ).fetchall()
        assert [(subject.split("】")[1].split(":")[0], count) for subject, count in told] == [
            ("異議が届きました", 2),
            ("異議に返信がありました", 2),
        ]


class TestPages:
    async def test_lead_a_town_and_the_prefecture_through_it(
        self, world: World, program: int, statement: int, stored_app: Any, behind: psycopg.Connection
    ):
        async with new_browser(stored_app, world.people[TOWN, Role.TOWN_FINANCE][1]) as town:
            page = (await town.get(f"/statements/{statement}")).text
            assert "この行について質問・異議" in page
            line = page.split("/disputes/new?line=")[1].split('"')[0]
            wrong = await town.post(f"/statements/{statement}/disputes", {"line": line, "kind": "", "text": ASKED})
            assert wrong.status_code == 422
            assert ASKED in wrong.text
            number = await self._sent(town, statement, line)
            assert "理由.pdf" in (await town.get(f"/disputes/{number}")).text
            assert "共同調査" in (await town.get("/disputes?state=open")).text
            file = (await town.get(f"/disputes/{number}")).text.split(f'href="/disputes/{number}/messages/')[1]
            path = f"/disputes/{number}/messages/{file.split(chr(34))[0]}"
            assert (await town.get(path)).content.startswith(b"%PDF-")
        async with new_browser(stored_app, world.people[OTHER, Role.TOWN_FINANCE][1]) as other:
            for hidden in (f"/disputes/{number}", path, f"/statements/{statement}/disputes/new"):
                assert (await other.get(hidden)).status_code == 404
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as officer:
            assert "内容を見て回答する" in (await officer.get("/")).text
            assert "猪名川町" in (await officer.get(f"/disputes?state=open&program={program}")).text
            assert "猪名川町" not in (await officer.get("/disputes?state=closed")).text.split("<table")[-1]
            wrong = await officer.post(f"/disputes/{number}/closure", {"outcome": "", "answer": "出典のとおりです。"})
            assert wrong.status_code == 422
            assert "出典のとおりです。" in wrong.text
            done = await officer.post(f"/disputes/{number}/replies", {"text": "出典のとおりです。"})
            assert done.status_code == 303, done.text
            assert (await officer.get(f"/programs/{program}/dispute-period")).status_code == 200
            bad = await officer.post(f"/programs/{program}/dispute-period", {"days": "0", "version": "0"})
            assert bad.status_code == 422
            good = await officer.post(f"/programs/{program}/dispute-period", {"days": "20", "version": "0"})
            assert good.status_code == 303, good.text
        async with new_browser(stored_app, world.people[TOWN, Role.TOWN_FINANCE][1]) as town:
            assert "回答を確かめる" in (await town.get("/")).text
            assert (await town.post(f"/disputes/{number}/closure")).status_code == 303
            assert "団体が了承" in (await town.get(f"/disputes/{number}")).text
            behind.execute("SET session_replication_role = replica")
            behind.execute("UPDATE dispute_period SET last_day = '2026-01-31'")
            late = await town.post(f"/statements/{statement}/disputes", {"line": "", "kind": "inquiry", "text": ASKED})
            assert late.status_code == 409
            assert "受付期間は令和8年1月31日" in late.text
            assert "電話で連絡" in late.text
            assert ASKED in late.text

    async def _sent(self, town: Browser, statement: int, line: str) -> int:
        answer = await town.client.post(
            f"/statements/{statement}/disputes",
            data={"csrf_token": await town.csrf_token(), "line": line, "kind": "objection", "text": ASKED},
            files={"file": ("理由.pdf", b"%PDF-1.7 sample", "application/pdf")},
            headers={"sec-fetch-site": "same-origin"},
        )
        assert answer.status_code == 303, answer.text
        return int(answer.headers["location"].split("/disputes/")[1].split("?")[0])

    async def test_programs_do_the_same(self, world: World, statement: int, stored_app: Any):
        async with new_program(
            stored_app, await give_token(world.pool, world.context(TOWN, Role.TOWN_FINANCE), ["disputes:write"])
        ) as town:
            path = f"/statements/{statement}/disputes"
            wrong = await town.post(path, {"kind": "inquiry", "text": "x", "line": "none"})
            assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown-line")
            opened = await town.post(path, {"kind": "inquiry", "text": ASKED})
            assert opened.status_code == 201, opened.text
            number = opened.json()["dispute"]["id"]
            early = await town.post(f"/disputes/{number}/closure", {})
            assert (early.status_code, early.json()["code"]) == (409, "dispute-not-answered")
        async with new_program(stored_app, await give_token(world.pool, world.finance)) as officer:
            assert [one["id"] for one in (await officer.get("/disputes")).json()["items"]] == [number]
            closed = await officer.post(
                f"/disputes/{number}/closure", {"outcome": "unchanged", "answer": "出典のとおりです。"}
            )
            assert closed.json()["dispute"]["state"] == "closed"
