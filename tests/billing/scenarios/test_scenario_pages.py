"""Scenarios as a browser meets them: copy, change every part, compare, adopt; other roles see or do not see them."""

import io
import re
from html import unescape
from typing import Any

import openpyxl
import pytest

from billing.scenarios import queries
from billing.scenarios.rules import PARTS, ScenarioView
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World


def form_of(html: str, action: str) -> dict[str, Any]:
    """What the form that is sent to ``action`` would send as it stands."""
    (text,) = re.findall(rf'<form class="form" method="post" action="{re.escape(action)}".*?</form>', html, re.DOTALL)
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", text):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name is None or (re.search(r'type="(radio|checkbox)"', tag) and " checked" not in tag):
            continue
        found.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, body in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', text, re.DOTALL):
        found[name] = [unescape(body)]
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        found[name] = [chosen[1] if chosen else ""]
    return {name: values for name, values in found.items() if name not in {"csrf_token", "idempotency_key"}}


async def view(world: World, program: int, scenario: int) -> ScenarioView:
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        return await queries.scenario(program, scenario)


class TestCopying:
    async def test_leads_from_an_empty_list_to_a_scenario(self, finance: Browser, world: World, program: int):
        here = f"/programs/{program}/scenarios"
        assert "試算がまだありません" in (await finance.get(here)).text
        answer = await finance.post(here, {"source": "program", "name": "不採択なら", "note": "国の採択が未定"})
        assert answer.status_code == 303
        page = await finance.get(answer.headers["location"])
        for words in ("写しを作りました", "国の採択が未定", "登録内容", "まだ何も変えていません", "検算一致"):
            assert words in page.text
        listed = await finance.get(here)
        found = await view(world, program, int(re.search(r"/scenarios/(\d+)", answer.headers["location"])[1]))
        assert f"{found.burden_yen:,}" in listed.text

    async def test_keeps_what_was_typed_when_refused(self, finance: Browser, program: int, scenario: int):
        here = f"/programs/{program}/scenarios"
        answer = await finance.post(here, {"source": "run:999", "name": "", "note": "消えない"})
        assert answer.status_code == 422
        assert "消えない" in answer.text
        assert "試算の名前を入力してください" in answer.text
        assert "写すものを選んでください" in answer.text
        again = await finance.post(here, {"source": f"scenario:{scenario}", "name": "不採択なら", "note": ""})
        assert again.status_code == 422
        assert "同じ名前の試算" in again.text


class TestEditing:
    @pytest.mark.parametrize("part", PARTS)
    async def test_an_unchanged_form_changes_nothing(
        self, finance: Browser, world: World, program: int, scenario: int, part: str
    ):
        before = await view(world, program, scenario)
        action = f"/programs/{program}/scenarios/{scenario}/parts/{part}"
        fields = form_of((await finance.get(action)).text, action)
        answer = await finance.post(action, fields)
        assert answer.status_code == 303, answer.text
        after = await view(world, program, scenario)
        assert (after.case, after.result) == (before.case, before.result)

    async def test_shows_a_wrong_value_at_its_field_and_loses_nothing(
        self, finance: Browser, world: World, program: int, scenario: int
    ):
        (key,) = (await view(world, program, scenario)).case["keys"]
        action = f"/programs/{program}/scenarios/{scenario}/parts/keys"
        fields = form_of((await finance.get(action)).text, action)
        weight = f"keys.{key['id']}.components.0.weight"
        answer = await finance.post(action, {**fields, weight: "4/10", f"keys.{key['id']}.name": "別の名前"})
        assert answer.status_code == 422
        assert f'id="error-{weight}"' in answer.text
        assert "ちょうど1になっていません" in answer.text
        assert 'value="4/10"' in answer.text
        assert 'value="別の名前"' in answer.text

    async def test_keeps_a_case_that_is_wrong_elsewhere_and_links_to_the_place(
        self, finance: Browser, world: World, program: int, scenario: int
    ):
        here = f"/programs/{program}/scenarios/{scenario}"
        fields = form_of((await finance.get(f"{here}/parts/members")).text, f"{here}/parts/members")
        fields["takes_part"] = [one for one in fields["takes_part"] if one != "281000"]
        assert (await finance.post(f"{here}/parts/members", fields)).status_code == 303
        page = await finance.get(here)
        assert "この内容では計算できません" in page.text
        assert f'href="{here}/parts/costs"' in page.text
        found = await view(world, program, scenario)
        assert (found.result, found.burden_yen) == (None, None)
        costs = await finance.get(f"{here}/parts/costs")
        assert "構成団体ではありません" in costs.text
        fields = form_of(costs.text, f"{here}/parts/costs")
        direct = next(one["id"] for one in found.case["costs"] if "member" in one["charge"])
        assert (
            await finance.post(f"{here}/parts/costs", {**fields, f"costs.{direct}.removed": "1"})
        ).status_code == 303
        assert (await view(world, program, scenario)).burden_yen

    async def test_a_member_that_comes_back_brings_its_measures(
        self, finance: Browser, world: World, program: int, scenario: int
    ):
        before = await view(world, program, scenario)
        action = f"/programs/{program}/scenarios/{scenario}/parts/members"
        fields = form_of((await finance.get(action)).text, action)
        without = [one for one in fields["takes_part"] if one != "283011"]
        await finance.post(action, {**fields, "takes_part": without})
        left = await view(world, program, scenario)
        assert all("283011" not in one["values"] for one in left.case["bases"])
        await finance.post(action, {**fields, "version": [str(left.version)]})
        assert (await view(world, program, scenario)).result == before.result

    async def test_tells_a_late_edit_from_a_fresh_one(self, finance: Browser, program: int, scenario: int):
        action = f"/programs/{program}/scenarios/{scenario}/parts/settings"
        fields = form_of((await finance.get(action)).text, action)
        assert (await finance.post(action, {**fields, "instalments.count": "2"})).status_code == 303
        late = await finance.post(action, {**fields, "instalments.count": "4"})
        assert late.status_code == 409
        assert "いまの内容" in late.text


