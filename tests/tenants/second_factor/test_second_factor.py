"""The second factor: half-open sessions reach nothing, codes work once, who must have one enrols first."""

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from tenants.access.operations import Origin
from tenants.access.queries import session_behind
from tenants.access.rules import SessionLimits
from tenants.access.sealing import SealBrokenError, seal, unseal
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import Pool, open_door
from tenants.second_factor import operations as factors
from tenants.second_factor.operations import CodeRefused
from tenants.second_factor.queries import factor_of
from tenants.second_factor.rules import code_of, step_at
from tests.factories.browsers import Browser, new_browser
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import PASSWORD, World
from tests.walls.asgi import Client
from tests.walls.field import app_of, routes_of, signed_in
from tests.walls.records import MISSING

KEY = "x" * 40
TOWN = "281000"
STAFF = (TOWN, Role.TOWN_STAFF)
LIMITS = SessionLimits(timedelta(minutes=30), timedelta(hours=10))
ORIGIN = Origin("0123456789abcdef", "127.0.0.1")


def _now() -> datetime:
    return datetime.now(JST)


def _hidden(page: str) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert match, page
    return match.group(1)


async def _secret(pool: Pool, person_id: int) -> bytes:
    async with open_door(pool, Scope.IDENTITY, read_only=True):
        factor = await factor_of(person_id, KEY)
    assert factor is not None
    return factor.secret


async def _enrol(one: Browser, pool: Pool, person_id: int, **fields: str) -> list[str]:
    page = await one.get("/me/second-factor")
    answer = await one.post("/me/second-factor/start", fields, csrf=_hidden(page.text))
    assert answer.status_code == 303, answer.text
    page = await one.get("/me/second-factor")
    assert "/me/second-factor/qr.svg" in page.text
    picture = await one.client.get("/me/second-factor/qr.svg")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml")
    # The step before, so that the present one is left for what follows.
    code = code_of(await _secret(pool, person_id), step_at(_now()) - 1)
    answer = await one.post("/me/second-factor/confirmation", {"code": code}, csrf=_hidden(page.text))
    assert answer.status_code == 200, answer.text
    codes = re.findall(r"<code>([A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4})</code>", answer.text)
    assert len(codes) == 10
    return codes


async def _require(pool: Pool, world: World, code: str, *roles: Role) -> None:
    role = Role.PREFECTURE_ADMIN if code == "280003" else Role.TOWN_ADMIN
    context = world.context(code, role)
    async with open_door(pool, context.scope, context.tenant_id):
        await factors.require_for(context, roles)


