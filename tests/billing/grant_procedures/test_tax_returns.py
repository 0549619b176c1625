"""Consumption-tax returns from the request to the decision: operations, pages, walls."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pytest

from billing.grant_procedures.tax_returns import operations, queries
from billing.grant_procedures.tax_returns.rules import NoCalculation, ReturnInput
from billing.grant_procedures.tax_returns.tasks import tax_return_tasks
from billing.grants import queries as grants
from billing.programs import queries as programs
from billing.runs import operations as runs
from billing.runs import queries as run_queries
from billing.statements import issuing
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.errors import Conflict, Invalid
from tests.factories.browsers import Browser, new_browser
from tests.factories.programs import found_calculable
from tests.factories.worlds import NOW, World

DUE = date(2027, 6, 30)
Work = Callable[[], Awaitable[None]]


@dataclass
class Approved:
    """A program with an approved run, its grant, and the members' accounts."""

    program_id: int
    grant_id: int
    accounts: dict[int, str]

    @property
    def url(self) -> str:
        return f"/programs/{self.program_id}/grants/{self.grant_id}/procedure"


@pytest.fixture
async def program(world: World) -> Approved:
    """Three members; 神戸市 keeps the program in a general account, the others in enterprise accounts."""
    program_id = await found_calculable(world)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        (grant,) = await grants.grants(program_id)
        members = await programs.members(program_id)
    accounts = {one.tenant_id: "general" if one.code == "281000" else "enterprise" for one in members}
    return Approved(program_id, grant.id, accounts)


