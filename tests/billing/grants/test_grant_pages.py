"""Pages of grants as a browser meets them."""

import re
from typing import Any

import pytest

from tenants.context import Role
from tests.billing.grants.conftest import FoundProgram
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World

EVIL = '<script>alert("x")</script>'


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "name": "デジタル交付金",
        "funder": "national",
        "rate": "1/2",
        "counted": "eligible",
        "tax": "included",
        "level": "program",
        "rounding_unit_yen": "1,000",
        "rounding_mode": "floor",
        **changes,
    }


@pytest.fixture
async def here(finance: Browser, program: tuple[int, list[int]]) -> str:
    """The address of a saved grant."""
    answer = await finance.post(f"/programs/{program[0]}/grants", typed())
    assert answer.status_code == 303, answer.text
    page = await finance.get(f"/programs/{program[0]}/grants")
    match = re.search(r'href="(/programs/\d+/grants/\d+)/edit"', page.text)
    assert match
    return match.group(1)


class TestGrantList:
    async def test_shows_the_next_step_when_empty(self, finance: Browser, program: tuple[int, list[int]]):
        page = await finance.get(f"/programs/{program[0]}/grants")
        assert "交付金がまだありません" in page.text

    async def test_shows_everything_in_words(self, finance: Browser, program: tuple[int, list[int]], here: str):
        fields = typed(
            name="県の補助金",
            funder="prefecture",
            rate="10%",
            level="member",
            cap_yen="3000000",
            member_cap_yen="500000",
            counted="listed",
            cost_ids=str(program[1][0]),
            tax="excluded",
        )
        assert (await finance.post(f"/programs/{program[0]}/grants", fields)).status_code == 303
        page = await finance.get(f"/programs/{program[0]}/grants")
        for words in (
            "デジタル交付金",
            "1/2",
            "補助対象 2件すべて",
            "1,000円未満切り捨て",
            "上限なし",
            "事業全体",
            "県の補助金",
            "1/10",
            "選んだ経費 1件",
            "消費税を除く",
            "団体ごと",
            "総額 3,000,000円まで",
            "1団体 500,000円まで",
        ):
            assert words in page.text

    async def test_warns_when_a_listed_cost_is_no_longer_eligible(
        self, finance: Browser, program: tuple[int, list[int]]
    ):
        fields = typed(counted="listed", cost_ids=str(program[1][0]))
        await finance.post(f"/programs/{program[0]}/grants", fields)
        address = f"/programs/{program[0]}/costs/{program[1][0]}"
        changed = {
            "name": "画像解析",
            "amount_yen": "1000",
            "tax_rate": "10/100",
            "eligible": "no",
            "charge_kind": "prefecture",
            "version": "1",
        }
        answer = await finance.post(address, changed)
        assert answer.status_code == 303, answer.text
        page = await finance.get(f"/programs/{program[0]}/grants")
        assert "補助対象でない経費あり" in page.text
        match = re.search(r'href="(/programs/\d+/grants/\d+/edit)"', page.text)
        assert match
        form = await finance.get(match.group(1))
        assert "補助対象ではありません。" in form.text

    async def test_lets_others_of_the_prefecture_read_but_not_write(
        self, app: Any, world: World, program: tuple[int, list[int]], here: str
    ):
        async with new_browser(app, world.people["280003", Role.PREFECTURE_ADMIN][1]) as one:
            page = await one.get(f"/programs/{program[0]}/grants")
            assert page.status_code == 200
            assert "上へ" not in page.text
            assert "登録する" not in page.text
            assert (await one.get(f"{here}/edit")).status_code == 403
            assert (await one.post(here, typed(version="1"))).status_code == 403
        async with new_browser(app, world.people["281000", Role.TOWN_FINANCE][1]) as town:
            assert (await town.get(f"/programs/{program[0]}/grants")).status_code in {403, 404}

    async def test_moves_and_answers_a_second_press_with_the_list(
        self, finance: Browser, program: tuple[int, list[int]], here: str
    ):
        await finance.post(f"/programs/{program[0]}/grants", typed(name="あとの補助金", funder="other"))
        move = {"position": "1", "direction": "down"}
        assert (await finance.post(f"{here}/position", move)).status_code == 303
        page = await finance.post(f"{here}/position", move)
        assert page.status_code == 409
        assert page.text.index("あとの補助金") < page.text.index("デジタル交付金")
        at_end = await finance.post(f"{here}/position", {"position": "2", "direction": "down"})
        assert at_end.status_code == 422
        assert (await finance.post(f"{here}/position", {})).status_code == 404