class TestSigningIn:
    async def test_asks_for_the_code_under_a_new_token(self, app: Any, pool: Pool, world: World):
        person_id, email = world.people[STAFF]
        async with new_browser(app, email) as one, new_browser(app) as two:
            await _enrol(one, pool, person_id, password=PASSWORD)
            assert (await one.get("/")).status_code == 200
            assert (await two.sign_in(email)).status_code == 303
            half = two.client.cookies["yui"]
            answer = await two.get("/programs")
            assert (answer.status_code, answer.headers["location"]) == (303, "/second-factor?next=/programs")
            page = await two.get("/second-factor?next=/me")
            wrong = await two.post("/second-factor", {"code": "000000", "next": "/me"}, csrf=_hidden(page.text))
            assert wrong.status_code == 422
            code = code_of(await _secret(pool, person_id), step_at(_now()))
            answer = await two.post("/second-factor", {"code": code, "next": "/me"}, csrf=_hidden(page.text))
            assert (answer.status_code, answer.headers["location"]) == (303, "/me")
            assert two.client.cookies["yui"] != half
            assert (await two.get("/")).status_code == 200
            two.client.cookies.set("yui", half, domain="yui.test", path="/")
            old = Client(app, {"yui": half})
            assert (await old.send("GET", "/second-factor")).status == 303

    async def test_takes_each_recovery_code_once(self, app: Any, pool: Pool, world: World):
        person_id, email = world.people[STAFF]
        async with new_browser(app, email) as one:
            codes = await _enrol(one, pool, person_id, password=PASSWORD)
        for code, status in ((codes[0].lower(), 303), (codes[0], 422), (codes[1], 303)):
            async with new_browser(app) as two:
                await two.sign_in(email)
                page = await two.get("/second-factor")
                answer = await two.post("/second-factor", {"code": code}, csrf=_hidden(page.text))
                assert answer.status_code == status

    async def test_leads_to_enrolment_first_where_the_role_requires_it(self, app: Any, pool: Pool, world: World):
        person_id, email = world.people[STAFF]
        await _require(pool, world, TOWN, Role.TOWN_STAFF)
        async with new_browser(app) as one:
            assert (await one.sign_in(email)).status_code == 303
            answer = await one.get("/")
            assert (answer.status_code, answer.headers["location"]) == (303, "/me/second-factor")
            await _enrol(one, pool, person_id)
            assert (await one.get("/")).status_code == 200
            page = await one.get("/me/second-factor")
            assert "解除できません" in page.text

    async def test_to_a_tenant_that_requires_it_asks_when_switching(self, app: Any, pool: Pool, world: World):
        from tenants.access import operations as access

        person_id, email = world.people[STAFF]
        async with open_door(pool, Scope.IDENTITY):
            await access.give_role(world.finance, person_id, world.tenants["283011"], Role.TOWN_FINANCE, _now().date())
        await _require(pool, world, "283011", Role.TOWN_FINANCE)
        async with new_browser(app, email) as one:
            assert (await one.get("/")).status_code == 200
            page = await one.get("/organisation")
            number = re.findall(r'name="membership" value="([0-9]+)"', page.text)[-1]
            assert (await one.post("/organisation", {"membership": number})).status_code == 303
            assert (await one.get("/")).headers["location"] == "/me/second-factor"


class TestHalfOpenSession:
    async def test_reaches_nothing_but_the_second_factor(
        self, app: Any, pool: Pool, world: World, database: ClonedDatabase
    ):
        clients = {}
        for who in (STAFF, ("280003", Role.PREFECTURE_ADMIN), (TOWN, Role.TOWN_ADMIN)):
            clients[who] = await signed_in(app, world.people[who][1])
        await _require(pool, world, TOWN, Role.TOWN_STAFF, Role.TOWN_ADMIN)
        await _require(pool, world, "280003", Role.PREFECTURE_ADMIN)
        probes = 0
        for route in routes_of(app_of(app)):
            if route.audience.entry.value != "signed_in":
                continue
            target = route.target(dict.fromkeys(route.parameters, MISSING))
            for client in clients.values():
                if route.audience.half_open:
                    assert route.path.startswith(("/second-factor", "/me/second-factor", "/me/alive", "/sign-out"))
                    continue
                fields = {"csrf_token": client.csrf_token} if route.method == "POST" else None
                answer = await client.send(route.method, target, fields)
                assert answer.status == 303, (route.path, answer.status)
                assert answer.header("location").startswith("/me/second-factor"), route.path
                probes += 1
        assert probes > 100


