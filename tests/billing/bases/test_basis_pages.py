"""Pages of bases as a browser meets them: the list, values by hand, values from a spreadsheet."""

import re
from typing import Any

import psycopg
import pytest

from billing.bases import queries
from tenants.context import Role, Scope
from tenants.database.transaction import Pool, open_door
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World

FORM = {"name": "人口", "unit": "人", "as_of": "令和２年１０月１日", "source": "令和2年国勢調査"}


@pytest.fixture
async def here(finance: Browser, program_id: int) -> str:
    """The address of a basis."""
    answer = await finance.post(f"/programs/{program_id}/bases", FORM)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("?")[0]


async def stored(pool: Pool, program_id: int) -> dict[str, str]:
    async with open_door(pool, Scope.PREFECTURE, 1, read_only=True):
        (values,) = (await queries.basis_values(program_id)).values()
    return values


def fields_of(page: str) -> dict[str, str]:
    """The value fields of the page by member name."""
    return {name: field for field, name in re.findall(r'name="(value-\d+)"[^>]*aria-label="(\S+?)の値', page)}


def version_of(page: str) -> str:
    match = re.search(r'name="version" value="(\d+)"', page)
    assert match, page
    return match.group(1)


class TestBasisList:
    async def test_shows_the_built_in_basis_and_the_next_step(self, finance: Browser, program_id: int):
        page = await finance.get(f"/programs/{program_id}/bases")
        for words in ("均等", "最初から用意されています", "按分基準を登録する"):
            assert words in page.text

    async def test_names_who_has_no_value_yet(self, finance: Browser, program_id: int, here: str):
        page = await finance.get(f"/programs/{program_id}/bases")
        for words in ("2団体のうち0団体", "値が足りない団体: 神戸市、猪名川町", "令和2年10月1日", "令和2年国勢調査"):
            assert words in page.text

    async def test_lets_liaisons_read_only_and_towns_not_at_all(
        self, app: Any, world: World, program_id: int, here: str
    ):
        async with new_browser(app, world.people["280003", Role.LIAISON][1]) as liaison:
            page = await liaison.get(here)
            assert page.status_code == 200
            assert not fields_of(page.text)
            assert "按分基準を登録する" not in (await liaison.get(f"/programs/{program_id}/bases")).text
            for path in ("/edit", "/deletion", "/paste"):
                assert (await liaison.get(here + path)).status_code == 403
            for path in ("", "/values", "/deletion", "/preview", "/paste"):
                assert (await liaison.post(here + path, {"version": "1"})).status_code == 403
        async with new_browser(app, world.people["281000", Role.TOWN_FINANCE][1]) as town:
            assert (await town.get(here)).status_code == 403


class TestBasisForm:
    @pytest.mark.parametrize(
        ("field", "text", "words"),
        [
            ("name", "", "按分基準の名前を入力してください"),
            ("name", "均等", "最初から用意されています"),
            ("name", "あ" * 61, "60文字まで"),
            ("unit", "１００人", "単位は数字や記号で始めないでください"),
            ("as_of", "R2.2.30", "存在しない日付です"),
            ("as_of", "9" * 40, "日付として読み取れません"),
            ("source", " ", "出典を入力してください"),
        ],
    )
    async def test_shows_what_is_wrong_and_keeps_what_was_typed(
        self, finance: Browser, program_id: int, field: str, text: str, words: str
    ):
        answer = await finance.post(f"/programs/{program_id}/bases", {**FORM, "source": "めずらしい出典", field: text})
        assert answer.status_code == 422
        assert words in answer.text
        assert field == "source" or "めずらしい出典" in answer.text

    async def test_refuses_a_name_used_before_at_the_field(self, finance: Browser, program_id: int, here: str):
        answer = await finance.post(f"/programs/{program_id}/bases", FORM)
        assert answer.status_code == 422
        assert "同じ名前の按分基準がすでにあります" in answer.text

    async def test_shows_html_in_names_as_text(self, finance: Browser, program_id: int):
        name = "<img src=x onerror=alert(1)>"
        answer = await finance.post(f"/programs/{program_id}/bases", {**FORM, "name": name, "unit": "<b>"})
        assert answer.status_code == 303
        for path in (answer.headers["location"], f"/programs/{program_id}/bases"):
            page = await finance.get(path)
            assert name not in page.text
            assert "&lt;img" in page.text

    async def test_keeps_what_was_typed_when_somebody_was_faster(self, finance: Browser, here: str):
        assert (await finance.post(here, {**FORM, "version": "1"})).status_code == 303
        late = await finance.post(here, {**FORM, "source": "おそい変更", "version": "1"})
        assert late.status_code == 409
        assert "おそい変更" in late.text
        assert "ほかの人が内容を変更しました" in late.text

    async def test_refuses_a_character_no_record_can_hold(self, finance: Browser, program_id: int, here: str):
        assert (await finance.post(f"/programs/{program_id}/bases", {**FORM, "name": "a\x00"})).status_code == 422
        assert (await finance.post(f"{here}/preview", {"rows": "281000\t\x00"})).status_code == 422


