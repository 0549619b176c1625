"""Pages of keys as a browser meets them."""

import html
import re
from typing import Any

import pytest

from billing.programs import operations as programs
from billing.programs.rules import MemberInput
from tenants.context import Role, Scope
from tenants.database.transaction import Pool, open_door
from tests.billing.keys.conftest import FoundProgram
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World

EVIL = '<script>alert("x")</script>'


def typed(basis_id: int, **changes: str) -> dict[str, str]:
    fields = {
        "name": "均等割3割・人口割7割",
        "method": "components",
        "weight-1": "3割",
        "basis-1": "equal",
        "weight-2": "7割",
        "basis-2": str(basis_id),
    }
    return {**fields, **{name.replace("_at_", "-"): text for name, text in changes.items()}}


@pytest.fixture
async def here(finance: Browser, program: tuple[int, int]) -> str:
    """The address of a saved key."""
    answer = await finance.post(f"/programs/{program[0]}/keys", typed(program[1]))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("?")[0]


class TestKeyList:
    async def test_shows_the_next_step_when_empty(self, finance: Browser, program: tuple[int, int]):
        page = await finance.get(f"/programs/{program[0]}/keys")
        assert "按分方法がまだありません" in page.text
        assert f'href="/programs/{program[0]}/keys/new"' in page.text

    async def test_says_each_key_in_a_sentence(self, finance: Browser, program: tuple[int, int], here: str):
        page = await finance.get(f"/programs/{program[0]}/keys")
        assert f'href="{here}"' in page.text
        assert page.text.count("均等割3割・人口割7割") == 2

    async def test_lets_others_of_the_prefecture_read_but_not_write(
        self, app: Any, world: World, program: tuple[int, int], here: str
    ):
        async with new_browser(app, world.people["280003", Role.LIAISON][1]) as liaison:
            page = await liaison.get(f"/programs/{program[0]}/keys")
            assert page.status_code == 200
            assert "登録する" not in page.text
            assert "内容を変える" not in (await liaison.get(here)).text
            assert (await liaison.get(f"{here}/edit")).status_code == 403
            assert (await liaison.post(f"{here}/deletion", {"version": "1"})).status_code == 403

    async def test_is_not_for_towns(self, app: Any, world: World, program: tuple[int, int]):
        async with new_browser(app, world.people["281000", Role.TOWN_FINANCE][1]) as town:
            assert (await town.get(f"/programs/{program[0]}/keys")).status_code in {403, 404}


