"""Resets: two people of the right kind, a reason, a link or a factor taken away, and everybody can read it later."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tenants.access import operations as access
from tenants.access.resets import operations as resets
from tenants.access.resets.rules import What
from tenants.calendar import JST
from tenants.context import Role, Scope, TenantContext
from tenants.database.transaction import Pool, open_door
from tenants.errors import Conflict, NotAllowed, NotFound
from tests.factories.browsers import Browser, new_browser
from tests.factories.databases import ClonedDatabase
from tests.factories.people import context
from tests.factories.worlds import PASSWORD, World

TOWN = "281000"
STAFF = (TOWN, Role.TOWN_STAFF)
ADMIN = (TOWN, Role.TOWN_ADMIN)
PREFECTURE = ("280003", Role.PREFECTURE_ADMIN)


def _now() -> datetime:
    return datetime.now(JST)


async def _second_admin(
    pool: Pool, world: World, code: str = TOWN, role: Role = Role.TOWN_ADMIN
) -> tuple[TenantContext, str]:
    email = f"second.{role.value}@example.lg.jp"
    async with open_door(pool, Scope.IDENTITY):
        person_id = await access.register_person(world.finance, email, "二人目", PASSWORD, _now())
        await access.give_role(world.finance, person_id, world.tenants[code], role, date(2020, 4, 1))
    return context(world.tenants[code], code, role, person_id=person_id, person_name="二人目"), email


async def _ask(pool: Pool, who: TenantContext, person_id: int, what: What = What.SECOND_FACTOR) -> int:
    async with open_door(pool, who.scope, who.tenant_id):
        return await resets.ask_reset(who, person_id, what, "窓口で本人から依頼", _now())


async def _confirm(pool: Pool, who: TenantContext, reset_id: int, now: datetime | None = None) -> str:
    async with open_door(pool, who.scope, who.tenant_id):
        return (await resets.confirm_reset(who, reset_id, now or _now()))[1]


async def _token(one: Browser, path: str) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', (await one.get(path)).text)
    assert match
    return match.group(1)


class TestReset:
    async def test_of_a_password_prints_a_slip_for_the_second_administrator(
        self, app: Any, pool: Pool, world: World, database: ClonedDatabase
    ):
        person_id, email = world.people[STAFF]
        _, second = await _second_admin(pool, world)
        async with (
            new_browser(app, world.people[ADMIN][1]) as first,
            new_browser(app, second) as other,
            new_browser(app, email) as person,
        ):
            fields = {"what": "password", "reason": "窓口で本人から依頼", "idempotency_key": "0123456789"}
            assert (await first.post(f"/access/{person_id}/reset", {"what": "x"})).status_code == 422
            assert (await first.post(f"/access/{person_id}/reset", fields)).status_code == 303
            number = re.findall(r"/access/resets/([0-9]+)", (await other.get("/access")).text)[0]
            assert f"/access/resets/{number}" not in (await first.get("/access")).text
            refused = await first.post(f"/access/resets/{number}/confirmation")
            assert refused.status_code == 409
            slip = await other.post(f"/access/resets/{number}/confirmation")
            assert slip.status_code == 200
            token = re.findall(r"/welcome/([A-Za-z0-9_-]{43})", slip.text)[0]
            assert (await person.get("/")).status_code == 303
            assert (await other.post(f"/access/resets/{number}/confirmation")).status_code == 404
            new = "mikan tsukue sanpo 42"
            csrf = await _token(person, f"/welcome/{token}")
            answer = await person.post(f"/welcome/{token}", {"password": new, "password_again": new}, csrf=csrf)
            assert answer.status_code == 303
            assert (await person.sign_in(email, new)).status_code == 303
        with psycopg.connect(database.superuser) as connection:
            actions = connection.execute(
                "SELECT action, person_name FROM audit_event WHERE tenant_id = %s ORDER BY id", (world.tenants[TOWN],)
            ).fetchall()
            stored = str(connection.execute("SELECT body FROM answered_request").fetchall())
            told = connection.execute("SELECT count(*) FROM notice WHERE person_id = %s", (person_id,)).fetchone()
        names = [action for action, _ in actions]
        assert {"ask_access_reset", "confirm_access_reset", "issue_reset_link", "set_password_with_link"} <= set(names)
        assert token not in stored
        assert told == (1,)

    async def test_is_confirmed_by_the_prefecture_where_a_town_has_one_administrator(self, pool: Pool, world: World):
        reset_id = await _ask(pool, world.context(*ADMIN), world.people[STAFF][0])
        second, _ = await _second_admin(pool, world)
        with pytest.raises(NotAllowed):
            await _confirm(pool, second, reset_id)
        assert await _confirm(pool, world.context(*PREFECTURE), reset_id) == ""

    async def test_of_somebody_who_works_elsewhere_too_is_confirmed_by_the_prefecture(self, pool: Pool, world: World):
        second, _ = await _second_admin(pool, world)
        async with open_door(pool, Scope.IDENTITY):
            await access.give_role(
                world.finance, world.people[STAFF][0], world.tenants["283011"], Role.TOWN_STAFF, date(2020, 4, 1)
            )
        reset_id = await _ask(pool, world.context(*ADMIN), world.people[STAFF][0])
        with pytest.raises(NotAllowed):
            await _confirm(pool, second, reset_id)
        await _confirm(pool, world.context(*PREFECTURE), reset_id)

    async def test_is_not_asked_for_oneself_or_a_stranger_or_the_prefecture(self, pool: Pool, world: World):
        admin = world.context(*ADMIN)
        with pytest.raises(Conflict):
            await _ask(pool, admin, admin.person_id)
        for person_id in (world.people["283011", Role.TOWN_STAFF][0], 987_654):
            with pytest.raises(NotFound):
                await _ask(pool, admin, person_id)
        async with open_door(pool, Scope.IDENTITY):
            await access.give_role(
                world.finance, world.people[PREFECTURE][0], world.tenants[TOWN], Role.TOWN_STAFF, date(2020, 4, 1)
            )
        with pytest.raises(NotAllowed):
            await _ask(pool, admin, world.people[PREFECTURE][0])

    async def test_of_a_towns_only_administrator_is_done_by_two_of_the_prefecture(self, pool: Pool, world: World):
        second, _ = await _second_admin(pool, world, "280003", Role.PREFECTURE_ADMIN)
        first = world.context(*PREFECTURE)
        with pytest.raises(NotFound):  # the prefecture sees a town's administrators, not its staff
            await _ask(pool, first, world.people[STAFF][0])
        reset_id = await _ask(pool, first, world.people[ADMIN][0])
        with pytest.raises(Conflict):
            await _confirm(pool, first, reset_id)
        await _confirm(pool, second, reset_id)

    async def test_waits_once_and_not_for_ever(self, pool: Pool, world: World):
        second, _ = await _second_admin(pool, world)
        reset_id = await _ask(pool, world.context(*ADMIN), world.people[STAFF][0])
        with pytest.raises(Conflict):
            await _ask(pool, world.context(*ADMIN), world.people[STAFF][0])
        with pytest.raises(Conflict):
            await _confirm(pool, second, reset_id, datetime.now(UTC) + timedelta(hours=73))
        async with open_door(pool, second.scope, second.tenant_id):
            await resets.decline_reset(second, reset_id, _now())
        with pytest.raises(NotFound):
            await _confirm(pool, second, reset_id)

    async def test_of_another_town_is_not_found(self, pool: Pool, world: World):
        await _second_admin(pool, world)
        reset_id = await _ask(pool, world.context(*ADMIN), world.people[STAFF][0])
        with pytest.raises(NotFound):
            await _confirm(pool, world.context("283011", Role.TOWN_ADMIN), reset_id)
