"""Imports on their pages, from the file to the undo, with organisations as the kind."""

import io
from typing import Any

import openpyxl
import psycopg

from tenants.context import Scope
from tenants.database.transaction import open_door
from tenants.directory import operations, queries
from tenants.storage import Storage
from tests.factories.browsers import new_browser
from tests.factories.workers import work_off
from tests.factories.worlds import World
from tests.tenants.imports.sending import ADMIN, csv_of, decide, send, state_of

TABLE = csv_of(
    "令和8年度 団体の一覧,,,",
    "団体コード,団体名,ふりがな,種別,備考",
    "281000,神戸市,こうべし,市,かわらない",
    "２８２０１４,姫路市,ひめじし,,新しい",
    "282022,尼崎市,あまがさきし,区,種別が誤り",
    "282021,西宮市,にしのみやし,市,検査数字が誤り",
    "282065,芦屋市,あしやし,市,重なる",
    "282065,芦屋市,あしやし,市,重なる",
)


class TestImportOfOrganisations:
    async def test_shows_what_every_row_would_do_and_changes_nothing(
        self, stored_app: Any, world: World, storage: Storage, behind: psycopg.Connection
    ):
        async with new_browser(stored_app, world.people[ADMIN][1]) as one:
            assert "記入用のExcel" in (await one.get("/imports/new?kind=tenants")).text
            sent = await send(one, "tenants", TABLE)
            assert sent.status_code == 303, sent.text
            url = sent.headers["location"]
            assert "読み取り中" in (await one.get(url)).text
            partial = await one.get(url, headers={"hx-request": "true"})
            assert partial.status_code == 200
            assert "hx-refresh" not in partial.headers
            await work_off(world, storage)
            partial = await one.get(url, headers={"hx-request": "true"})
            assert partial.headers["hx-refresh"] == "true"
            page = await one.get(url)
            assert "✓ ファイルの 8行すべての行き先が決まっています" in page.text
            assert "UTF-8" in page.text
            assert "使わない列: 備考" in page.text
            assert "芦屋市は8行目にもあります" in page.text
            assert state_of(behind, url)[:8] == ("checked", 2, 1, 1, 0, 0, 4, 8)
            for show, words in (("new", "姫路市"), ("change", "よみ"), ("same", "この種類の行はありません")):
                assert words in (await one.get(f"{url}?show={show}")).text
            assert behind.execute("SELECT count(*) FROM tenant WHERE code = '282014'").fetchone() == (0,)

    async def test_takes_good_rows_in_gives_bad_rows_back_and_is_undone_as_one(
        self, stored_app: Any, world: World, storage: Storage, behind: psycopg.Connection
    ):
        before = behind.execute("SELECT code, name, kana, kind, region FROM tenant ORDER BY code").fetchall()
        async with new_browser(stored_app, world.people[ADMIN][1]) as one:
            url = (await send(one, "tenants", TABLE)).headers["location"]
            await work_off(world, storage)
            answer = await decide(one, url, "application", 2)
            assert answer.status_code == 303, answer.text
            await work_off(world, storage)
            assert state_of(behind, url)[0] == "applied"
            found = behind.execute("SELECT name, kind FROM tenant WHERE code = '282014'").fetchone()
            assert found == ("姫路市", "city")
            page = await one.get(url)
            assert "取り込んだ先を見る" in page.text

            file = await one.get(f"{url}/rejected")
            sheet = openpyxl.load_workbook(io.BytesIO(file.content)).active
            assert sheet is not None
            rows = list(sheet.iter_rows(values_only=True))
            assert rows[0] == ("元の行番号", "団体コード", "団体名", "ふりがな", "種別", "備考", "直すところ")
            assert [row[0] for row in rows[1:]] == [5, 6, 7, 8]
            assert rows[2][1] == "282021"
            assert "検査数字" in str(rows[2][6])
            assert sheet["E2"].fill.fgColor.rgb == "00FDEEEE"
            assert sheet["B2"].fill.fgColor.rgb != "00FDEEEE"
            assert "8行目にもあります" in str(rows[3][6])

            version = state_of(behind, url)[1]
            assert (await decide(one, url, "reversal", version)).status_code == 422
            assert (await decide(one, url, "reversal", version, reason="間違えた")).status_code == 303
            await work_off(world, storage)
            assert state_of(behind, url)[0] == "undone"
        after = behind.execute("SELECT code, name, kana, kind, region FROM tenant ORDER BY code").fetchall()
        assert after == before

    async def test_is_not_undone_once_something_depends_on_it(
        self, stored_app: Any, world: World, storage: Storage, behind: psycopg.Connection
    ):
        async with new_browser(stored_app, world.people[ADMIN][1]) as one:
            url = (await send(one, "tenants", TABLE)).headers["location"]
            await work_off(world, storage)
            await decide(one, url, "application", 2)
            await work_off(world, storage)
            await _depend(world)
            await decide(one, url, "reversal", state_of(behind, url)[1], reason="間違えた")
            await work_off(world, storage)
            state = state_of(behind, url)
            assert state[0] == "applied"
            assert "すでに使われている" in state[8]
            assert "すでに使われている" in (await one.get(url)).text


async def _depend(world: World) -> None:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        ids = await queries.tenant_ids_by_code()
        await operations.entitle(world.context(*ADMIN), ids["282014"], "apportionment")