class TestValues:
    async def test_are_saved_all_at_once(self, finance: Browser, pool: Pool, program_id: int, here: str):
        page = await finance.get(here)
        fields = fields_of(page.text)
        typed = {fields["神戸市"]: "１，５２５，１５２ 人", fields["猪名川町"]: "", "version": version_of(page.text)}
        answer = await finance.post(f"{here}/values", typed)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{here}?done=basis-values-saved")
        assert await stored(pool, program_id) == {"281000": "1525152"}
        page = await finance.get(here)
        for words in ("1,525,152", "100.0000 %", "値が足りない団体: 猪名川町", "県 財政担当 280003"):
            assert words in page.text
        again = {fields["神戸市"]: "1525152", fields["猪名川町"]: "0", "version": "2"}
        assert (await finance.post(f"{here}/values", again)).status_code == 303
        assert await stored(pool, program_id) == {"281000": "1525152", "283011": "0"}

    async def test_say_when_nothing_changed(self, finance: Browser, here: str):
        answer = await finance.post(f"{here}/values", {"version": "1"})
        assert answer.headers["location"].endswith("basis-values-same")

    async def test_show_what_is_wrong_at_the_field_and_keep_everything_typed(
        self, finance: Browser, pool: Pool, program_id: int, here: str
    ):
        fields = fields_of((await finance.get(here)).text)
        for text in ("-1", "9223372036854775808", "abc", "5世帯", "<b>5"):
            typed = {fields["神戸市"]: "１２３４５", fields["猪名川町"]: text, "version": "1"}
            answer = await finance.post(f"{here}/values", typed)
            assert answer.status_code == 422
            assert "猪名川町: " in answer.text
            assert "１２３４５" in answer.text
            assert "<b>5" not in answer.text
        assert await stored(pool, program_id) == {}

    async def test_keep_what_was_typed_when_somebody_was_faster(self, finance: Browser, here: str):
        fields = fields_of((await finance.get(here)).text)
        assert (await finance.post(f"{here}/values", {fields["神戸市"]: "5", "version": "1"})).status_code == 303
        late = await finance.post(f"{here}/values", {fields["神戸市"]: "777777", "version": "1"})
        assert late.status_code == 409
        assert "777777" in late.text

    async def test_of_another_program_are_not_found(
        self, finance: Browser, here: str, program_id: int, found_program: Any
    ):
        other = await found_program("別の事業")
        basis_id = here.rsplit("/", 1)[1]
        for one in (basis_id, "0", "-1", "abc", "９", "9" * 30, "equal"):
            address = f"/programs/{other}/bases/{one}"
            for path in ("", "/edit", "/deletion", "/paste"):
                assert (await finance.get(address + path)).status_code == 404
            for path in ("", "/values", "/deletion", "/preview", "/paste"):
                assert (await finance.post(address + path, {**FORM, "version": "1"})).status_code == 404


