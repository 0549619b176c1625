"""One's own account: the password, the sessions, the rules of a new password."""

import time
from typing import Any

import pytest

from tenants.access import operations as access
from tenants.access.password_rules import check_password, is_common, normalise_password
from tenants.access.passwords import hash_password, password_matches
from tenants.access.rules import device_label
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.errors import Invalid
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import NOW, PASSWORD, World
from tests.walls.asgi import Client

STAFF = ("281000", Role.TOWN_STAFF)
NEW = "mikan tsukue sanpo 42"


async def _change(one: Browser, old: str, new: str, again: str | None = None) -> Any:
    fields = {"old_password": old, "new_password": new, "new_password_again": new if again is None else again}
    return await one.post("/me/password", fields)


class TestPassword:
    async def test_changes_under_a_new_token_and_ends_every_other_session(self, app: Any, world: World):
        email = world.people[STAFF][1]
        async with new_browser(app, email) as one, new_browser(app, email) as other:
            before = one.client.cookies["yui"]
            answer = await _change(one, PASSWORD, NEW)
            assert (answer.status_code, answer.headers["location"]) == (303, "/me?done=password-changed")
            assert one.client.cookies["yui"] != before
            assert (await one.get("/me")).status_code == 200
            assert (await other.get("/")).status_code == 303
            assert (await Client(app, {"yui": before}).send("GET", "/")).status == 303
        async with new_browser(app) as again:
            assert (await again.sign_in(email)).status_code == 422
            assert (await again.sign_in(email, NEW)).status_code == 303

    @pytest.mark.parametrize(
        ("old", "new", "again"),
        [("wrong", NEW, NEW), (PASSWORD, NEW, "other"), (PASSWORD, "short", "short"), (PASSWORD, PASSWORD, PASSWORD)],
    )
    async def test_stays_when_something_is_wrong(self, app: Any, world: World, old: str, new: str, again: str):
        async with new_browser(app, world.people[STAFF][1]) as one:
            assert (await _change(one, old, new, again)).status_code == 422
            assert (await one.get("/")).status_code == 200

    @pytest.mark.parametrize(
        "password",
        [
            "short",
            "password1234",
            "Passw0rd2024!",
            "qwertyuiop12",
            "123456789012",
            "hyogoken2024",
            "ひょうごけん20240401",
            "sakurasakura",
            "aaaaaaaaaaaa",
            "kobe-suido-2026",
            "my.name lives here",
            "山田花子の合言葉です",
            "x" * 257,
        ],
    )
    def test_that_is_short_common_or_the_own_name_is_refused(self, password: str):
        with pytest.raises(Invalid):
            check_password(password, email="my.name@kobe.example.jp", name="山田 花子")

    @pytest.mark.parametrize(
        "password", [NEW, PASSWORD, "みかんとつくえとさんぽみち", "3f9a1c77be02d4e1", "静かな川を渡る朝の電車とお茶"]
    )
    def test_needs_no_signs_and_no_capitals(self, password: str):
        check_password(password, email="my.name@kobe.example.jp", name="山田 花子")
        assert not is_common(password)

    async def test_is_the_same_in_full_and_half_width(self):
        assert normalise_password("ＡＢＣ１２３") == "ABC123"
        stored = await hash_password("ﾊﾟｽﾜｰﾄﾞ と ＡＢＣ")
        assert await password_matches(stored, "パスワード と ABC")


class TestSessions:
    async def test_are_listed_and_ended_one_by_one(self, app: Any, world: World):
        email = world.people[STAFF][1]
        async with new_browser(app, email) as one, new_browser(app, email) as other:
            page = await one.get("/me/sessions")
            assert page.text.count("この端末") >= 1
            assert page.text.count('/end"') == 2
            path = page.text.split('action="/me/sessions/')[1].split('"')[0]
            assert (await one.post(f"/me/sessions/{path}")).status_code == 303
            assert (await other.get("/")).status_code == 303
            assert (await one.get("/")).status_code == 200

    async def test_of_another_person_are_not_found(self, app: Any, world: World, owner: Any, database: Any):
        import psycopg

        async with (
            new_browser(app, world.people[STAFF][1]) as one,
            new_browser(app, world.people["283011", Role.TOWN_STAFF][1]) as other,
        ):
            with psycopg.connect(database.superuser) as connection:
                row = connection.execute(
                    "SELECT id FROM session WHERE person_id = %s", (world.people["283011", Role.TOWN_STAFF][0],)
                ).fetchone()
            assert row is not None
            assert (await one.post(f"/me/sessions/{row[0]}/end")).status_code == 404
            assert (await other.get("/")).status_code == 200

    async def test_all_end_at_once(self, app: Any, world: World):
        email = world.people[STAFF][1]
        async with new_browser(app, email) as one, new_browser(app, email) as other:
            assert (await one.post("/me/sessions/end")).status_code == 303
            assert (await one.get("/")).status_code == 303
            assert (await other.get("/")).status_code == 303

    async def test_end_within_a_second_of_disabling(self, app: Any, world: World):
        async with new_browser(app, world.people[STAFF][1]) as one:
            assert (await one.get("/")).status_code == 200
            async with open_door(world.pool, Scope.IDENTITY):
                await access.disable_person(world.finance, world.people[STAFF][0], NOW)
            disabled_at = time.monotonic()
            while (await one.client.get("/")).status_code == 200:
                assert time.monotonic() - disabled_at < 1

    async def test_tell_how_long_they_live(self, app: Any, world: World):
        async with new_browser(app, world.people[STAFF][1]) as one:
            answer = await one.client.get("/me/alive")
            assert (answer.status_code, answer.text) == (200, "1800")
            assert 'data-session-seconds="1740"' in (await one.get("/")).text

    @pytest.mark.parametrize(
        ("agent", "label"),
        [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0 Safari/537.36 Edg/120.0", "Edge(Windows)"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1", "Safari(iPhone)"),
            ("<script>", "ブラウザー"),
            ("", "ブラウザー"),
        ],
    )
    def test_bear_a_name_people_know(self, agent: str, label: str):
        assert device_label(agent) == label
