"""Every route x role x id: foreign, missing, malformed; and every POST without a right to be sent."""

import itertools
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from litestar import get, post
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from services.assembly.app import build_litestar
from tenants.context import Role, Scope
from tenants.web.headers import HEADERS, with_headers
from tenants.web.routes import AUDIENCE, Audience, Entry, act, audience_of, every_handler
from tests.factories.browsers import running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import PASSWORD, World
from tests.walls.asgi import ABSENT, Answer, Client
from tests.walls.records import (
    MALFORMED,
    MISSING,
    PEOPLE,
    PLAIN,
    SEEN_BY_ALL,
    Records,
    UnknownParameterError,
    plant_records,
)
from tests.walls.scorecard import tell

FEWEST_PROBES = 3_000
STRANGER = "284467"
"""A town nobody of the sweep signs in for; all foreign records are its own."""
_FAULT = 500


@dataclass(frozen=True)
class Route:
    """One handler under one path and method."""

    method: str
    path: str
    audience: Audience

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"\{(\w+):\w+\}", self.path)

    def target(self, values: dict[str, str]) -> str:
        """The path with its parameters filled in."""
        return re.sub(r"\{(\w+):\w+\}", lambda match: values[match.group(1)], self.path)


def routes_of(litestar: Any) -> list[Route]:
    """Every route from the application's own table."""
    return [
        Route(method, path, audience_of(handler))
        for handler in every_handler(litestar)
        for path in sorted(_full_paths(litestar, handler))
        for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"})
    ]


def _full_paths(litestar: Any, handler: HTTPRouteHandler) -> set[str]:
    return {
        route.path_format if not route.path_components else _template(route)
        for route in litestar.routes
        if handler in getattr(route, "route_handlers", [])
    }


def _template(route: Any) -> str:
    parts = [
        part if isinstance(part, str) else f"{{{part.name}:{part.type.__name__ if part.type is str else 'path'}}}"
        for part in route.path_components
    ]
    return "/" + "/".join(parts)


@dataclass
class Field:
    """The application under attack."""

    litestar: Any
    app: Any
    clients: dict[Role | None, Client]
    records: Records
    database: ClonedDatabase
    probes: int = 0

    async def send(self, client: Client, method: str, target: str, *more: Any, **options: Any) -> Answer:
        """One probe; whatever is sent, the product never fails and never forgets its headers."""
        self.probes += 1
        answer = await client.send(method, target, *more, **options)
        assert answer.status < _FAULT, (method, target[:200], answer.status)
        missing = [name for name in HEADERS if not answer.header(name)]
        assert not missing, (method, target[:200], missing)
        return answer

    def written(self) -> dict[str, tuple[int, int]]:
        """A fingerprint of every table but the sessions, whose last-seen time may move."""
        with psycopg.connect(self.database.superuser, autocommit=True) as connection:
            names = connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
                "AND relname <> 'session' ORDER BY 1"
            ).fetchall()
            return {
                name: connection.execute(
                    f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {name} t"
                ).fetchone()
                for (name,) in names
            }


@pytest.fixture
async def field(database: ClonedDatabase, world: World) -> AsyncIterator[Field]:
    """The whole application with a person of every role signed in, and foreign records in every table."""
    records = await plant_records(database.superuser, world, world.tenants[STRANGER])
    async with running_app(settings_for(database)) as app:
        clients: dict[Role | None, Client] = {None: Client(app)}
        for role, code in PEOPLE.items():
            clients[role] = await signed_in(app, world.people[code, role][1])
        yield Field(app_of(app), app, clients, records, database)


def app_of(app: Any) -> Any:
    """The Litestar application inside the layer of headers."""
    return next(cell.cell_contents for cell in app.__closure__ if hasattr(cell.cell_contents, "routes"))


async def signed_in(app: Any, email: str) -> Client:
    """A client with a live session and its CSRF token."""
    client = Client(app)
    page = await client.send("GET", "/sign-in", remember=True)
    fields = {"csrf_token": token_in(page), "email": email, "password": PASSWORD}
    answer = await client.send("POST", "/sign-in", fields, remember=True)
    assert answer.status == 303, answer.body.decode()
    client.csrf_token = token_in(await client.send("GET", "/organisation"))
    assert client.csrf_token
    return client