class TestComparison:
    async def test_sets_towns_side_by_side_and_exports_them(
        self, finance: Browser, world: World, program: int, scenario: int
    ):
        here = f"/programs/{program}/scenarios"
        action = f"{here}/{scenario}/parts/grants"
        fields = form_of((await finance.get(action)).text, action)
        (adopted,) = [name for name in fields if name.endswith(".adopted")]
        assert (await finance.post(action, {k: v for k, v in fields.items() if k != adopted})).status_code == 303
        found = await view(world, program, scenario)
        page = await finance.get(f"{here}/comparison?ids={scenario}")
        assert f"{found.burden_yen:,}" in page.text
        for words in ("案A", "いまの登録内容", "神戸市", "<title id=", "<desc id=", "構成団体の計", "+"):
            assert words in page.text
        assert page.text.count('fill="url(#bars-1)"') == len(found.case["members"]) + 1  # and the legend
        book = await finance.get(f"{here}/comparison/xlsx?ids={scenario}")
        sheet = openpyxl.load_workbook(io.BytesIO(book.content), data_only=True).worksheets[0]
        cells = {cell.value for row in sheet.iter_rows() for cell in row}
        assert {found.burden_yen, "神戸市", "構成団体の計"} <= cells

    async def test_refuses_too_many_and_does_not_know_others(self, finance: Browser, program: int, scenario: int):
        here = f"/programs/{program}/scenarios/comparison"
        assert "比べるものを選ぶ" in (await finance.get(here)).text
        too_many = await finance.get(here, params={"ids": [str(one) for one in range(1, 6)]})
        assert too_many.status_code == 422
        assert "4件まで" in too_many.text
        for ids in ("999999", "x"):
            assert (await finance.get(f"{here}?ids={ids}")).status_code == 404
        assert (await finance.get(f"{here}?ids={scenario}&base=approved")).status_code == 404


class TestOtherRoles:
    async def test_the_prefecture_reads_and_only_officers_change(
        self, app: Any, world: World, program: int, scenario: int
    ):
        here = f"/programs/{program}/scenarios"
        async with new_browser(app, world.people["280003", Role.LIAISON][1]) as liaison:
            assert "不採択なら" in (await liaison.get(here)).text
            page = await liaison.get(f"{here}/{scenario}")
            assert page.status_code == 200
            assert "登録内容に反映する" not in page.text
            assert (await liaison.get(f"{here}/{scenario}/parts/costs")).status_code in {403, 404}
            assert (await liaison.post(here, {"source": "program", "name": "x", "note": ""})).status_code in {403, 404}

    async def test_towns_see_nothing(self, app: Any, world: World, program: int, scenario: int):
        async with new_browser(app, world.people["281000", Role.TOWN_FINANCE][1]) as town:
            for path in ("", f"/{scenario}", f"/comparison?ids={scenario}", f"/comparison/xlsx?ids={scenario}"):
                assert (await town.get(f"/programs/{program}/scenarios{path}")).status_code in {403, 404}


class TestAdopting:
    async def test_shows_what_changes_and_leads_to_an_ordinary_run(
        self, finance: Browser, world: World, program: int, scenario: int
    ):
        here = f"/programs/{program}/scenarios/{scenario}"
        assert "登録内容と違うところはありません" in (await finance.get(f"{here}/adoption")).text
        refused = await finance.post(f"{here}/adoption", {"version": "1"})
        assert refused.status_code == 409
        assert "反映するものがありません" in refused.text
        fields = form_of((await finance.get(f"{here}/parts/grants")).text, f"{here}/parts/grants")
        without = {name: value for name, value in fields.items() if not name.endswith(".adopted")}
        assert (await finance.post(f"{here}/parts/grants", without)).status_code == 303
        page = await finance.get(f"{here}/adoption")
        for words in ("「交付金」", "採択(率 1/2)", "(なし)", "登録内容に反映する"):
            assert words in page.text
        done = await finance.post(f"{here}/adoption", form_of(page.text, f"{here}/adoption"))
        assert done.status_code == 303
        assert "ふだんどおり計算してください" in (await finance.get(done.headers["location"])).text
        assert "採用済み" in (await finance.get(f"/programs/{program}/scenarios")).text
        late = await finance.get(f"{here}/adoption")
        assert "写したあとに登録内容が変わったため、反映できません" in late.text
        assert late.text.count("「交付金」") >= 1

    async def test_a_scenario_is_renamed_and_deleted(self, finance: Browser, program: int, scenario: int):
        here = f"/programs/{program}/scenarios/{scenario}"
        wrong = await finance.post(here, {"name": "", "note": "残る", "version": "1"})
        assert wrong.status_code == 422
        assert "残る" in wrong.text
        assert (await finance.post(here, {"name": "新しい名前", "note": "", "version": "1"})).status_code == 303
        late = await finance.post(f"{here}/deletion", {"version": "1"})
        assert late.status_code == 409
        assert (await finance.post(f"{here}/deletion", {"version": "2"})).status_code == 303
        assert (await finance.get(here)).status_code == 404
