"""Every route of the API x role x id, as programs with tokens: foreign, missing, malformed; half verbs; no token."""

import itertools
import json
import time
from collections.abc import AsyncIterator

import pytest

from tenants.context import Role
from tests.factories.api_clients import give_token
from tests.factories.browsers import running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import World
from tests.walls.asgi import Answer, Client
from tests.walls.field import STRANGER, Field, Route, app_of, routes_of, signed_in, variants
from tests.walls.hostile import STRANGE_TEXTS
from tests.walls.records import MISSING, PEOPLE, SEEN_BY_ALL, plant_records
from tests.walls.scorecard import tell

FEWEST_PROBES = 3_000
PROBLEM = "application/problem+json"
_QUERIES = ("limit", "cursor", "from", "to", "person", "action", "done")
_BODIES = (b"", b"{", b"[]", b"null", b"1e400", b'{"title":1.5}', b'"\\ud800"', b"[" * 50_000, b"\xff\xfe")


@pytest.fixture
async def field(database: ClonedDatabase, world: World) -> AsyncIterator[Field]:
    """The whole application, a token of every role with every verb, and foreign records in every table."""
    records = await plant_records(database.superuser, world, world.tenants[STRANGER])
    async with running_app(settings_for(database)) as app:
        app_of(app).state.token_rate.per_minute = 1_000_000  # the sweep is one program that asks everything
        clients: dict[Role | None, Client] = {None: Client(app)}
        for role, code in PEOPLE.items():
            token = await give_token(world.pool, world.context(code, role))
            clients[role] = Client(app, token=token)
        yield Field(app_of(app), app, clients, records, database)


class TestEveryRoute:
    async def test_answers_strange_ids_alike_and_strange_roles_never(self, field: Field):
        started = time.monotonic()
        routes = routes_of(field.litestar, api=True)
        assert len(routes) > 40
        for route, (role, client) in itertools.product(routes, field.clients.items()):
            await _sweep(field, route, role, client)
        tell(
            "API sweep",
            probes=field.probes,
            routes=len(routes),
            roles=len(field.clients),
            seconds=round(time.monotonic() - started, 1),
            seed="none: every combination",
        )
        assert field.probes >= FEWEST_PROBES

    async def test_asks_for_its_verb(self, field: Field, world: World):
        """A token for everything but this verb, and one for nothing, come no further than their role."""
        before = field.written()
        routes = [route for route in routes_of(field.litestar, api=True) if route.audience.verb]
        all_verbs = {route.audience.verb for route in routes}
        for route in routes:
            role = min(route.audience.roles)
            for verbs in (all_verbs - {route.audience.verb}, set()):
                token = await give_token(world.pool, world.context(PEOPLE[role], role), sorted(verbs))
                answer = await _send(field, Client(field.app, token=token), route, _own(field, route))
                assert answer.status == 403, (route, verbs)
        after = field.written()
        assert {name for name in before if before[name] != after[name]} == {"api_token"}

    async def test_knows_no_cookies_and_pages_know_no_tokens(self, field: Field, world: World):
        email = world.people["280003", Role.PREFECTURE_FINANCE][1]
        person = await signed_in(field.app, email)
        for route in routes_of(field.litestar, api=True):
            if Role.PREFECTURE_FINANCE in route.audience.roles:
                answer = await _send(field, person, route, _own(field, route))
                assert answer.status == 401, route
        program = field.clients[Role.PREFECTURE_FINANCE]
        for route in routes_of(field.litestar):
            if route.method == "GET" and Role.PREFECTURE_FINANCE in route.audience.roles:
                answer = await field.send(program, "GET", _own(field, route))
                assert answer.status == 303, route
                assert answer.header("location").startswith("/sign-in")

    async def test_takes_strange_queries_bodies_and_headers_without_failing(self, field: Field):
        before, probes = field.written(), field.probes
        for route in routes_of(field.litestar, api=True):
            target, client = _own(field, route), field.clients[min(route.audience.roles)]
            if route.method == "GET":
                for text in STRANGE_TEXTS:
                    query = "&".join(f"{name}={text}" for name in _QUERIES)
                    _is_json(await field.send(client, "GET", f"{target}?{query}"), route)
                continue
            for number, body in enumerate(_BODIES):
                for media in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
                    headers = {"content-type": media, "idempotency-key": f"strange-{number}-{media[:4]}"}
                    headers["if-match"] = ('"1"', '"x"', "*", 'W/"1"', '"99999999999999999999"', "\xff")[number % 6]
                    answer = await field.send(client, route.method, target, body, headers)
                    assert answer.status >= 400 or route.path.endswith("/attempts"), (route, body, answer.status)
                    _is_json(answer, route)
        after = field.written()
        assert {name for name in before if before[name] != after[name]} <= {"api_token"}
        tell("API strange bodies", probes=field.probes - probes, faults=0)

    async def test_takes_no_other_method_and_says_so_as_a_problem(self, field: Field):
        by_path: dict[str, set[str]] = {}
        for route in routes_of(field.litestar, api=True):
            by_path.setdefault(route.path, set()).add(route.method)
        for path, methods in by_path.items():
            route = Route("GET", path, routes_of(field.litestar, api=True)[0].audience)
            for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - methods):
                answer = await field.send(field.clients[Role.PREFECTURE_FINANCE], method, _own(field, route))
                assert answer.status == 405, (method, path, answer.status)
                _is_json(answer, route)
        for target in ("/api", "/api/", "/api/v1", "/api/v2/programs", "/api/v1/nothing", "/api/v1/programs/1/x"):
            answer = await field.send(field.clients[Role.PREFECTURE_FINANCE], "GET", target)
            assert answer.status == 404, target
            _is_json(answer, Route("GET", target, routes_of(field.litestar, api=True)[0].audience))