def token_in(page: Answer) -> str:
    """The token in a page's forms."""
    match = re.search(rb'name="csrf_token" value="([^"]+)"', page.body)
    return match.group(1).decode() if match else ""


def variants(route: Route, records: Records) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(parameter, what it is, all values): one parameter at a time is strange, the others are the person's own."""
    for parameter in route.parameters:
        records.check(parameter)
    own = {one: records.own.get(one, MISSING) for one in route.parameters}
    for parameter in route.parameters:
        if parameter not in PLAIN:
            yield parameter, "missing", {**own, parameter: MISSING}
            if parameter in records.foreign:
                yield parameter, "foreign", {**own, parameter: records.foreign[parameter]}
            if parameter in records.sibling and "program_id" in route.parameters:
                yield parameter, "sibling", {**own, parameter: records.sibling[parameter]}
        for text in MALFORMED:
            yield parameter, "malformed", {**own, parameter: text}


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


STRANGE_TEXTS = (
    "%00",
    "%ED%A0%80",
    "%FF%FE",
    "9" * 400,
    "-9223372036854775809",
    "1e309",
    "NaN",
    "%F0%9F%92%A9" * 50,
    "%22%3E%3Cscript%3E",
    "%27%3B--",
    "..%2F..%2Fetc",
    "{{7*7}}",
    "%0D%0ASet-Cookie:%20a=b",
    "",
)
QUERIES = ("before", "from", "to", "person", "action", "next", "done", "page", "after", "version")
FIELDS = (
    "title",
    "fiscal_year",
    "name",
    "unit",
    "as_of",
    "source",
    "amount_yen",
    "version",
    "members",
    "membership",
    "definition",
    "rate",
    "cap_yen",
    "due_date",
    "kind",
    "key_id",
    "member_id",
    "reason",
    "values",
    "pasted",
)


def strange_bodies(token: str, text: str) -> Iterator[tuple[bytes, dict[str, str]]]:
    """The same strange text in every field, and bodies that are no form at all."""
    fields = "&".join(f"{name}={text}" for name in FIELDS)
    yield f"csrf_token={token}&{fields}".encode(), {}
    yield f"csrf_token={token}&{text}={text}&{text}".encode(), {}
    yield f"csrf_token={token}&idempotency_key={text}".encode(), {}
    yield b"\xff\xfe\x00" + text.encode(), {"x-csrf-token": token}
    yield b"{", {"x-csrf-token": token, "content-type": "application/json"}
    yield b"--x\r\nno", {"x-csrf-token": token, "content-type": "multipart/form-data; boundary=x"}
    yield b"a", {"x-csrf-token": token, "content-type": "multipart/form-data"}


def forgeries(client: Client, other: Client) -> Iterator[tuple[dict[str, str] | bytes, dict[str, str]]]:
    """Forms another site, another session or a careless program could send."""
    good = {"csrf_token": client.csrf_token}
    yield {}, {}
    yield {"csrf_token": ""}, {}
    yield {"csrf_token": other.csrf_token}, {}
    yield {"csrf_token": client.csrf_token[:-1]}, {}
    yield {"csrf_token": client.csrf_token + "\x00"}, {}
    yield {"csrf_token": "合言葉"}, {}
    yield b"csrf_token=%ED%A0%80", {}
    yield b"csrf_token=%FF", {}
    yield {}, {"x-csrf-token": "合言葉"}
    yield {}, {"x-csrf-token": ""}
    yield good, {"x-csrf-token": other.csrf_token}
    yield good, {"sec-fetch-site": "cross-site"}
    yield good, {"sec-fetch-site": "same-site"}
    yield good, {"sec-fetch-site": ""}
    yield good, {"sec-fetch-site": ABSENT, "origin": "https://evil.example"}
    yield good, {"sec-fetch-site": ABSENT, "origin": "null"}


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
        answer = await field.send(client, route.method, route.target(values), fields)
        if what == "foreign" and parameter in SEEN_BY_ALL:
            continue
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
        assert answer.status in {200, 303, 404}, place
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
