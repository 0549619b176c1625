"""Personal tokens: made once with the password, for one membership and some verbs, ended by whoever may."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tenants.access.operations import disable_person
from tenants.api.rules import is_api_token
from tenants.context import PREFECTURE_TENANT_ID, Role, Scope
from tenants.database.engine import current_door
from tenants.database.transaction import open_door
from tests.factories.api_clients import give_token, new_program
from tests.factories.browsers import Browser, new_browser
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import PASSWORD, World
from tests.walls.field import app_of

TOWN, NEIGHBOUR = "283011", "284467"


async def _make(browser: Browser, **changes: Any) -> Any:
    fields = {"name": "財務会計", "verbs": ["statements:read"], "days": "30", "password": PASSWORD, **changes}
    return await browser.post("/me/tokens", fields)


def _shown(text: str) -> str:
    match = re.search(r'id="field-token"[^>]*value="([^"]+)"', text)
    return match.group(1) if match else ""


async def _status(app: Any, token: str, path: str = "/token") -> int:
    async with new_program(app, token) as program:
        return (await program.get(path)).status_code


class TestMakingAToken:
    async def test_shows_it_once_and_keeps_only_its_fingerprint(self, app: Any, world: World, database: ClonedDatabase):
        async with new_browser(app, world.people[TOWN, Role.TOWN_FINANCE][1]) as browser:
            page = await _make(browser)
            token = _shown(page.text)
            assert is_api_token(token)
            again = await browser.get("/me/tokens")
            assert token not in again.text
            assert token[:8] in again.text
            assert "財務会計" in again.text
        with psycopg.connect(database.superuser, autocommit=True) as connection:
            for (table,) in connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            ).fetchall():
                found = connection.execute(
                    f"SELECT count(*) FROM {table} t WHERE strpos(t::text, %s) > 0", (token[4:],)
                ).fetchone()
                assert found == (0,), table
        async with new_program(app, token) as program:
            own = (await program.get("/token")).json()
            assert (own["name"], own["role"], own["verbs"]) == ("財務会計", "town_finance", ["statements:read"])
            assert own["organisation_code"] == TOWN
            assert (await program.get("/statements")).status_code == 200
            assert (await program.get("/jobs")).json()["code"] == "not-allowed"

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"password": "wrong"}, "パスワードが正しくありません"),
            ({"password": ""}, "パスワードを入力してください"),
            ({"days": "366"}, "365日まで"),
            ({"days": "0"}, "365日まで"),
            ({"verbs": []}, "1つ以上選んでください"),
            ({"verbs": ["programs:write"]}, "選べないもの"),
            ({"name": ""}, "名前を入力してください"),
        ],
    )
    async def test_refuses(self, app: Any, world: World, changes: dict[str, Any], words: str):
        async with new_browser(app, world.people[TOWN, Role.TOWN_FINANCE][1]) as browser:
            page = await _make(browser, **changes)
            assert page.status_code == 422
            assert words in page.text
            assert not _shown(page.text)
            assert "correct horse" not in page.text


class TestAToken:
    async def test_ends_when_its_person_revokes_it(self, app: Any, world: World):
        async with new_browser(app, world.people[TOWN, Role.TOWN_FINANCE][1]) as browser:
            token = _shown((await _make(browser)).text)
            url = re.search(r'action="(/me/tokens/\d+/revocation)"', (await browser.get("/me/tokens")).text)
            assert url
            assert await _status(app, token) == 200
            assert (await browser.post(url.group(1))).status_code == 303
            assert await _status(app, token) == 401
            assert (await browser.post(url.group(1))).status_code == 404

    async def test_is_nobody_elses_to_revoke(self, app: Any, world: World):
        token = await give_token(world.pool, world.context(TOWN, Role.TOWN_FINANCE))
        for code, role in ((TOWN, Role.TOWN_STAFF), (NEIGHBOUR, Role.TOWN_ADMIN), ("280003", Role.PREFECTURE_ADMIN)):
            async with new_browser(app, world.people[code, role][1]) as browser:
                answers = [await browser.post("/me/tokens/1/revocation")]
                if role is not Role.TOWN_STAFF:
                    answers.append(await browser.post("/tokens/1/revocation"))
                    assert "試験の連携" not in (await browser.get("/tokens")).text
                assert {one.status_code for one in answers} == {404}
        assert await _status(app, token) == 200

    async def test_is_listed_and_revoked_by_the_towns_administrator(self, app: Any, world: World):
        token = await give_token(world.pool, world.context(TOWN, Role.TOWN_FINANCE))
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as browser:
            page = await browser.get("/tokens")
            assert "試験の連携" in page.text
            assert (await browser.post("/tokens/1/revocation")).status_code == 303
            assert "APIトークンを失効" in (await browser.get("/audit")).text
        assert await _status(app, token) == 401

    async def test_ends_with_its_time_its_membership_and_its_person(self, app: Any, world: World):
        context = world.context(TOWN, Role.TOWN_FINANCE)
        old = await give_token(world.pool, context, created_at=datetime.now(UTC) - timedelta(days=91))
        assert await _status(app, old) == 401
        token = await give_token(world.pool, context)
        assert await _status(app, token) == 200
        async with open_door(world.pool, Scope.IDENTITY) as door:
            door.audited_events = 1
            await current_door().execute(
                "UPDATE membership SET valid_to = current_date - 1 WHERE person_id = $1", (context.person_id,)
            )
        assert await _status(app, token) == 401
        other = world.context(TOWN, Role.TOWN_STAFF)
        token = await give_token(world.pool, other)
        async with open_door(world.pool, Scope.IDENTITY):
            await disable_person(world.context("280003", Role.PREFECTURE_ADMIN), other.person_id, datetime.now(UTC))
        assert await _status(app, token) == 401

    async def test_notes_its_last_use_to_the_minute(self, app: Any, world: World, database: ClonedDatabase):
        token = await give_token(world.pool, world.context(TOWN, Role.TOWN_FINANCE))
        with psycopg.connect(database.superuser, autocommit=True) as connection:
            assert connection.execute("SELECT last_used_at FROM api_token").fetchone() == (None,)
            await _status(app, token)
            first = connection.execute("SELECT last_used_at FROM api_token").fetchone()
            assert first != (None,)
            await _status(app, token)
            assert connection.execute("SELECT last_used_at FROM api_token").fetchone() == first

    async def test_that_asks_too_fast_waits(self, app: Any, world: World):
        context = world.context("280003", Role.PREFECTURE_FINANCE)
        assert context.tenant_id == PREFECTURE_TENANT_ID
        async with new_program(app, await give_token(world.pool, context)) as program:
            app_of(app).state.token_rate.per_minute = 5
            answers = [await program.get("/token") for _ in range(7)]
        refused = [one for one in answers if one.status_code == 429]
        assert len(refused) == 2
        assert all(one.json()["code"] == "too-many-requests" and int(one.headers["retry-after"]) > 0 for one in refused)
