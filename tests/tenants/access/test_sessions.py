"""Sessions: never chosen by a stranger, never longer than promised, gone at once when they must be."""

import re
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from tenants.access import operations as access
from tenants.access.rules import new_token
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.factories.browsers import running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import NOW, PASSWORD, World
from tests.walls.asgi import Answer, Client

FINANCE = ("280003", Role.PREFECTURE_FINANCE)


def _token_in(page: Answer) -> str:
    match = re.search(rb'name="csrf_token" value="([^"]+)"', page.body)
    return match.group(1).decode() if match else ""


async def _sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> Answer:
    page = await client.send("GET", "/sign-in", remember=True)
    fields = {"csrf_token": client.csrf_token or _token_in(page), "email": email, "password": password, **more}
    answer = await client.send("POST", "/sign-in", fields, remember=True)
    if answer.status == 303:
        client.csrf_token = _token_in(await client.send("GET", "/organisation"))
    return answer


async def _signed_in(app: Any, world: World, who: tuple[str, Role] = FINANCE) -> Client:
    client = Client(app)
    assert (await _sign_in(client, world.people[who][1])).status == 303
    return client


async def _is_in(client: Client) -> bool:
    answer = await client.send("GET", "/")
    assert answer.status in {200, 303}
    return answer.status == 200


class TestFixation:
    @pytest.mark.parametrize("token", ["0" * 43, "", "x", "../..", "'", "%00", '"\\012x"', "あ", "a" * 5_000])
    async def test_a_token_nobody_gave_out_opens_nothing(self, app: Any, token: str):
        client = Client(app, {"yui": token})
        answer = await client.send("GET", "/programs")
        assert (answer.status, answer.header("location")) == (303, "/sign-in?next=/programs")

    async def test_signing_in_never_takes_over_the_token_the_browser_came_with(self, app: Any, world: World):
        chosen = new_token()
        client = Client(app, {"yui": chosen})
        await _sign_in(client, world.people[FINANCE][1])
        assert client.cookies["yui"] != chosen
        assert not await _is_in(Client(app, {"yui": chosen}))

    async def test_signing_in_again_ends_the_session_before(self, app: Any, world: World):
        client = await _signed_in(app, world)
        before = client.cookies["yui"]
        # The sign-in page sends a signed-in person home, but the form can still be sent.
        answer = await _sign_in(client, world.people["281000", Role.TOWN_STAFF][1])
        assert answer.status == 303
        assert client.cookies["yui"] != before
        assert not await _is_in(Client(app, {"yui": before}))

    async def test_changing_the_organisation_changes_the_token_and_the_form_token(self, app: Any, world: World):
        person_id, email = world.people["281000", Role.TOWN_STAFF]
        async with open_door(world.pool, Scope.IDENTITY):
            await access.give_role(
                world.finance, person_id, world.tenants["283011"], Role.TOWN_FINANCE, date(2020, 4, 1)
            )
        client = Client(app)
        await _sign_in(client, email)
        before, form_token = client.cookies["yui"], client.csrf_token
        seen = {before}
        for _ in range(2):  # there and back again
            page = await client.send("GET", "/organisation")
            numbers = re.findall(rb'name="membership" value="([0-9]+)"', page.body)
            fields = {"csrf_token": _token_in(page), "membership": numbers[-1].decode()}
            assert (await client.send("POST", "/organisation", fields, remember=True)).status == 303
            seen.add(client.cookies["yui"])
        assert len(seen) == 3
        assert client.cookies["yui"] != before
        assert _token_in(await client.send("GET", "/organisation")) != form_token
        assert not await _is_in(Client(app, {"yui": before}))

    @pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30, "\u0661", "\x00", ""])
    async def test_nobody_acts_for_what_is_not_theirs(self, app: Any, world: World, owner: Any, number: str):
        client = await _signed_in(app, world, ("281000", Role.TOWN_STAFF))
        fields = {"csrf_token": client.csrf_token, "membership": number}
        assert (await client.send("POST", "/organisation", fields)).status in {404, 422}
        assert await _is_in(client)

    async def test_nobody_takes_a_colleagues_membership(self, app: Any, world: World, database: ClonedDatabase):
        client = await _signed_in(app, world, ("281000", Role.TOWN_STAFF))
        with psycopg.connect(database.superuser) as connection:
            rows = connection.execute(
                "SELECT id FROM membership WHERE person_id <> %s", (world.people["281000", Role.TOWN_STAFF][0],)
            ).fetchall()
        assert len(rows) > 10
        for (number,) in rows:
            fields = {"csrf_token": client.csrf_token, "membership": str(number)}
            assert (await client.send("POST", "/organisation", fields)).status == 404