class TestCode:
    async def test_works_once_also_twenty_times_at_once(self, app: Any, pool: Pool, world: World):
        person_id, email = world.people[STAFF]
        async with new_browser(app, email) as one:
            await _enrol(one, pool, person_id, password=PASSWORD)
        sessions = []
        for _ in range(4):  # below the first delay, so that nothing but single use refuses
            client = Client(app)
            page = await client.send("GET", "/sign-in", remember=True)
            fields = {"csrf_token": _hidden(page.body.decode()), "email": email, "password": PASSWORD}
            await client.send("POST", "/sign-in", fields, remember=True)
            async with open_door(pool, Scope.IDENTITY, read_only=True):
                found = await session_behind(client.cookies["yui"], _now(), _now().date(), LIMITS)
            assert found is not None
            assert found.waits_for == "code"
            sessions.append(found)
        code = code_of(await _secret(pool, person_id), step_at(_now()))
        tries = [factors.prove(pool, session, code, KEY, _now(), ORIGIN) for session in sessions * 5]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(one, str) for one in answers) == 1
        assert all(isinstance(one, str | CodeRefused) for one in answers), answers

    async def test_is_limited_like_a_password(self, app: Any, pool: Pool, world: World, database: ClonedDatabase):
        person_id, email = world.people[STAFF]
        async with new_browser(app, email) as one, new_browser(app) as two:
            await _enrol(one, pool, person_id, password=PASSWORD)
            await two.sign_in(email)
            token = _hidden((await two.get("/second-factor")).text)
            for _ in range(5):
                assert (await two.post("/second-factor", {"code": "000000"}, csrf=token)).status_code == 422
            code = code_of(await _secret(pool, person_id), step_at(_now()))
            assert (await two.post("/second-factor", {"code": code}, csrf=token)).status_code == 422
            with psycopg.connect(database.superuser, autocommit=True) as connection:
                connection.execute("UPDATE attempt_count SET blocked_until = NULL")
            code = code_of(await _secret(pool, person_id), step_at(_now()))
            assert (await two.post("/second-factor", {"code": code}, csrf=token)).status_code == 303


class TestOwnPage:
    async def test_asks_for_the_password_before_it_starts(self, app: Any, world: World):
        async with new_browser(app, world.people[STAFF][1]) as one:
            answer = await one.post("/me/second-factor/start", {"password": "wrong"})
            assert answer.status_code == 422
            assert (await one.get("/me/second-factor/qr.svg")).status_code == 404

    async def test_takes_the_factor_away_for_a_code(self, app: Any, pool: Pool, world: World):
        person_id, email = world.people[STAFF]
        async with new_browser(app, email) as one:
            codes = await _enrol(one, pool, person_id, password=PASSWORD)
            assert (await one.post("/me/second-factor/removal", {"code": "123456"})).status_code == 422
            renewed = await one.post("/me/second-factor/recovery-codes", {"code": codes[0]})
            assert renewed.status_code == 200
            assert codes[1] not in renewed.text
            fresh = re.findall(r"<code>([A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4})</code>", renewed.text)
            assert (await one.post("/me/second-factor/removal", {"code": codes[1]})).status_code == 422
            assert (await one.post("/me/second-factor/removal", {"code": fresh[0]})).status_code == 303
        async with new_browser(app, email) as two:
            assert (await two.get("/")).status_code == 200


class TestStoredSecret:
    async def test_lies_open_nowhere(self, app: Any, pool: Pool, world: World, database: ClonedDatabase):
        person_id, email = world.people[STAFF]
        async with new_browser(app, email) as one:
            codes = await _enrol(one, pool, person_id, password=PASSWORD)
        secret = await _secret(pool, person_id)
        with psycopg.connect(database.superuser) as connection:
            text = str(
                connection.execute(
                    "SELECT (SELECT string_agg(f::text, '') FROM second_factor f), "
                    "(SELECT string_agg(c::text, '') FROM recovery_code c), "
                    "(SELECT string_agg(e::text, '') FROM audit_event e)"
                ).fetchone()
            )
        assert secret.hex() not in text
        assert codes[0] not in text
        assert codes[0].replace("-", "") not in text

    def test_opens_only_for_its_person_purpose_and_key(self):
        sealed = seal(KEY, "second-factor", "7", b"secret")
        assert unseal(KEY, "second-factor", "7", sealed) == b"secret"
        for key, purpose, person in (
            ("y" * 40, "second-factor", "7"),
            (KEY, "draft", "7"),
            (KEY, "second-factor", "8"),
        ):
            with pytest.raises(SealBrokenError):
                unseal(key, purpose, person, sealed)
