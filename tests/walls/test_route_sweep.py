"""Every route x role x id: foreign, missing, malformed; and every POST without a right to be sent."""

import itertools
import time
from collections.abc import AsyncIterator

import pytest
from litestar import get, post
from litestar.exceptions import ImproperlyConfiguredException
from litestar.params import FromPath

from services.assembly.app import build_litestar
from tenants.context import Role, Scope
from tenants.web.headers import with_headers
from tenants.web.routes import AUDIENCE, Audience, Entry, act
from tests.factories.browsers import running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import World
from tests.walls.asgi import Answer, Client
from tests.walls.field import STRANGER, Field, Route, app_of, routes_of, signed_in, variants
from tests.walls.hostile import QUERIES, STRANGE_TEXTS, forgeries, strange_bodies
from tests.walls.records import (
    MISSING,
    PEOPLE,
    SEEN_BY_ALL,
    UnknownParameterError,
    plant_records,
)
from tests.walls.scorecard import tell

FEWEST_PROBES = 3_000


@pytest.fixture
async def field(database: ClonedDatabase, world: World) -> AsyncIterator[Field]:
    """The whole application with a person of every role signed in, and foreign records in every table."""
    records = await plant_records(database.superuser, world, world.tenants[STRANGER])
    async with running_app(settings_for(database)) as app:
        clients: dict[Role | None, Client] = {None: Client(app)}
        for role, code in PEOPLE.items():
            clients[role] = await signed_in(app, world.people[code, role][1])
        yield Field(app_of(app), app, clients, records, database)


class TestEveryRoute:
    async def test_answers_strange_ids_alike_and_strange_roles_never(self, field: Field):
        started = time.monotonic()
        routes = routes_of(field.litestar)
        assert len(routes) > 20
        for route, (role, client) in itertools.product(routes, field.clients.items()):
            await _sweep(field, route, role, client)
        tell(
            "route sweep",
            probes=field.probes,
            routes=len(routes),
            roles=len(field.clients),
            seconds=round(time.monotonic() - started, 1),
            seed="none: every combination",
        )
        assert field.probes >= FEWEST_PROBES

    async def test_refuses_what_was_not_sent_from_its_own_page(self, field: Field):
        acts = [route for route in routes_of(field.litestar) if route.method == "POST"]
        before, probes = field.written(), 0
        for route in acts:
            target = route.target({one: field.records.own.get(one, MISSING) for one in route.parameters})
            if route.audience.entry is not Entry.SIGNED_IN:
                continue
            role = min(route.audience.roles)
            client, other = (
                field.clients[role],
                next(one for who, one in field.clients.items() if who not in {role, None}),
            )
            for fields, headers in forgeries(client, other):
                answer = await field.send(client, "POST", target, fields, headers)
                assert answer.status == 403, (target, fields, headers, answer.status)
                probes += 1
        tell("forged requests", acts=len(acts), probes=probes, written=0)
        assert field.written() == before
        assert probes >= len(acts) > 3

    async def test_takes_no_other_method(self, field: Field):
        for route in routes_of(field.litestar):
            target = route.target(dict.fromkeys(route.parameters, "1"))
            for method in ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
                for client in (field.clients[None], field.clients[Role.PREFECTURE_FINANCE]):
                    answer = await field.send(client, method, target)
                    assert answer.status != 200 or method in {"HEAD", "OPTIONS"}, (method, target)

    async def test_takes_strange_queries_and_forms_without_failing(self, field: Field):
        before = field.written()
        for route in routes_of(field.litestar):
            target = route.target({one: field.records.own.get(one, MISSING) for one in route.parameters})
            roles = sorted(route.audience.roles) or [Role.PREFECTURE_FINANCE]
            client = field.clients[roles[0]]
            for text in STRANGE_TEXTS:
                if route.method == "GET":
                    await field.send(client, "GET", target + "?" + "&".join(f"{name}={text}" for name in QUERIES))
                elif route.audience.entry is Entry.SIGNED_IN and not route.audience.identity:
                    for body, headers in strange_bodies(client.csrf_token, text):
                        answer = await field.send(client, "POST", target, body, headers)
                        assert answer.status >= 300, (target, text, answer.status)
        after = field.written()
        assert {name for name in before if before[name] != after[name]} <= {"answered_request"}