class TestKeyForm:
    async def test_keeps_what_was_typed_and_says_what_is_wrong_at_every_field(
        self, finance: Browser, program: tuple[int, int]
    ):
        changes = {
            "name": EVIL,
            "weight_at_2": "ななわり",
            "basis_at_2": "999999999999999999999999",
            "members_at_1": f"{EVIL}\t1/2",
            "host_share": "5割",
            "unit_price_decimals": "十",
            "fixed": EVIL,
            "renormalise": "1",
        }
        page = await finance.post(f"/programs/{program[0]}/keys", typed(program[1], **changes))
        assert page.status_code == 422
        assert EVIL not in page.text
        for shown in (html.escape(EVIL, quote=False), "ななわり", "5割", "十"):
            assert shown in page.text.replace("&#34;", '"')
        for field in ("weight-2", "basis-2", "members-1", "host_code", "unit_price_decimals"):
            assert f'href="#field-{field}"' in page.text
            assert f'id="field-{field}"' in page.text
        assert re.search(r'name="renormalise" value="1" checked', page.text)

    async def test_forgets_a_tick_that_was_taken_away(self, finance: Browser, program: tuple[int, int]):
        fields = {"name": "固定", "method": "fixed", "fixed": "神戸市\t3\n姫路市\t1", "renormalise": "1"}
        bad = await finance.post(f"/programs/{program[0]}/keys", fields)
        assert bad.status_code == 422
        del fields["renormalise"]
        fields["fixed"] = "神戸市\t1/2"
        page = await finance.post(f"/programs/{program[0]}/keys", fields)
        assert page.status_code == 422
        assert "いまの合計 1/2" in page.text
        assert 'value="1" checked' not in page.text

    async def test_answers_a_name_used_before_at_the_name(self, finance: Browser, program: tuple[int, int], here: str):
        page = await finance.post(f"/programs/{program[0]}/keys", typed(program[1]))
        assert page.status_code == 422
        assert "同じ名前の按分方法" in page.text

    async def test_shows_a_saved_key_again_and_saves_the_change(
        self, finance: Browser, program: tuple[int, int], here: str
    ):
        page = await finance.get(f"{here}/edit")
        assert 'value="7/10"' in page.text
        answer = await finance.post(here, typed(program[1], version="1", members_at_2="猪名川町\t除外"))
        assert answer.status_code == 303, answer.text
        assert "1団体を除外" in (await finance.get(here)).text

    async def test_gives_more_rows_on_request_and_keeps_what_was_typed(
        self, finance: Browser, program: tuple[int, int]
    ):
        address = f"/programs/{program[0]}/keys"
        assert 'name="weight-6"' not in (await finance.get(f"{address}/new")).text
        eighths = {f"weight-{row}": "1/8" for row in range(1, 6)} | {f"basis-{row}": "equal" for row in range(1, 6)}
        page = await finance.post(address, {"name": "八つ", "method": "components", **eighths, "more": "1"})
        assert page.status_code == 200
        assert 'name="weight-10"' in page.text
        assert page.text.count('value="1/8"') == 5
        assert (await finance.get(address)).text.count("八つ") == 0
        more = {f"weight-{row}": "1/8" for row in range(6, 9)} | {f"basis-{row}": "equal" for row in range(6, 9)}
        answer = await finance.post(address, {"name": "八つ", "method": "components", **eighths, **more})
        assert answer.status_code == 303, answer.text
        here = answer.headers["location"].split("?")[0]
        page = await finance.get(f"{here}/edit")
        assert page.text.count('value="1/8"') == 8
        page = await finance.post(here, {"name": "八つ", "version": "1", "row_count": "8", "more": "1"})
        assert 'name="weight-13"' in page.text
        assert 'name="version" value="1"' in page.text

    async def test_gives_no_more_rows_than_a_case_file_takes(self, finance: Browser, program: tuple[int, int]):
        address = f"/programs/{program[0]}/keys"
        for count in ("100", "999", "9" * 400, "-1", "１０"):
            page = await finance.post(address, {"row_count": count, "more": "1"})
            assert page.status_code == 200
            assert 'name="weight-101"' not in page.text
        assert "行を増やす" not in (await finance.post(address, {"row_count": "100", "more": "1"})).text

    async def test_answers_a_stale_version_with_what_was_typed(
        self, finance: Browser, program: tuple[int, int], here: str
    ):
        await finance.post(here, typed(program[1], version="1"))
        page = await finance.post(here, typed(program[1], version="1", name="わたしの変更", host_share="あと"))
        assert page.status_code == 422
        page = await finance.post(here, typed(program[1], version="1", name="わたしの変更"))
        assert page.status_code == 409
        assert 'value="わたしの変更"' in page.text
        assert "ほかの人が内容を変更しました" in page.text

    async def test_treats_empty_and_hostile_posts_as_bad_input(self, finance: Browser, program: tuple[int, int]):
        address = f"/programs/{program[0]}/keys"
        assert (await finance.post(address, {})).status_code == 422
        assert (await finance.post(address, typed(program[1], name="あ" * 61))).status_code == 422
        assert (await finance.post(address, typed(program[1], weight_at_1="9" * 4000))).status_code == 422
        assert (await finance.post(address, typed(program[1], members_at_1="\x00"))).status_code == 422


