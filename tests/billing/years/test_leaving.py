"""Members leave on the database: refunds come out with statements, sums hold, and a new run is proposed first."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg

from billing.keys import operations as keys
from billing.keys.rules import KeyInput
from billing.notices.settings import operations as settings
from billing.programs import operations as programs
from billing.programs import queries as program_queries
from billing.programs.rules import MemberInput
from billing.runs import operations as runs
from tenants.context import Scope
from tenants.database.transaction import open_door
from tests.billing.years.conftest import TODAY, Issue
from tests.billing.years.test_calendar_pages import FIELDS
from tests.billing.years.test_stages import _contents
from tests.factories.api_clients import Program
from tests.factories.browsers import Browser
from tests.factories.programs import COMPLETE_NOTICE, found_basis, found_calculable, found_cost, found_program
from tests.factories.worlds import World

LEAVING = {"left_on": "2026-09-30", "reason": "単独で実施するため"}


async def _plan(finance: Browser, program: int) -> None:
    answer = await finance.post(f"/programs/{program}/calendar", {**FIELDS, "due-1": "2026-11-30"})
    assert answer.status_code == 303, answer.text


class TestLeaving:
    async def test_is_proposed_then_calculated_then_paid_back(
        self, finance: Browser, world: World, program: int, issue: Issue, behind: psycopg.Connection
    ):
        await _plan(finance, program)
        first = _contents(behind, await issue(program))
        fields = {**LEAVING, "member": str(world.tenants["283011"])}
        answer = await finance.post(f"/programs/{program}/departures", fields)
        assert answer.status_code == 303, answer.text
        assert "6か月" in (await finance.get(f"/programs/{program}/departures")).text
        assert "前回の計算から変わりました: 共同調査" in (await finance.get("/")).text
        for tab in ("", "/members", "/bases", "/keys", "/costs", "/grants", "/calendar", "/departures"):
            assert "前回の計算から変わりました(" in (await finance.get(f"/programs/{program}{tab}")).text, tab
        start = (await finance.get(f"/programs/{program}/runs")).text
        assert "猪名川町の月数 12か月→6か月(退会)</textarea>" in start

        second = _contents(behind, await issue(program, "final", "猪名川町の退会", TODAY + timedelta(days=30)))
        assert second["283011"]["difference_yen"] < 0
        assert second["281000"]["difference_yen"] > 0
        assert sum(one["gross_yen"] for one in first.values()) == sum(one["gross_yen"] for one in second.values())
        for code, one in second.items():
            assert sum(line["yen"] for line in one["schedule"]) == one["invoice_yen"]
            assert one["previous"]["invoice_yen"] == first[code]["invoice_yen"]
        assert "前回の計算から変わりました" not in (await finance.get(f"/programs/{program}")).text

    async def test_keeps_the_whole_year_where_the_rule_says_so(
        self, finance: Browser, world: World, program: int, issue: Issue
    ):
        await finance.post(f"/programs/{program}/calendar", {**FIELDS, "leaving_rule": "full_year"})
        await issue(program)
        await finance.post(f"/programs/{program}/departures", {**LEAVING, "member": str(world.tenants["283011"])})
        assert "前回の計算から変わりました" not in (await finance.get(f"/programs/{program}")).text

    async def test_pays_everything_back_to_who_is_no_member_any_more(
        self, world: World, finance: Browser, program: int, issue: Issue, behind: psycopg.Connection
    ):
        await _plan(finance, program)
        first = _contents(behind, await issue(program))
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            version = (await program_queries.program(program)).version
            stay = [MemberInput(world.tenants[code], 12, "1") for code in ("281000", "284467")]
            await programs.choose_members(world.finance, program, stay, version)
        second = _contents(behind, await issue(program, "final", "構成団体の変更", TODAY + timedelta(days=30)))
        gone = second["283011"]
        assert (gone["invoice_yen"], gone["difference_yen"]) == (0, -first["283011"]["invoice_yen"])
        assert sum(line["yen"] for line in gone["schedule"]) == 0
        assert sum(one["gross_yen"] for one in first.values()) == sum(one["gross_yen"] for one in second.values())
        assert "前回の計算から変わりました" not in (await finance.get(f"/programs/{program}")).text
        third = _contents(behind, await issue(program, "true_up", "精算", TODAY + timedelta(days=60)))
        assert third.keys() == {"281000", "284467"}

    async def test_keeps_who_is_gone_until_the_notice_of_the_refund_was_issued_too(
        self, world: World, finance: Browser, program: int, issue: Issue, behind: psycopg.Connection
    ):
        """The second run's notices are never issued: the third run asks for the refund, the fourth forgets."""
        await _plan(finance, program)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await settings.save_setting(
                world.finance, program, replace(COMPLETE_NOTICE, stages=("notice", "true_up")), 0
            )
        first = _contents(behind, await issue(program))
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            version = (await program_queries.program(program)).version
            stay = [MemberInput(world.tenants[code], 12, "1") for code in ("281000", "284467")]
            await programs.choose_members(world.finance, program, stay, version)
        issued = [_asked(behind)]
        later = (("final", "構成団体の変更"), ("true_up", "精算"), ("true_up", "精算の訂正"))
        runs_of_it = []
        for days, (stage, reason) in enumerate(later, start=1):
            runs_of_it.append(_contents(behind, await issue(program, stage, reason, TODAY + timedelta(days=30 * days))))
            issued.append(_asked(behind))
        whole = first["283011"]["invoice_yen"]
        assert [one.get("283011") for one in issued] == [whole, whole, 0, 0]
        assert [one.get("283011", {}).get("invoice_yen") for one in runs_of_it] == [0, 0, None]
        for code in ("281000", "284467"):
            assert issued[-1][code] == runs_of_it[-1][code]["invoice_yen"]

    async def test_is_refused_to_a_host_and_wants_a_member_a_day_and_a_reason(
        self, finance: Browser, world: World, program: int
    ):
        host = {"host": {"code": "281000", "share": "1/2"}, "components": [{"weight": "1", "basis": "equal"}]}
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await keys.create_key(world.finance, program, KeyInput("所在地割", host))
        refused = await finance.post(
            f"/programs/{program}/departures", {**LEAVING, "member": str(world.tenants["281000"])}
        )
        assert refused.status_code == 409
        assert "所在団体です" in refused.text
        wrong = await finance.post(f"/programs/{program}/departures", {"member": "999", "left_on": "2027-12-01"})
        assert wrong.status_code == 422
        for field in ("member", "left_on", "reason"):
            assert f'id="error-{field}"' in wrong.text, field

    async def test_can_be_taken_back_and_is_recorded_once(
        self, finance: Browser, world: World, program: int, behind: psycopg.Connection
    ):
        fields = {**LEAVING, "member": str(world.tenants["283011"])}
        await finance.post(f"/programs/{program}/departures", fields)
        assert (await finance.post(f"/programs/{program}/departures", fields)).status_code == 422
        (number,) = behind.execute("SELECT id FROM member_departure").fetchone() or (0,)
        assert (await finance.post(f"/programs/{program}/departures/{number}/deletion")).status_code == 303
        assert behind.execute("SELECT count(*) FROM member_departure").fetchone() == (0,)
        assert (await finance.post(f"/programs/{program}/departures/{number}/deletion")).status_code == 404


