"""What happens to imports that go another way: unreadable, unknown columns, stopped, changed meanwhile, foreign."""

import io
from datetime import UTC, datetime
from typing import Any

import openpyxl
import psycopg

from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.directory import operations as directory
from tenants.directory import queries as organisations
from tenants.jobs import cancelling
from tenants.storage import Storage
from tests.factories.browsers import new_browser, running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.workers import storage_settings, work_off
from tests.factories.worlds import World
from tests.tenants.imports.sending import ADMIN, FINANCE, csv_of, decide, send, state_of

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
GOOD = csv_of("団体コード,団体名", "282014,姫路市")


class TestSending:
    async def test_refuses_nothing_too_much_and_what_is_no_table(
        self, database: ClonedDatabase, world: World, bucket: Any, behind: psycopg.Connection, storage: Storage
    ):
        settings = settings_for(database, **storage_settings(bucket), upload_max_bytes=100_000)
        async with running_app(settings) as app, new_browser(app, world.people[ADMIN][1]) as one:
            for content, fields, words in (
                (None, {}, "ファイルを選ぶか"),
                (b"", {}, "中身が空"),
                (b"a," * 60_000, {}, "ファイルが大きすぎます"),
            ):
                answer = await send(one, "tenants", content, **fields)
                assert answer.status_code == 422
                assert words in answer.text
            too_large = await send(one, "tenants", b"a," * 2_000_000)
            assert too_large.status_code == 413
            assert "値だけを新しいブックに貼り付けて" in too_large.text
            url = (await send(one, "tenants", b"PK\x03\x04broken")).headers["location"]
            await work_off(world, storage)
            assert state_of(behind, url)[0] == "refused"
            assert "壊れています" in (await one.get(url)).text

    async def test_takes_a_pasted_table_and_answers_the_same_twice(
        self, stored_app: Any, world: World, storage: Storage, behind: psycopg.Connection
    ):
        async with new_browser(stored_app, world.people[ADMIN][1]) as one:
            fields = {"rows": "団体コード\t団体名\r\n282014\t姫路市", "idempotency_key": "import-once-1"}
            first = await send(one, "tenants", None, **fields)
            again = await send(one, "tenants", None, **fields)
            assert first.headers["location"] == again.headers["location"]
            assert again.headers["idempotency-replayed"] == "true"
            other = await send(one, "tenants", None, **{**fields, "rows": "別の表"})
            assert other.status_code == 422
            await work_off(world, storage)
            assert state_of(behind, first.headers["location"])[:3] == ("checked", 2, 1)
            page = await one.get(first.headers["location"])
            assert "タブ区切りの文字" in page.text

    async def test_is_for_those_whose_kind_it_is(self, stored_app: Any, world: World):
        async with new_browser(stored_app, world.people[FINANCE][1]) as one:
            assert (await one.get("/imports")).status_code == 200
            assert (await one.get("/imports/new?kind=tenants")).status_code == 404
            assert (await one.get("/imports/new?kind=nothing")).status_code == 404
            assert (await one.get("/imports/template?kind=basis_values&target=1-1")).status_code == 404
            assert (await send(one, "tenants", GOOD)).status_code == 404
        async with new_browser(stored_app) as nobody:
            answer = await nobody.client.post(
                "/imports",
                data={"kind": "tenants"},
                files={"file": ("a.csv", GOOD)},
                headers={"sec-fetch-site": "none"},
            )
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in")

    async def test_offers_a_workbook_whose_headings_are_known(
        self, stored_app: Any, world: World, storage: Storage, behind: psycopg.Connection
    ):
        async with new_browser(stored_app, world.people[ADMIN][1]) as one:
            template = await one.get("/imports/template?kind=tenants")
            book = openpyxl.load_workbook(io.BytesIO(template.content))
            book.worksheets[0].append(["282014", "姫路市", "ひめじし", "市", "中播磨", "令和9年4月1日"])
            buffer = io.BytesIO()
            book.save(buffer)
            url = (await send(one, "tenants", buffer.getvalue(), "a.xlsx")).headers["location"]
            await work_off(world, storage)
            assert state_of(behind, url)[:3] == ("checked", 2, 1)