class TestPaste:
    async def test_shows_what_would_change_before_it_is_saved(
        self, finance: Browser, pool: Pool, program_id: int, here: str
    ):
        fields = fields_of((await finance.get(here)).text)
        await finance.post(f"{here}/values", {fields["神戸市"]: "1000000", "version": "1"})
        assert "内容を確かめる" in (await finance.get(f"{here}/paste")).text
        text = "団体コード\t人口\r\n281000\t１，５２５，１５２\r\n283011\t29680人\r\n合計\t1554832"
        page = await finance.post(f"{here}/preview", {"rows": text})
        assert page.status_code == 200
        for words in (
            "1,000,000",
            "1,525,152",
            "+52.5 %",
            "大きく変わります",
            "新しく入る",
            "1,554,832",
            "読み飛ばします",
        ):
            assert words in page.text
        assert await stored(pool, program_id) == {"281000": "1000000"}
        answer = await finance.post(f"{here}/paste", {"rows": text, "version": version_of(page.text)})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{here}?done=basis-values-saved")
        assert await stored(pool, program_id) == {"281000": "1525152", "283011": "29680"}

    async def test_saves_good_lines_and_gives_bad_ones_back(
        self, finance: Browser, pool: Pool, program_id: int, here: str
    ):
        text = "281000\t5\n猪名川\t7\n28301\t29680\n284467\t<i>"
        page = await finance.post(f"{here}/preview", {"rows": text})
        for words in ("「28301」は団体コードではありません。6桁で入力してください", "3行は保存されません", "&lt;i&gt;"):
            assert words in page.text
        answer = await finance.post(f"{here}/paste", {"rows": text, "version": version_of(page.text)})
        assert answer.status_code == 200
        assert "1団体の値を保存しました。読み取れなかった3行が残っています" in answer.text
        kept = answer.text[answer.text.index("<textarea") : answer.text.index("</textarea>")]
        assert "28301\t29680" in kept
        assert "281000" not in kept
        assert await stored(pool, program_id) == {"281000": "5"}

    async def test_offers_nothing_to_save_when_no_line_is_good(self, finance: Browser, here: str):
        page = await finance.post(f"{here}/preview", {"rows": "28301\t5"})
        assert page.status_code == 200
        assert "保存できる行がありません" in page.text
        assert "この内容で保存" not in page.text

    async def test_asks_for_something_to_read(self, finance: Browser, here: str):
        for path in ("/preview", "/paste"):
            answer = await finance.post(here + path, {"rows": " \n", "version": "1"})
            assert answer.status_code == 422
            assert "貼り付けた内容がありません" in answer.text

    async def test_loses_nothing_when_somebody_was_faster(
        self, finance: Browser, pool: Pool, program_id: int, here: str
    ):
        fields = fields_of((await finance.get(here)).text)
        await finance.post(f"{here}/values", {fields["神戸市"]: "8", "version": "1"})
        late = await finance.post(f"{here}/paste", {"rows": "281000\t5\n28301\t6", "version": "1"})
        assert late.status_code == 409
        assert "281000\t5" in late.text
        assert "28301\t6" in late.text
        assert await stored(pool, program_id) == {"281000": "8"}


class TestDeletion:
    async def test_asks_first_and_deletes(self, finance: Browser, program_id: int, here: str):
        assert "すべて削除します" in (await finance.get(f"{here}/deletion")).text
        assert (await finance.post(f"{here}/deletion", {"version": "9"})).status_code == 409
        answer = await finance.post(f"{here}/deletion", {"version": "1"})
        assert answer.status_code == 303
        assert (await finance.get(here)).status_code == 404

    async def test_names_the_keys_that_stand_in_the_way(
        self, finance: Browser, program_id: int, here: str, behind: psycopg.Connection
    ):
        behind.execute(
            "INSERT INTO cost_key (tenant_id, program_id, name, definition) VALUES (1, %s, '人口割10割', "
            "jsonb_build_object('components', jsonb_build_array(jsonb_build_object('weight', '1', 'basis', %s::int))))",
            (program_id, int(here.rsplit("/", 1)[1])),
        )
        page = await finance.get(f"{here}/deletion")
        assert "この按分基準は削除できません" in page.text
        answer = await finance.post(f"{here}/deletion", {"version": "1"})
        assert answer.status_code == 409
        assert "人口割10割" in answer.text