def _asked(behind: psycopg.Connection) -> dict[str, int]:
    """What all notices together ask for, by organisation code, in yen."""
    rows = behind.execute(
        "SELECT t.code, sum((page ->> 'amount_yen')::bigint)::bigint FROM notice_paper n "
        "JOIN tenant t ON t.id = n.tenant_id, jsonb_array_elements(n.content -> 'pages') page GROUP BY t.code"
    )
    return dict(rows.fetchall())


class TestAnotherYear:
    async def test_of_the_program_is_proposed_like_any_other_change(
        self, world: World, client: Program, program: int, issue: Issue
    ):
        """The papers that stand say another year than the program."""
        await issue(program)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            view = await program_queries.program(program)
            wanted = replace(view.settings, fiscal_year=2027)
            await programs.change_program(world.finance, program, wanted, view.version)
        told = (await client.get(f"/programs/{program}/changes")).json()
        assert (told["proposes"], told["changes"]) == (True, ["年度を変更"])


class TestUnitPrice:
    async def test_that_charges_who_left_is_approved_with_a_reason_only(
        self, finance: Browser, world: World, work: Any, behind: psycopg.Connection
    ):
        program = await found_program(world, "単価による事業")
        basis = await found_basis(world, program, {"281000": "3", "283011": "5"})
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            price = {"unit_price_decimals": 0, "components": [{"weight": "1", "basis": basis}]}
            key_id = await keys.create_key(world.finance, program, KeyInput("単価", price))
        await found_cost(world, program, "調査", 101, charge_kind="key", key_id=key_id)
        await _plan(finance, program)
        gone = {"member": str(world.tenants["283011"]), "left_on": "2026-03-31", "reason": "参加しないため"}
        assert (await finance.post(f"/programs/{program}/departures", gone)).status_code == 303
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            run_id = await runs.start_run(world.finance, program, "notice", TODAY)
        await work()
        assert "参加月数が0の猪名川町に1円が割り当てられています" in (await finance.get(f"/runs/{run_id}")).text


