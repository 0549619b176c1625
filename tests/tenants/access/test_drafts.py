"""What was typed when the session had ended comes back to its person, in its form, and is never sent by itself."""

import re
from typing import Any

import psycopg

from tenants.access.drafts.filling import fill
from tenants.access.drafts.rules import Draft, kept_fields, page_of
from tenants.context import Role
from tests.factories.browsers import HOST, Browser, check_html, new_browser
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import World

FINANCE = ("280003", Role.PREFECTURE_FINANCE)
TITLE = '漏水調査の共同実施 <b>「案」</b> & "追記"'
FIELDS = {"title": TITLE, "description": "1行目\n2行目", "fiscal_year": "2026", "due_date": "令和9年2月26日"}


def _token(page: str) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert match
    return match.group(1)


def _time_out(database: ClonedDatabase) -> None:
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("UPDATE session SET last_seen_at = now() - interval '31 minutes'")


async def _send_late(one: Browser, database: ClonedDatabase) -> Any:
    page = await one.get("/programs/new")
    fields = {"csrf_token": _token(page.text), "idempotency_key": "0123456789abcdef", **FIELDS}
    _time_out(database)
    headers = {"sec-fetch-site": "same-origin", "referer": f"{HOST}/programs/new"}
    return await one.client.post("/programs", data=fields, headers=headers)


def _programs(database: ClonedDatabase) -> int:
    with psycopg.connect(database.superuser) as connection:
        row = connection.execute("SELECT count(*) FROM program").fetchone()
    return int(row[0]) if row else -1


class TestDraft:
    async def test_comes_back_into_the_form_after_signing_in(self, app: Any, world: World, database: ClonedDatabase):
        email = world.people[FINANCE][1]
        async with new_browser(app, email) as one:
            answer = await _send_late(one, database)
            assert answer.status_code == 303
            assert answer.headers["location"] == "/sign-in?next=/programs/new"
            page = await one.get("/sign-in?next=/programs/new")
            assert "預かっています" in page.text
            fields = {"email": email, "password": "correct horse battery staple", "next": "/programs/new"}
            answer = await one.post("/sign-in", fields, csrf=_token(page.text))
            assert answer.headers["location"] == "/programs/new"
            page = await one.get("/programs/new")
            assert "まだ送られていません" in page.text
            assert "漏水調査の共同実施 &lt;b&gt;「案」&lt;/b&gt; &amp; &quot;追記&quot;" in page.text
            assert "1行目\n2行目" in page.text
            assert _programs(database) == 0
            again = await one.get("/programs/new")
            assert "まだ送られていません" not in again.text

    async def test_is_never_shown_to_another_person(self, app: Any, world: World, database: ClonedDatabase):
        async with new_browser(app, world.people[FINANCE][1]) as one:
            await _send_late(one, database)
            await one.sign_in(world.people["280003:2", Role.PREFECTURE_FINANCE][1])
            for path in ("/programs/new", "/draft"):
                assert "漏水調査" not in (await one.get(path)).text

    async def test_needs_the_browsers_own_key(self, app: Any, world: World, database: ClonedDatabase):
        async with new_browser(app, world.people[FINANCE][1]) as one:
            await _send_late(one, database)
        async with new_browser(app, world.people[FINANCE][1]) as other:
            for path in ("/programs/new", "/draft"):
                assert "漏水調査" not in (await other.get(path)).text
        with psycopg.connect(database.superuser) as connection:
            text = str(connection.execute("SELECT kept_draft::text FROM kept_draft").fetchall())
        assert "漏水調査".encode().hex() not in text

    async def test_is_kept_for_the_sessions_own_form_only(self, app: Any, world: World, database: ClonedDatabase):
        async with new_browser(app, world.people[FINANCE][1]) as one:
            _time_out(database)
            headers = {"sec-fetch-site": "same-origin"}
            fields = {"csrf_token": "x" * 43, "title": "偽物"}
            answer = await one.client.post("/programs", data=fields, headers=headers)
            assert answer.status_code == 303
            assert "yui-draft" not in answer.headers.get("set-cookie", "")
        async with new_browser(app) as nobody:
            answer = await nobody.client.post("/programs", data=fields, headers=headers)
            assert "yui-draft" not in answer.headers.get("set-cookie", "")
        with psycopg.connect(database.superuser) as connection:
            assert connection.execute("SELECT count(*) FROM kept_draft").fetchone() == (0,)

    async def test_of_a_disabled_person_is_not_kept(self, app: Any, world: World, database: ClonedDatabase):
        async with new_browser(app, world.people[FINANCE][1]) as one:
            page = await one.get("/programs/new")
            with psycopg.connect(database.superuser, autocommit=True) as connection:
                connection.execute("UPDATE person SET disabled_at = now()")
            fields = {"csrf_token": _token(page.text), "title": "x"}
            answer = await one.client.post("/programs", data=fields, headers={"sec-fetch-site": "same-origin"})
            assert "yui-draft" not in answer.headers.get("set-cookie", "")