async def _sweep(field: Field, route: Route, role: Role | None, client: Client) -> None:
    fields = {"csrf_token": client.csrf_token} if route.method == "POST" else None
    allowed = route.audience.entry is not Entry.SIGNED_IN or role in route.audience.roles
    if route.audience.entry is Entry.OPEN and role not in {None, Role.FIELD_CREW}:
        return  # the product does not even look who asks
    if not route.parameters:
        if allowed and route.method == "POST":
            return  # an act of its own slice's tests
        answer = await field.send(client, route.method, route.target({}), fields)
        _check(route, role, allowed, "plain", answer)
        return
    answers: dict[str, dict[str, Answer]] = {}
    for number, (parameter, what, values) in enumerate(variants(route, field.records)):
        if what == "malformed" and role not in {None, min(route.audience.roles, default=None)} and number % 5:
            continue  # how a number is read does not depend on the role: one of them tries every text
        if what == "foreign" and parameter in SEEN_BY_ALL and role is not None and role.scope is Scope.PREFECTURE:
            continue  # its own record to see; the planted row means nothing a page could show
        answer = await field.send(client, route.method, route.target(values), fields)
        _check(route, role, allowed, what, answer)
        if allowed and what in {"missing", "foreign", "sibling"}:
            answers.setdefault(parameter, {})[what] = answer
    for parameter, found in answers.items():
        for what, answer in found.items():
            assert answer.status == 404, (route, role, parameter, what, answer.status)
            assert answer.fixed == found["missing"].fixed, (route, role, parameter, what)


def _check(route: Route, role: Role | None, allowed: bool, what: str, answer: Answer) -> None:
    place = (route.method, route.path, role, what, answer.status)
    if route.audience.entry is not Entry.SIGNED_IN:
        forged = {403} if role is None and route.method == "POST" else set()  # sent from no page of ours
        assert answer.status in {200, 303, 404} | forged, place
    elif role is None:
        assert answer.status in {303, 404, 400}, place
        assert answer.status != 303 or answer.header("location").startswith("/sign-in"), place
    elif not allowed:
        assert answer.status in {403, 404}, place
    elif what == "malformed":
        assert answer.status in {404, 400}, place


class TestPlantedRoutes:
    def test_without_a_declaration_stop_the_start(self, database: ClonedDatabase):
        @get("/open")
        async def open_to_all() -> str:
            return ""

        with pytest.raises(ImproperlyConfiguredException, match="does not say who may use it"):
            build_litestar(settings_for(database), extra_handlers=(open_to_all,))

    def test_for_nobody_stop_the_start(self, database: ClonedDatabase):
        @act("/nobody", roles=())
        async def for_nobody() -> None: ...

        @post("/nobody-either", opt={AUDIENCE: Audience(Entry.SIGNED_IN)})
        async def for_nobody_either() -> None: ...

        for handler in (for_nobody, for_nobody_either):
            with pytest.raises(ImproperlyConfiguredException, match="for nobody"):
                build_litestar(settings_for(database), extra_handlers=(handler,))

    async def test_with_an_unknown_parameter_fail_the_sweep(self, field: Field):
        route = Route("GET", "/pipes/{pipe_id:str}", Audience(Entry.SIGNED_IN, frozenset(Role)))
        with pytest.raises(UnknownParameterError):
            list(variants(route, field.records))

    async def test_that_show_a_foreign_record_are_found(self, database: ClonedDatabase, field: Field):
        @get("/leak/{job_id:str}", opt={AUDIENCE: Audience(Entry.SIGNED_IN, frozenset({Role.TOWN_STAFF}))})
        async def leak(job_id: FromPath[str]) -> str:
            return job_id

        litestar = build_litestar(settings_for(database), extra_handlers=(leak,))
        await litestar.state.site.pool.open()
        try:
            app = with_headers(litestar, secure=False)
            client = Client(app, field.clients[Role.TOWN_STAFF].cookies, field.clients[Role.TOWN_STAFF].csrf_token)
            route = next(one for one in routes_of(litestar) if one.path.startswith("/leak"))
            with pytest.raises(AssertionError):
                await _sweep(Field(litestar, app, {}, field.records, database), route, Role.TOWN_STAFF, client)
        finally:
            await litestar.state.site.pool.close()


def test_every_role_signs_in_somewhere():
    assert set(PEOPLE) == set(Role)
    assert {role.scope for role in PEOPLE} == set(Scope) - {Scope.IDENTITY, Scope.JOBS}
