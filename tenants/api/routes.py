"""How a route of the API is declared: who, with which verb, what comes in and what goes out.

The description (OpenAPI) is made from these declarations, so nothing is described that is not declared.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from litestar import Litestar, delete, get, post, put
from litestar.handlers import HTTPRouteHandler

from tenants.context import Role
from tenants.web.routes import AUDIENCE, Audience, Entry, every_handler

Declare = Callable[[Callable[..., Any]], HTTPRouteHandler]
VERSION = "/api/v1"
DESCRIBED = "yui_described"
_METHODS = {"POST": post, "PUT": put, "DELETE": delete}
_SUCCESS = {"POST": 201, "PUT": 200, "DELETE": 204}
_NO_BODY = 204


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter of a reading route: its name, what it means, and an example."""

    name: str
    meaning: str
    example: str


@dataclass(frozen=True, slots=True)
class Described:
    """What the description says about one route beside its path and audience."""

    summary: str
    status: int
    answers: Any = None
    """The type of the body that goes out; a text is the media type of a file; None for no body."""
    body: Any = None
    """The type of the body that comes in."""
    versioned: bool = False
    """Whether the answer carries an ETag."""
    if_match: bool = False
    """Whether the request must say which version it was made from."""
    once: bool = False
    """Whether the request must carry an Idempotency-Key."""
    listed: bool = False
    """Whether the answer is a page of a list (``answers`` is then the type of one entry)."""
    queries: tuple[Query, ...] = ()
    examples: Mapping[str, Any] | None = None


def api_read(
    path: str,
    *,
    roles: Iterable[Role],
    verb: str,
    summary: str,
    answers: Any,
    module: str | None = None,
    versioned: bool = False,
    listed: bool = False,
    queries: tuple[Query, ...] = (),
) -> Declare:
    """A GET handler in a READ ONLY transaction for tokens of ``roles`` that carry ``verb``."""
    described = Described(summary, 200, answers, versioned=versioned, listed=listed, queries=queries)
    audience = Audience(Entry.TOKEN, frozenset(roles), module, verb=verb)
    return get(VERSION + path, opt={AUDIENCE: audience, DESCRIBED: described})


def api_act(
    path: str,
    *,
    roles: Iterable[Role],
    verb: str,
    summary: str,
    method: Literal["POST", "PUT", "DELETE"] = "POST",
    answers: Any = None,
    body: Any = None,
    module: str | None = None,
    versioned: bool = False,
    if_match: bool = False,
    status: int | None = None,
    example: Mapping[str, Any] | None = None,
) -> Declare:
    """A writing handler for tokens of ``roles`` that carry ``verb``.

    POST creates or decides and needs an Idempotency-Key; PUT replaces and DELETE deletes the version of If-Match.
    """
    described = Described(
        summary,
        status or _SUCCESS[method],
        answers,
        body,
        versioned=versioned,
        if_match=if_match,
        once=method == "POST",
        examples=example,
    )
    audience = Audience(Entry.TOKEN, frozenset(roles), module, verb=verb)
    declare = _METHODS[method]
    # The framework refuses handlers of 204 that answer with a Response; ours says 204 itself.
    shown = 200 if described.status == _NO_BODY else described.status
    return declare(VERSION + path, opt={AUDIENCE: audience, DESCRIBED: described}, status_code=shown)


def api_handlers(app: Litestar) -> list[HTTPRouteHandler]:
    """Every handler of the API, by path and method."""
    found = [one for one in every_handler(app) if DESCRIBED in one.opt]
    return sorted(found, key=lambda one: (min(one.paths), min(one.http_methods)))


def verbs_for(app: Litestar, role: Role) -> frozenset[str]:
    """The verbs that let a token of this role do anything at all."""
    audiences: list[Audience] = [one.opt[AUDIENCE] for one in api_handlers(app)]
    return frozenset(one.verb for one in audiences if one.verb and role in one.roles)