class TestLastYear:
    async def test_stands_on_the_statement_with_its_parts(
        self, finance: Browser, client: Program, world: World, issue: Issue, behind: psycopg.Connection
    ):
        old = await _program_of_the_year_before(world)
        program = await found_calculable(world)
        before = _contents(behind, await issue(old))
        await finance.post(f"/programs/{program}/calendar", {**FIELDS, "last_year_program_id": str(old)})
        behind.execute(
            "UPDATE cost SET amount_yen = amount_yen + 2000000 WHERE name = '解析' AND program_id = %s", (program,)
        )
        now = _contents(behind, await issue(program))
        town = now["283011"]
        assert town["last_year_yen"] == town["last_year"]["yen"] == before["283011"]["invoice_yen"]
        assert "経費 +2,000,000円" in town["last_year"]["parts"]
        (run_id,) = behind.execute("SELECT max(id) FROM run").fetchone() or (0,)
        preview = (await client.get(f"/runs/{run_id}/members/283011")).json()["content"]
        assert preview["last_year"] == town["last_year"]
        page = await finance.get(f"/statements/{town['_id']}")
        assert "前年との差 +" in page.text


async def _program_of_the_year_before(world: World) -> int:
    number = await found_calculable(world)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        view = await program_queries.program(number)
        settings = replace(view.settings, fiscal_year=2025, title="前の調査", due_date=None)
        await programs.change_program(world.finance, number, settings, view.version)
    return number


class TestApi:
    async def test_records_departures_and_tells_changes_and_payments(
        self, client: Program, finance: Browser, program: int, issue: Issue
    ):
        await _plan(finance, program)
        run_id = await issue(program)
        quiet = (await client.get(f"/programs/{program}/changes")).json()
        assert (quiet["last_run_id"], quiet["proposes"], quiet["changes"]) == (run_id, False, [])
        recorded = await client.post(f"/programs/{program}/departures", {"code": "283011", **LEAVING})
        assert recorded.status_code == 201, recorded.text
        assert (await client.get(f"/programs/{program}/changes")).json()["proposes"] is True
        listed: dict[str, Any] = (await client.get(f"/programs/{program}/departures")).json()
        assert [one["code"] for one in listed["items"]] == ["283011"]
        unknown = await client.post(f"/programs/{program}/departures", {"code": "289999", **LEAVING})
        assert unknown.status_code == 422
        gone = await client.post(f"/programs/{program}/departures/{recorded.json()['id']}/deletion")
        assert (gone.status_code, gone.json()["code"]) == (200, "283011")
        year = (await client.get(f"/runs/{run_id}/year")).json()
        assert [len(one["payments"]) for one in year["members"]] == [2, 2, 2]