class TestEnd:
    async def test_signing_out_kills_the_session_and_the_cookie(self, app: Any, world: World):
        client = await _signed_in(app, world)
        before = client.cookies["yui"]
        answer = await client.send("POST", "/sign-out", {"csrf_token": client.csrf_token})
        assert answer.status == 303
        assert "Max-Age=0" in answer.header("set-cookie")
        assert not await _is_in(Client(app, {"yui": before}))

    async def test_comes_at_once_when_the_person_is_disabled(self, app: Any, world: World):
        client = await _signed_in(app, world)
        async with open_door(world.pool, Scope.IDENTITY):
            await access.disable_person(world.finance, world.people[FINANCE][0], NOW)
        assert not await _is_in(client)
        assert (await _sign_in(Client(app), world.people[FINANCE][1])).status == 422

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE membership SET valid_to = current_date - 1",
            "UPDATE membership SET valid_from = current_date + 2, valid_to = NULL WHERE role <> 'consultant'",
            "UPDATE session SET expires_at = now()",
            "UPDATE session SET last_seen_at = now() - interval '31 minutes'",
            "UPDATE tenant SET active_to = current_date - 1, active_from = '2000-01-01'",
            "DELETE FROM session",
        ],
    )
    async def test_comes_with_the_next_request_after(
        self, app: Any, world: World, database: ClonedDatabase, change: str
    ):
        client = await _signed_in(app, world)
        with psycopg.connect(database.superuser, autocommit=True) as connection:
            connection.execute(change)
        assert not await _is_in(client)

    async def test_does_not_move_with_use(self, app: Any, world: World, database: ClonedDatabase):
        client = await _signed_in(app, world)
        with psycopg.connect(database.superuser, autocommit=True) as connection:
            connection.execute("UPDATE session SET last_seen_at = now() - interval '29 minutes'")
            before = connection.execute("SELECT expires_at, last_seen_at FROM session").fetchone()
            assert await _is_in(client)
            after = connection.execute("SELECT expires_at, last_seen_at FROM session").fetchone()
        assert before is not None
        assert after is not None
        assert after[0] == before[0]
        assert after[1] > before[1] + timedelta(minutes=28)


class TestStoredSession:
    async def test_holds_only_a_fingerprint_of_its_token(self, app: Any, world: World, database: ClonedDatabase):
        client = await _signed_in(app, world)
        with psycopg.connect(database.superuser) as connection:
            text = str(connection.execute("SELECT session::text FROM session").fetchall())
        assert client.cookies["yui"] not in text


class TestCookie:
    async def test_is_out_of_reach_for_scripts_and_other_sites(self, app: Any, world: World):
        client = Client(app)
        cookie = next(
            value
            for name, value in (await _sign_in(client, world.people[FINANCE][1])).headers
            if name == "set-cookie" and value.startswith("yui=")
        )
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert "Max-Age" not in cookie
        assert "Expires" not in cookie

    async def test_is_bound_to_the_host_behind_tls(self, database: ClonedDatabase, world: World):
        async with running_app(settings_for(database, secure_cookies=True)) as app:
            client = Client(app)
            answer = await _sign_in(client, world.people[FINANCE][1])
            cookies = [value for name, value in answer.headers if name == "set-cookie"]
            assert any(value.startswith("__Host-yui=") for value in cookies)
            assert all("; Secure" in value and "HttpOnly" in value for value in cookies)
            assert answer.header("strict-transport-security").startswith("max-age=63072000")
            assert await _is_in(client)
            stolen = Client(app, {"yui": client.cookies["__Host-yui"]})
            assert not await _is_in(stolen)

    @pytest.mark.parametrize(
        "value",
        ['"a\\015\\012Set-Cookie: yui=x"', '"x; Domain=example.jp"', "あ", "a" * 9_000, '"\\377\\400"', "%0d%0a"],
    )
    async def test_of_the_entrance_never_comes_back_as_it_was_sent(self, app: Any, value: str):
        answer = await Client(app, {"yui-entrance": value}).send("GET", "/sign-in")
        assert answer.status == 200
        for name, text in answer.headers:
            assert name != "set-cookie" or re.fullmatch(
                r"yui-entrance=[A-Za-z0-9_-]{43}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax", text
            )