def _own(field: Field, route: Route) -> str:
    return route.target({one: field.records.own.get(one, MISSING) for one in route.parameters})


async def _send(field: Field, client: Client, route: Route, target: str) -> Answer:
    if route.method == "GET":
        return await field.send(client, "GET", target)
    headers = {"content-type": "application/json", "idempotency-key": f"sweep-{field.probes:012}", "if-match": '"1"'}
    return await field.send(client, route.method, target, b"{}", headers)


async def _sweep(field: Field, route: Route, role: Role | None, client: Client) -> None:
    allowed = role in route.audience.roles
    if not route.parameters:
        answer = await _send(field, client, route, route.target({}))
        _check(route, role, allowed, "plain", answer)
        return
    answers: dict[str, dict[str, Answer]] = {}
    for number, (parameter, what, values) in enumerate(variants(route, field.records)):
        if what == "malformed" and role not in {None, min(route.audience.roles)} and number % 5:
            continue  # how a number is read does not depend on the role: one of them tries every text
        if what == "foreign" and parameter in SEEN_BY_ALL and role is not None and role.scope.name == "PREFECTURE":
            continue  # its own record to see; the planted row means nothing an answer could show
        answer = await _send(field, client, route, route.target(values))
        _check(route, role, allowed, what, answer)
        if allowed and what in {"missing", "foreign", "sibling"}:
            answers.setdefault(parameter, {})[what] = answer
    for parameter, found in answers.items():
        for what, answer in found.items():
            assert answer.status == 404, (route, role, parameter, what, answer.status)
            assert answer.fixed == found["missing"].fixed, (route, role, parameter, what)


def _check(route: Route, role: Role | None, allowed: bool, what: str, answer: Answer) -> None:
    place = (route.method, route.path, role, what, answer.status)
    if role is None:
        # An address that names no route at all is not found before anybody is asked for.
        assert answer.status in {401, 404, 405}, place
        assert answer.status != 401 or answer.header("www-authenticate").startswith("Bearer"), place
    elif not allowed:
        assert answer.status in {403, 404, 405}, place
    elif what == "malformed":
        assert answer.status in {404, 405}, place
    elif what == "plain":
        assert answer.status in ({200, 404} if route.method == "GET" else {422}), place
    _is_json(answer, route)


def _is_json(answer: Answer, route: Route) -> None:
    if answer.status >= 400:
        assert answer.header("content-type") == PROBLEM, (route, answer.status, answer.body[:200])
        document = json.loads(answer.body)
        assert document["status"] == answer.status
        assert ("request_id" in document) == (answer.status != 404)