class TestKeyPage:
    async def test_shows_every_share_and_a_sum_of_100_percent(self, finance: Browser, here: str):
        page = await finance.get(here)
        for words in ("67.5000 %", "32.5000 %", "75.0000 %", "100 %", "全体の 30 %", "400"):
            assert words in page.text

    async def test_names_missing_values_with_a_link_to_their_basis(
        self, finance: Browser, world: World, pool: Pool, program: tuple[int, int], here: str
    ):
        await _choose(world, pool, program[0], ("281000", "283011", "284467"))
        page = await finance.get(here)
        assert f'href="/programs/{program[0]}/bases/{program[1]}"' in page.text
        assert "神河町" in page.text
        assert "67.5000 %" not in page.text

    async def test_warns_when_somebody_it_weighs_left_the_program(
        self, finance: Browser, world: World, pool: Pool, program: tuple[int, int], here: str
    ):
        await finance.post(here, typed(program[1], version="1", members_at_1="猪名川町\t1/2"))
        await _choose(world, pool, program[0], ("281000",))
        assert "猪名川町(283011)" in (await finance.get(here)).text
        assert "参加していない団体あり" in (await finance.get(f"/programs/{program[0]}/keys")).text
        edit = await finance.get(f"{here}/edit")
        assert "猪名川町\t1/2" in edit.text
        refused = await finance.post(here, typed(program[1], version="2", members_at_1="猪名川町\t1/2"))
        assert refused.status_code == 422

    async def test_asks_for_members_when_there_are_none(
        self, finance: Browser, world: World, pool: Pool, program: tuple[int, int], here: str
    ):
        await _choose(world, pool, program[0], ())
        assert "構成団体を選ぶ" in (await finance.get(here)).text

    async def test_escapes_names(self, finance: Browser, program: tuple[int, int]):
        answer = await finance.post(f"/programs/{program[0]}/keys", typed(program[1], name=EVIL))
        for address in (answer.headers["location"], f"/programs/{program[0]}/keys"):
            page = await finance.get(address)
            assert EVIL not in page.text
            assert "&lt;script&gt;" in page.text

    async def test_is_not_found_under_another_program_or_with_a_malformed_id(
        self, finance: Browser, program: tuple[int, int], here: str, found_program: FoundProgram
    ):
        other, _ = await found_program("別の事業")
        key_id = here.rsplit("/", 1)[1]
        for address in (f"/programs/{other}/keys/{key_id}", "/programs/999/keys/1", f"/programs/{program[0]}/keys/0"):
            for path in (address, f"{address}/edit", f"{address}/deletion"):
                assert (await finance.get(path)).status_code == 404
            assert (await finance.post(address, typed(1, version="1"))).status_code == 404
            assert (await finance.post(f"{address}/deletion", {"version": "1"})).status_code == 404
        for malformed in ("abc", "-1", "1.0", "１", "9" * 30):
            assert (await finance.get(f"/programs/{program[0]}/keys/{malformed}")).status_code == 404
        assert (await finance.post(here, typed(program[1], version="x"))).status_code == 404


class TestKeyDeletion:
    async def test_asks_first_and_then_deletes(self, finance: Browser, program: tuple[int, int], here: str):
        assert "削除します" in (await finance.get(f"{here}/deletion")).text
        answer = await finance.post(f"{here}/deletion", {"version": "1"})
        assert answer.status_code == 303
        assert (await finance.get(here)).status_code == 404
        assert "按分方法を削除しました" in (await finance.get(answer.headers["location"])).text

    async def test_is_refused_while_a_cost_uses_it(self, finance: Browser, program: tuple[int, int], here: str):
        cost = {
            "name": "画像解析",
            "amount_yen": "1,000",
            "revenue_yen": "0",
            "tax_rate": "10/100",
            "eligible": "yes",
            "charge_kind": "key",
            "key_id": here.rsplit("/", 1)[1],
        }
        answer = await finance.post(f"/programs/{program[0]}/costs", cost)
        assert answer.status_code == 303, answer.text
        page = await finance.post(f"{here}/deletion", {"version": "1"})
        assert page.status_code == 409
        assert "画像解析" in page.text
        assert "画像解析" in (await finance.get(here)).text

    async def test_is_refused_when_somebody_changed_it(self, finance: Browser, program: tuple[int, int], here: str):
        await finance.post(here, typed(program[1], version="1"))
        assert (await finance.post(f"{here}/deletion", {"version": "1"})).status_code == 409


async def _choose(world: World, pool: Pool, program_id: int, codes: tuple[str, ...]) -> None:
    async with open_door(pool, Scope.PREFECTURE, 1):
        members = [MemberInput(world.tenants[code], 12, "1") for code in codes]
        await programs.choose_members(world.finance, program_id, members, 2)