@pytest.fixture
async def approved(world: World, work: Work, program: Approved) -> Approved:
    """The same with an approved run."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        run_id = await runs.start_run(world.finance, program.program_id, "final", NOW)
    await work()
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await runs.submit_run(world.finance, run_id, NOW)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await issuing.approve_and_issue(world.approver, run_id, NOW, override_reason="確認は後日")
    return program


async def ask(world: World, found: Approved, due: date = DUE) -> int:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await operations.save_accounts(world.finance, found.program_id, found.accounts)
        program = await programs.program(found.program_id)
        grant = await grants.grant(found.program_id, found.grant_id)
        return await operations.ask_members(world.finance, program, grant, due, NOW)


class TestAskMembers:
    async def test_needs_an_approved_run_and_every_account(self, world: World, program: Approved):
        with pytest.raises(NoCalculation):
            await ask(world, program)

    async def test_asks_everybody_once_with_what_the_run_gave(
        self, world: World, approved: Approved, behind: psycopg.Connection
    ):
        kept = dict(approved.accounts)
        approved.accounts = dict(list(kept.items())[:1])
        with pytest.raises(Invalid):
            await ask(world, approved)
        approved.accounts = kept
        assert await ask(world, approved) == 3
        assert await ask(world, approved) == 0
        assert await ask(world, approved, date(2027, 7, 31)) == 3
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            asked = await queries.requests_of_grant(approved.grant_id)
            run = await run_queries.last_approved(approved.program_id)
            assert run
            assert run.result_json
            given = {
                one["code"]: one["grants"][f"g{approved.grant_id}"] for one in json.loads(run.result_json)["members"]
            }
        assert {one.code: one.grant_yen for one in asked} == given
        assert sum(given.values()) == 26_000_000
        # 52,000,001 yen with tax are shared; every share loses less than a yen of tax.
        assert 4_727_272 - 3 <= sum(one.tax_yen for one in asked) <= 4_727_272
        assert {one.due_date for one in asked} == {date(2027, 7, 31)}
        assert behind.execute("SELECT count(*) FROM audit_event WHERE action = 'ask_tax_return'").fetchone() == (12,)

    async def test_asks_nobody_anew_who_has_reported_when_only_the_day_changes(self, world: World, approved: Approved):
        assert await ask(world, approved) == 3
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            one, *_ = await queries.requests_of_grant(approved.grant_id)
            wanted = ReturnInput("none", one.tax_yen, "1", 0, "", "")
            await operations.report(world.finance, one.id, wanted, NOW)
        assert await ask(world, approved, date(2027, 7, 31)) == 2
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await operations.decide(world.approver, one.id, "", NOW, accepted=True)
        assert await ask(world, approved, date(2027, 8, 31)) == 2
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            kept = await queries.request(one.id)
        assert (kept.state, kept.due_date) == ("accepted", DUE)


class TestReport:
    async def test_goes_from_the_town_to_the_prefecture_and_back(self, world: World, approved: Approved):
        await ask(world, approved)
        town, tenant = world.context("283011", Role.TOWN_FINANCE), world.tenants["283011"]
        everything = ReturnInput("all", 10_001, "0", 0, "", "")
        async with open_door(world.pool, Scope.TOWN, tenant):
            (mine,) = await queries.requests_of_tenant(tenant)
            (task,) = await tax_return_tasks(town, NOW.date())
            assert task.url == f"/tax-returns/{mine.id}"
            assert await operations.report(town, mine.id, everything, NOW) == 5_000
            assert list(await tax_return_tasks(town, NOW.date())) == []
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            (task,) = await tax_return_tasks(world.finance, NOW.date())
            assert task.url == f"/tax-returns/{mine.id}"
            await operations.decide(world.finance, mine.id, "税額を確かめてください", NOW, accepted=False)
        async with open_door(world.pool, Scope.TOWN, tenant):
            assert (await queries.request(mine.id)).state == "returned"
            with pytest.raises(Invalid):
                await operations.report(town, mine.id, everything, NOW)
            again = ReturnInput("entered", 10_001, "0", 8_001, "", "税額の誤り")
            assert await operations.report(town, mine.id, again, NOW) == 4_000
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await operations.decide(world.finance, mine.id, "", NOW, accepted=True)
            with pytest.raises(Conflict):
                await operations.decide(world.finance, mine.id, "", NOW, accepted=True)
        async with open_door(world.pool, Scope.TOWN, tenant):
            with pytest.raises(Conflict):
                await operations.report(town, mine.id, again, NOW)

    async def test_entered_by_the_prefecture_is_accepted_by_another(self, world: World, approved: Approved):
        await ask(world, approved)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            first = (await queries.requests_of_grant(approved.grant_id))[0]
            await operations.report(world.finance, first.id, ReturnInput("none", 0, "0", 0, "", ""), NOW)
            with pytest.raises(Conflict):
                await operations.decide(world.finance, first.id, "", NOW, accepted=True)
            await operations.decide(world.approver, first.id, "", NOW, accepted=True)
            report = (await queries.request(first.id)).report
            assert report
            assert report.is_zero


class TestPages:
    async def test_lead_a_town_to_its_report(self, stored_app: Any, world: World, approved: Approved):
        await ask(world, approved)
        async with new_browser(stored_app, world.people["283011", Role.TOWN_FINANCE][1]) as town:
            page = await town.get("/tax-returns")
            (address,) = set(re.findall(r'href="(/tax-returns/\d+)"', page.text))
            assert "消費税の報告" in (await town.get("/")).text
            fields = {"method": "ratio", "tax_yen": "10001", "ratio": "2", "note": ""}
            wrong = await town.post(address, {**fields, "tax_yen": "-1"})
            assert wrong.status_code == 422
            for field in ("ratio", "tax_yen"):
                assert f'href="#field-{field}"' in wrong.text
            assert (await town.post(address, {**fields, "ratio": "90%"})).status_code == 303
            page = await town.get(address)
            assert "4,500円" in page.text
            assert "確認待ち" in page.text
            paper = await town.client.get(f"{address}/paper")
            assert paper.content.startswith(b"%PDF-")
            number = int(address.rsplit("/", 1)[1])
        async with new_browser(stored_app, world.people["284467", Role.TOWN_FINANCE][1]) as other:
            assert (await other.get(f"/tax-returns/{number}")).status_code == 404
            assert (await other.post(f"/tax-returns/{number}", {"method": "none"})).status_code == 404
        async with new_browser(stored_app, world.people["281000", Role.TOWN_FINANCE][1]) as general:
            (own,) = set(re.findall(r'href="(/tax-returns/\d+)"', (await general.get("/tax-returns")).text))
            refused = await general.post(own, {"method": "all", "tax_yen": "100"})
            assert refused.status_code == 422
            assert (await general.post(own, {"method": "none", "tax_yen": "100"})).status_code == 303

    async def test_show_the_prefecture_who_is_missing(
        self, stored_app: Any, finance: Browser, world: World, approved: Approved
    ):
        page = await finance.get(f"{approved.url}/tax-returns")
        assert "未依頼" in page.text
        refused = await finance.post(f"{approved.url}/tax-requests", {"due_date": "R9.6.30"})
        assert refused.status_code == 422
        assert "会計の区分が決まっていない" in refused.text
        missing = await finance.post(f"{approved.url}/tax-accounts", {})
        assert missing.status_code == 422
        fields = {f"account-{number}": account for number, account in approved.accounts.items()}
        assert (await finance.post(f"{approved.url}/tax-accounts", fields)).status_code == 303
        assert (await finance.post(f"{approved.url}/tax-requests", {"due_date": "R8.1.1"})).status_code == 422
        assert (await finance.post(f"{approved.url}/tax-requests", {"due_date": "R9.6.30"})).status_code == 303
        page = await finance.get(f"{approved.url}/tax-returns")
        assert "まだ報告のない団体(3団体)" in page.text
        address = re.findall(r'href="(/tax-returns/\d+)"', page.text)[0]
        assert (await finance.post(address, {"method": "none", "tax_yen": "0"})).status_code == 303
        async with new_browser(stored_app, world.people["280003:2", Role.PREFECTURE_FINANCE][1]) as colleague:
            silent = await colleague.post(f"{address}/decision", {"accepted": "0"})
            assert silent.status_code == 422
            assert 'href="#field-decision_reason"' in silent.text
            assert (await colleague.post(f"{address}/decision", {"accepted": "1"})).status_code == 303
        page = await finance.get(f"{approved.url}/tax-returns")
        assert "まだ報告のない団体(2団体)" in page.text
        assert "確認済み" in page.text
