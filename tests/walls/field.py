"""The application under attack: its routes, a client per role, records of others, a count of what was tried."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from litestar.handlers import HTTPRouteHandler

from tenants.context import Role
from tenants.web.headers import HEADERS
from tenants.web.routes import Audience, Entry, audience_of, every_handler
from tests.factories.databases import ClonedDatabase, fingerprint
from tests.factories.worlds import PASSWORD
from tests.walls.asgi import Answer, Client
from tests.walls.records import (
    MALFORMED,
    MISSING,
    PLAIN,
    Records,
)

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


def routes_of(litestar: Any, *, api: bool = False) -> list[Route]:
    """Every route of people's pages from the application's own table; or every route of the API."""
    return [
        Route(method, path, audience_of(handler))
        for handler in every_handler(litestar)
        if (audience_of(handler).entry is Entry.TOKEN) == api
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
        return fingerprint(self.database)


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