class TestColumns:
    async def test_are_chosen_by_a_person_once_for_the_same_headings(
        self, stored_app: Any, world: World, storage: Storage, behind: psycopg.Connection
    ):
        strange = csv_of("甲,乙,丙", "282014,x,姫路市", "282065,y,芦屋市")
        async with new_browser(stored_app, world.people[ADMIN][1]) as one:
            url = (await send(one, "tenants", strange)).headers["location"]
            await work_off(world, storage)
            assert state_of(behind, url)[0] == "matching"
            page = await one.get(url)
            assert "3列目 丙" in page.text
            for wrong, field in (
                ({"column-code": "0", "column-name": "0"}, "column-name"),
                ({"column-code": "0"}, "column-name"),
                ({"column-code": "0", "column-name": "77"}, "column-name"),
                ({"column-code": "0", "column-name": "2", "heading": "99"}, "heading"),
            ):
                answer = await decide(one, url, "columns", 2, **{"heading": "1", **wrong})
                assert answer.status_code == 422
                assert f'id="error-{field}"' in answer.text
            chosen = {"heading": "1", "column-code": "0", "column-name": "2"}
            assert (await decide(one, url, "columns", 2, **chosen)).status_code == 303
            await work_off(world, storage)
            assert state_of(behind, url)[:3] == ("checked", 4, 2)
            assert (await decide(one, url, "columns", 2, **chosen)).status_code == 409
            again = (await send(one, "tenants", strange)).headers["location"]
            await work_off(world, storage)
            assert state_of(behind, again)[:3] == ("checked", 2, 2)

    async def test_below_another_row_are_found_anew(
        self, stored_app: Any, world: World, storage: Storage, behind: psycopg.Connection
    ):
        twice = csv_of("団体コード,団体名,種別", "番号,名前,区分", "コード,名称,", "282014,姫路市,")
        async with new_browser(stored_app, world.people[ADMIN][1]) as one:
            url = (await send(one, "tenants", twice)).headers["location"]
            await work_off(world, storage)
            assert state_of(behind, url)[0] == "checked"
            same = {"column-code": "0", "column-name": "1", "column-kind": "2"}
            assert (await decide(one, url, "columns", 2, heading="3", **same)).status_code == 303
            await work_off(world, storage)
            assert state_of(behind, url)[:8] == ("checked", 4, 1, 0, 0, 0, 0, 4)


class TestApplying:
    async def test_writes_nothing_but_what_was_shown(
        self, stored_app: Any, world: World, storage: Storage, behind: psycopg.Connection
    ):
        async with new_browser(stored_app, world.people[ADMIN][1]) as one:
            url = (await send(one, "tenants", csv_of("団体コード,団体名,圏域", "281000,神戸市,神戸"))).headers[
                "location"
            ]
            await work_off(world, storage)
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                ids = await organisations.tenant_ids_by_code()
                before = await organisations.tenant(ids["281000"])
                new = directory.NewTenant("281000", "神戸市", "べつのよみ", before.kind, "神戸", before.active_from)
                await directory.change_tenant(world.context(*ADMIN), ids["281000"], new)
            await decide(one, url, "application", 2)
            await work_off(world, storage)
            state = state_of(behind, url)
            assert state[0] == "checked"
            assert state[4] == 1
            assert "登録内容が変わったため、取り込みませんでした" in (await one.get(url)).text
            assert (await decide(one, url, "application", state[1])).status_code == 422

    async def test_that_was_stopped_waits_again_and_a_late_job_does_nothing(
        self, stored_app: Any, world: World, storage: Storage, behind: psycopg.Connection
    ):
        async with new_browser(stored_app, world.people[ADMIN][1]) as one:
            url = (await send(one, "tenants", GOOD)).headers["location"]
            await work_off(world, storage)
            await decide(one, url, "application", 2)
            assert (await decide(one, url, "return", 3)).status_code == 409
            assert (await decide(one, url, "disposal", 3)).status_code == 409
            row = behind.execute("SELECT max(job_id) FROM import_batch").fetchone()
            assert row is not None
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                await cancelling.cancel(world.context(*ADMIN), row[0], NOW)
            assert "処理が止まっています" in (await one.get(url)).text
            assert (await decide(one, url, "return", 3)).status_code == 303
            assert state_of(behind, url)[:2] == ("checked", 4)
            await one.post(f"/jobs/{row[0]}/attempts")
            await work_off(world, storage)
            assert behind.execute("SELECT count(*) FROM tenant WHERE code = '282014'").fetchone() == (0,)
            assert (await decide(one, url, "disposal", 4)).status_code == 303
            assert state_of(behind, url)[0] == "discarded"

    async def test_after_its_files_have_ended_is_refused(
        self, stored_app: Any, world: World, storage: Storage, behind: psycopg.Connection
    ):
        async with new_browser(stored_app, world.people[ADMIN][1]) as one:
            url = (await send(one, "tenants", GOOD)).headers["location"]
            await work_off(world, storage)
            behind.execute("UPDATE stored_file SET expires_at = now() - interval '1 day' WHERE kind LIKE 'import%'")
            page = await one.get(url)
            assert page.status_code == 200
            assert "控えは30日で消える" in page.text
            await decide(one, url, "application", 2)
            await work_off(world, storage)
            assert state_of(behind, url)[0] == "checked"
            assert "控えを消したため" in state_of(behind, url)[8]

    async def test_is_seen_by_nobody_of_another_organisation_or_kind(
        self, stored_app: Any, world: World, storage: Storage
    ):
        async with new_browser(stored_app, world.people[ADMIN][1]) as one:
            url = (await send(one, "tenants", GOOD)).headers["location"]
            await work_off(world, storage)
        for who in (FINANCE, ("281000", Role.TOWN_ADMIN), ("281000", Role.TOWN_STAFF)):
            async with new_browser(stored_app, world.people[who][1]) as other:
                assert (await other.get(url)).status_code == 404
                assert (await other.get(f"{url}/rejected")).status_code == 404
                for deed in ("application", "reversal", "disposal", "return", "columns"):
                    assert (await decide(other, url, deed, 2, reason="x")).status_code == 404
                assert "まだ取り込みはありません。" in (await other.get("/imports")).text