PAGE = """<!DOCTYPE html>
<html lang="ja"><head><title>見本</title></head><body><main class="main"><h1>見本</h1>
<form method="post" action="/other"><input name="a" value="他"></form>
<form class="form" method="post" action="/here"><input type="hidden" name="csrf_token" value="fresh">
<input type="hidden" name="version" value="4">
<input name="a" value="前"><input name="a" value="前2">
<input type="password" name="p" value="">
<textarea name="t">
前の文</textarea>
<select name="s"><option value="1" selected>一</option><option value="2">二</option></select>
<input type="radio" name="r" value="x" checked><input type="radio" name="r" value="y">
<input type="checkbox" name="c" value="1" checked><input type="checkbox" name="d" value="1">
</form></main></body></html>"""


class TestFill:
    def test_puts_every_kind_of_field_back_and_touches_nothing_else(self):
        fields = {
            "version": ["3"],
            "a": ["<一>", "二&"],
            "t": ["\n空行から</textarea><script>"],
            "s": ["2"],
            "r": ["y"],
            "d": ["1"],
            "csrf_token": ["stale"],
            "p": ["secret"],
        }
        filled = fill(
            PAGE, Draft(1, "/here", "/here", {key: fields[key] for key in fields if key not in {"csrf_token", "p"}})
        )
        check_html(filled.html)
        assert filled.complete
        for part in (
            'value="他"',
            'name="csrf_token" value="fresh"',
            'name="version" value="3"',
            'value="&lt;一&gt;"',
            'value="二&amp;"',
            '<textarea name="t">\n\n空行から&lt;/textarea&gt;&lt;script&gt;</textarea>',
            '<option value="1">',
            '<option value="2" selected="">',
            '<input type="radio" name="r" value="x">',
            '<input type="radio" name="r" value="y" checked="">',
            '<input type="checkbox" name="c" value="1">',
            '<input type="checkbox" name="d" value="1" checked="">',
            "まだ送られていません",
        ):
            assert part in filled.html, part

    def test_says_when_something_has_no_place(self):
        filled = fill(PAGE, Draft(1, "/gone", "/here", {"a": ["一"]}))
        assert not filled.complete
        assert 'href="/draft"' in filled.html

    def test_keeps_no_password_no_code_and_no_token(self):
        sent = [("csrf_token", "x"), ("new_password", "x"), ("code", "x"), ("name", "名"), ("file", object())]
        assert kept_fields(sent) == {"name": ["名"]}

    def test_returns_only_to_pages_of_ours(self):
        assert page_of("http://yui.test/a?b=1", "yui.test") == "/a?b=1"
        for referer in ("", "https://evil.example/a", "http://yui.test//evil.example", "http://yui.test/あ"):
            assert page_of(referer, "yui.test") == "/draft"
