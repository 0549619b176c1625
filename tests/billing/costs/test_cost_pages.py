"""Pages of costs as a browser meets them."""

from typing import Any

import psycopg
import pytest

from billing.costs import operations, queries
from tenants.context import Role, Scope
from tenants.database.transaction import Pool, open_door
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World

FORM = {
    "name": "衛星画像解析業務",
    "amount_yen": "５２，０００，０００円",
    "revenue_yen": "0",
    "tax_rate": "10/100",
    "eligible": "yes",
    "charge_kind": "prefecture",
    "key_id": "",
    "member_id": "",
}


async def only_cost(pool: Pool, program_id: int) -> Any:
    async with open_door(pool, Scope.PREFECTURE, 1, read_only=True):
        (cost,) = await queries.costs(program_id)
    return cost


class TestCostPages:
    async def test_lead_from_an_empty_list_to_a_cost_and_its_end(self, finance: Browser, pool: Pool, program_id: int):
        here = f"/programs/{program_id}/costs"
        empty = await finance.get(here)
        assert "経費がまだありません" in empty.text
        assert "按分方法がまだありません" in (await finance.get(f"{here}/new")).text
        answer = await finance.post(here, FORM)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{here}?done=cost-created")
        cost = await only_cost(pool, program_id)
        assert (cost.amount_yen, cost.source, cost.eligible, cost.charge_kind) == (
            52_000_000,
            "page",
            True,
            "prefecture",
        )
        page = await finance.get(f"{here}?done=cost-created")
        for words in ("経費を登録しました", "52,000,000", "補助対象", "県負担", "うち補助対象"):
            assert words in page.text
        assert "52,000,000" in (await finance.get(f"{here}/{cost.id}/edit")).text
        member_id = await _member_option(finance, here, "猪名川町")
        changed = {**FORM, "charge_kind": "member", "member_id": member_id, "version": "1"}
        answer = await finance.post(f"{here}/{cost.id}", changed)
        assert answer.status_code == 303
        assert "個別負担: 猪名川町" in (await finance.get(here)).text
        assert "この経費を削除します" in (await finance.get(f"{here}/{cost.id}/deletion")).text
        assert (await finance.post(f"{here}/{cost.id}/deletion", {"version": "2"})).status_code == 303
        assert "経費がまだありません" in (await finance.get(here)).text

    async def test_split_a_cost_by_a_key_of_the_program(
        self, finance: Browser, pool: Pool, program_id: int, behind: psycopg.Connection
    ):
        row = behind.execute(
            "INSERT INTO cost_key (tenant_id, program_id, name, definition) "
            "VALUES (1, %s, '均等割3割・人口割7割', '{\"components\": []}') RETURNING id",
            (program_id,),
        ).fetchone()
        assert row
        here = f"/programs/{program_id}/costs"
        answer = await finance.post(here, {**FORM, "charge_kind": "key", "key_id": str(row[0])})
        assert answer.status_code == 303, answer.text
        assert "均等割3割・人口割7割" in (await finance.get(here)).text

    @pytest.mark.parametrize(
        ("field", "text", "words"),
        [
            ("amount_yen", "9223372036854775808", "円以下で入力してください"),
            ("amount_yen", "△5", "0円から"),
            ("amount_yen", "1.5", "小数は使えません"),
            ("revenue_yen", "５２，０００，００１", "特定財源が経費(52,000,000円)を上回っています"),
            ("charge_kind", "key", "按分方法を選んでください"),
            ("charge_kind", "member", "負担する団体を選んでください"),
            ("name", "", "経費の名前を入力してください"),
        ],
    )
    async def test_show_what_is_wrong_at_the_field_and_keep_what_was_typed(
        self, finance: Browser, pool: Pool, program_id: int, field: str, text: str, words: str
    ):
        answer = await finance.post(f"/programs/{program_id}/costs", {**FORM, "name": "めずらしい名前", field: text})
        assert answer.status_code == 422
        assert words in answer.text
        assert field == "name" or "めずらしい名前" in answer.text
        assert text in answer.text
        async with open_door(pool, Scope.PREFECTURE, 1, read_only=True):
            assert await queries.costs(program_id) == []

    async def test_refuse_a_character_no_record_can_hold(self, finance: Browser, program_id: int):
        answer = await finance.post(f"/programs/{program_id}/costs", {**FORM, "name": "a\x00b"})
        assert answer.status_code == 422

    async def test_show_html_in_names_as_text(self, finance: Browser, program_id: int):
        here = f"/programs/{program_id}/costs"
        name = '<script>alert("1")</script>'
        assert (await finance.post(here, {**FORM, "name": name})).status_code == 303
        page = await finance.get(here)
        assert name not in page.text
        assert "&lt;script&gt;" in page.text

    async def test_keep_what_was_typed_when_somebody_was_faster(self, finance: Browser, pool: Pool, program_id: int):
        here = f"/programs/{program_id}/costs"
        await finance.post(here, FORM)
        cost = await only_cost(pool, program_id)
        assert (await finance.post(f"{here}/{cost.id}", {**FORM, "version": "1"})).status_code == 303
        late = await finance.post(f"{here}/{cost.id}", {**FORM, "name": "おそい変更", "version": "1"})
        assert late.status_code == 409
        assert "おそい変更" in late.text
        assert "ほかの人が内容を変更しました" in late.text
        assert (await finance.post(f"{here}/{cost.id}/deletion", {"version": "1"})).status_code == 409

    async def test_do_not_find_another_programs_cost(
        self, finance: Browser, pool: Pool, program_id: int, found_program: Any
    ):
        await finance.post(f"/programs/{program_id}/costs", FORM)
        cost = await only_cost(pool, program_id)
        other = await found_program("別の事業")
        for cost_id in (str(cost.id), "0", "-1", "abc", "９", "9" * 30):
            here = f"/programs/{other}/costs/{cost_id}"
            assert (await finance.get(f"{here}/edit")).status_code == 404
            assert (await finance.get(f"{here}/deletion")).status_code == 404
            assert (await finance.post(here, {**FORM, "version": "1"})).status_code == 404
            assert (await finance.post(f"{here}/deletion", {"version": "1"})).status_code == 404
        assert (await finance.get("/programs/999999/costs")).status_code == 404

    async def test_say_where_a_posted_cost_came_from(self, finance: Browser, world: World, pool: Pool, program_id: int):
        async with open_door(pool, Scope.PREFECTURE, 1):
            cost_id = await operations.post_cost(
                world.finance,
                program_id,
                source="contracts",
                reference="R8-17",
                name="調査業務",
                amount_yen=5,
                charge_kind="prefecture",
            )
        page = await finance.get(f"/programs/{program_id}/costs/{cost_id}/edit")
        assert "R8-17" in page.text

    async def test_let_liaisons_read_and_towns_see_nothing(self, app: Any, world: World, program_id: int):
        here = f"/programs/{program_id}/costs"
        async with new_browser(app, world.people["280003", Role.LIAISON][1]) as liaison:
            page = await liaison.get(here)
            assert page.status_code == 200
            assert "経費を登録する" not in page.text
            assert (await liaison.get(f"{here}/new")).status_code == 403
            assert (await liaison.post(here, FORM)).status_code == 403
        async with new_browser(app, world.people["281000", Role.TOWN_FINANCE][1]) as town:
            assert (await town.get(here)).status_code == 403


async def _member_option(browser: Browser, here: str, name: str) -> str:
    page = (await browser.get(f"{here}/new")).text
    before = page[: page.index(f">{name}(")]
    return before[before.rindex('value="') + 7 :].split('"')[0]