class TestGrantForm:
    async def test_keeps_what_was_typed_and_says_what_is_wrong_at_every_field(
        self, finance: Browser, program: tuple[int, list[int]]
    ):
        fields = typed(
            name="",
            funder="誰か",
            rate=EVIL,
            cap_yen="-5",
            member_cap_yen="千円",
            rounding_unit_yen="0",
            rounding_mode="",
            counted="listed",
            cost_ids=str(program[1][2]),
            level="",
            tax="",
        )
        page = await finance.post(f"/programs/{program[0]}/grants", fields)
        assert page.status_code == 422
        assert EVIL not in page.text
        assert "千円" in page.text
        for field in ("name", "funder", "rate", "cap_yen", "member_cap_yen", "rounding_unit_yen", "cost_ids", "level"):
            assert f'href="#field-{field}"' in page.text
            assert f'id="field-{field}"' in page.text
        assert "事務局経費" in page.text

    async def test_shows_the_national_ceiling_at_the_rate(
        self, finance: Browser, program: tuple[int, list[int]], here: str
    ):
        page = await finance.post(f"/programs/{program[0]}/grants", typed(name=EVIL, rate="1%"))
        assert page.status_code == 422
        assert "率の合計 51/100 が" in page.text
        assert EVIL not in page.text
        assert 'href="#field-rate"' in page.text

    async def test_shows_a_saved_grant_again_and_saves_the_change(
        self, finance: Browser, program: tuple[int, list[int]], here: str
    ):
        page = await finance.get(f"{here}/edit")
        assert 'value="1,000"' in page.text
        changed = typed(version="1", rate="2/5", counted="listed", cost_ids=[str(one) for one in program[1][:2]])
        assert (await finance.post(here, changed)).status_code == 303
        page = await finance.get(f"{here}/edit")
        assert 'value="2/5"' in page.text
        assert page.text.count(" checked") == 6  # funder, counted, two costs, tax, level

    async def test_answers_a_stale_version_with_what_was_typed(self, finance: Browser, here: str):
        await finance.post(here, typed(version="1"))
        page = await finance.post(here, typed(version="1", name="わたしの変更"))
        assert page.status_code == 409
        assert 'value="わたしの変更"' in page.text
        assert (await finance.post(f"{here}/deletion", {"version": "1"})).status_code == 409

    async def test_escapes_names_everywhere(self, finance: Browser, program: tuple[int, list[int]]):
        await finance.post(f"/programs/{program[0]}/grants", typed(name=EVIL))
        page = await finance.get(f"/programs/{program[0]}/grants")
        match = re.search(r'href="(/programs/\d+/grants/\d+)/edit"', page.text)
        assert match
        for address in (f"{match.group(1)}/edit", f"{match.group(1)}/deletion"):
            shown = await finance.get(address)
            assert EVIL not in shown.text + page.text
            assert "&lt;script&gt;" in shown.text

    async def test_says_where_to_mark_costs_when_none_is_eligible(
        self, finance: Browser, program: tuple[int, list[int]]
    ):
        for cost_id in program[1]:
            await finance.post(f"/programs/{program[0]}/costs/{cost_id}/deletion", {"version": "1"})
        page = await finance.get(f"/programs/{program[0]}/grants/new")
        assert "補助対象の経費がまだありません" in page.text
        refused = await finance.post(f"/programs/{program[0]}/grants", typed(counted="listed"))
        assert refused.status_code == 422


class TestGrantDeletion:
    async def test_asks_first_and_then_deletes(self, finance: Browser, program: tuple[int, list[int]], here: str):
        assert "削除します" in (await finance.get(f"{here}/deletion")).text
        assert (await finance.post(f"{here}/deletion", {"version": "1"})).status_code == 303
        assert "交付金がまだありません" in (await finance.get(f"/programs/{program[0]}/grants")).text


class TestForeignIds:
    async def test_are_not_found(
        self, finance: Browser, program: tuple[int, list[int]], here: str, found_program: FoundProgram
    ):
        other, _ = await found_program("別の事業")
        grant_id = here.rsplit("/", 1)[1]
        for address in (
            f"/programs/{other}/grants/{grant_id}",
            f"/programs/{program[0]}/grants/999999",
            "/programs/x/grants/1",
        ):
            for path in (f"{address}/edit", f"{address}/deletion"):
                assert (await finance.get(path)).status_code == 404
            assert (await finance.post(address, typed(version="1"))).status_code == 404
            assert (await finance.post(f"{address}/deletion", {"version": "1"})).status_code == 404
            moved = await finance.post(f"{address}/position", {"position": "1", "direction": "up"})
            assert moved.status_code == 404
