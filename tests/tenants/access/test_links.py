"""Links that set a password: single use, short-lived, silent about why they fail."""

import re
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from tenants.access import operations as access
from tenants.access.links import operations as links
from tenants.access.links.rules import LINK_LIFE, Purpose
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import Pool, open_door
from tenants.errors import NotFound
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World

TOWN = "281000"
STAFF = (TOWN, Role.TOWN_STAFF)
NEW = "mikan tsukue sanpo 42"


def _now() -> datetime:
    return datetime.now(JST)


async def _issue(pool: Pool, world: World, person_id: int, purpose: Purpose = Purpose.RESET) -> str:
    async with open_door(pool, Scope.TOWN, world.tenants[TOWN]):
        return await links.issue_link(world.context(TOWN, Role.TOWN_ADMIN), person_id, purpose, _now())


async def _send(browser: Browser, token: str, password: str, again: str | None = None) -> Any:
    page = await browser.get(f"/welcome/{token}")
    match = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    fields = {"password": password, "password_again": password if again is None else again}
    return await browser.post(f"/welcome/{token}", fields, csrf=match.group(1) if match else "x")


class TestLink:
    async def test_sets_the_password_once_and_ends_every_session(self, app: Any, pool: Pool, world: World):
        person_id, email = world.people[STAFF]
        async with new_browser(app, email) as before, new_browser(app) as one:
            token = await _issue(pool, world, person_id)
            answer = await _send(one, token, NEW)
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?done=password-set")
            assert (await before.get("/")).status_code == 303
            assert (await one.get(f"/welcome/{token}")).status_code == 404
            assert (await one.sign_in(email, NEW)).status_code == 303

    async def test_lets_in_somebody_invited_who_had_no_password(self, app: Any, pool: Pool, world: World):
        async with open_door(pool, Scope.IDENTITY):
            admin = world.context(TOWN, Role.TOWN_ADMIN)
            person_id = await access.register_person(admin, "new@example.lg.jp", "新しい人", None, _now())
            await access.give_role(admin, person_id, world.tenants[TOWN], Role.TOWN_STAFF, _now().date())
        async with new_browser(app) as one:
            assert (await one.sign_in("new@example.lg.jp", "")).status_code == 422
            token = await _issue(pool, world, person_id, Purpose.INVITATION)
            assert (await _send(one, token, NEW)).status_code == 303
            assert (await one.sign_in("new@example.lg.jp", NEW)).status_code == 303

    async def test_keeps_working_after_a_password_that_breaks_the_rules(self, app: Any, pool: Pool, world: World):
        token = await _issue(pool, world, world.people[STAFF][0])
        async with new_browser(app) as one:
            for password, again in (("short", None), ("password2024!", None), (NEW, NEW + "x")):
                answer = await _send(one, token, password, again)
                assert answer.status_code == 422
                assert "エラー" in answer.text
            assert (await _send(one, token, NEW)).status_code == 303

    async def test_that_is_unknown_used_expired_or_replaced_is_answered_alike(
        self, app: Any, pool: Pool, world: World, database: Any
    ):
        replaced = await _issue(pool, world, world.people[STAFF][0])
        expired = await _issue(pool, world, world.people[STAFF][0])
        with psycopg.connect(database.superuser, autocommit=True) as connection:
            connection.execute("UPDATE access_link SET expires_at = now() - interval '1 second'")
        async with new_browser(app) as one:
            answers = {
                re.sub(r"<code>[0-9a-f]{16}</code>|[0-9]{1,2}:[0-9]{2}", "", (await one.get(f"/welcome/{token}")).text)
                for token in (replaced, expired, "x" * 43)
            }
        assert len(answers) == 1

    async def test_is_not_stored_itself(self, pool: Pool, world: World, owner: Any, database: Any):
        token = await _issue(pool, world, world.people[STAFF][0])
        with psycopg.connect(database.superuser) as connection:
            assert token not in str(connection.execute("SELECT access_link::text FROM access_link").fetchall())

    async def test_lives_three_days(self):
        assert timedelta(hours=72) == LINK_LIFE

    async def test_is_for_people_who_exist(self, pool: Pool, world: World):
        with pytest.raises(NotFound):
            await _issue(pool, world, 987_654)
