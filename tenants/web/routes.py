"""How a route is declared: every handler names who may use it; a route without a declaration stops the start.

``page`` reads, ``act`` writes. The guard compares the session's role with the declaration before the handler runs.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from litestar import Litestar, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from tenants.context import Role, Scope
from tenants.errors import NotAllowed
from tenants.web.visit import Visit, visit_of

Declare = Callable[[Callable[..., Any]], HTTPRouteHandler]

AUDIENCE = "yui_audience"
LITESTAR_OWN = frozenset({"OPTIONS"})
"""Methods the framework answers itself, with nothing but the list of methods."""

PREFECTURE = frozenset({Role.LIAISON, Role.PREFECTURE_FINANCE, Role.PREFECTURE_ADMIN})
TOWN_MONEY = frozenset({Role.TOWN_FINANCE, Role.TOWN_ADMIN})
EVERYBODY = frozenset(Role)


class Entry(Enum):
    """How far a request comes without a role."""

    OPEN = "open"
    """Anybody; no transaction is opened (static files, manual, status)."""
    IDENTITY = "identity"
    """Anybody; the transaction can only find out who asks (sign-in)."""
    SIGNED_IN = "signed_in"
    """A live session in one of the declared roles."""
    TOKEN = "token"  # noqa: S105  (a word, not a secret)
    """A live token of one of the declared roles that carries the verb (the API)."""


WITH_ROLE = frozenset({Entry.SIGNED_IN, Entry.TOKEN})
"""Entries that only people in a declared role come through."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may use a route."""

    entry: Entry
    roles: frozenset[Role] = frozenset()
    module: str | None = None
    """The module the tenant must be entitled to, if any; without it the route is not found."""
    identity: bool = False
    """A signed-in person's own session is changed: the handler stays in the identity scope."""
    verb: str = ""
    """What a token must be allowed (``costs:write``); empty for pages, and for what every token may ask."""
    half_open: bool = False
    """Reachable while a session still waits for its second factor; nothing else is."""
    supporting: bool = False
    """May be sent while the prefecture looks into a town's records, when nothing else may be changed."""
    own_doors: bool = False
    """No transaction is open around the handler: its operation opens several, because a refused attempt must stay
    counted although a refusal rolls back."""
    uploads: bool = False
    """Takes a file: the body may be as long as one, and is received before the transaction opens."""


def page(
    path: str,
    *,
    roles: Iterable[Role],
    module: str | None = None,
    identity: bool = False,
    half_open: bool = False,
) -> Declare:
    """A GET handler in a READ ONLY transaction for ``roles``."""
    audience = Audience(Entry.SIGNED_IN, frozenset(roles), module, identity=identity, half_open=half_open)
    return get(path, opt={AUDIENCE: audience})


def act(
    path: str,
    *,
    roles: Iterable[Role],
    module: str | None = None,
    identity: bool = False,
    half_open: bool = False,
    own_doors: bool = False,
    supporting: bool = False,
    uploads: bool = False,
) -> Declare:
    """A POST handler in a writing transaction for ``roles``; it answers 303 after success (post, redirect, get)."""
    audience = Audience(
        Entry.SIGNED_IN,
        frozenset(roles),
        module,
        identity=identity or own_doors,
        half_open=half_open,
        own_doors=own_doors,
        supporting=supporting,
        uploads=uploads,
    )
    return post(path, opt={AUDIENCE: audience}, status_code=303)


def open_page(path: str, *, entry: Entry = Entry.OPEN) -> Declare:
    """A GET handler for anybody."""
    return get(path, opt={AUDIENCE: Audience(entry)})


def open_act(path: str, *, own_doors: bool = False, uploads: bool = False) -> Declare:
    """A POST handler for anybody, in the identity scope (sign-in, the check of papers)."""
    audience = Audience(Entry.IDENTITY, own_doors=own_doors, uploads=uploads)
    return post(path, opt={AUDIENCE: audience}, status_code=303)


def audience_of(handler: BaseRouteHandler) -> Audience:
    """The declaration of a handler; raises ImproperlyConfiguredException when it has none."""
    if isinstance(handler, HTTPRouteHandler) and handler.http_methods <= LITESTAR_OWN:
        return Audience(Entry.OPEN)
    audience = handler.opt.get(AUDIENCE)
    if not isinstance(audience, Audience):
        raise ImproperlyConfiguredException(f"the route handler {handler} does not say who may use it")
    if audience.entry in WITH_ROLE and not audience.roles:
        raise ImproperlyConfiguredException(f"the route handler {handler} is for nobody")
    return audience


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises NotAllowed unless the role of the session or the token is declared on the route.

    Waits for nothing; the framework would send a plain function to another thread for every request.
    """
    check_role(connection, handler)


def check_role(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The same for what must be refused before the handler's turn comes. Raises NotAllowed."""
    audience = audience_of(handler)
    visit = visit_of(connection)
    if audience.entry in WITH_ROLE and (visit is None or not _may(audience, visit)):
        raise NotAllowed


def _may(audience: Audience, visit: Visit) -> bool:
    if audience.entry is Entry.TOKEN:
        caller = visit.caller
        return (
            caller is not None
            and caller.role in audience.roles
            and (not audience.verb or audience.verb in caller.verbs)
        )
    signed_in = visit.signed_in
    if signed_in is None or signed_in.role not in audience.roles:
        return False
    return not signed_in.waits_for or audience.half_open


def check_declared(app: Litestar) -> None:
    """Raises at start when a route of ``app`` has no declaration or the guard is missing."""
    if guard not in (app.guards or []):
        raise ImproperlyConfiguredException("the application does not guard its routes")
    for handler in every_handler(app):
        audience_of(handler)


def every_handler(app: Litestar) -> list[HTTPRouteHandler]:
    """All HTTP handlers of the application, once each, by path."""
    seen: dict[int, HTTPRouteHandler] = {}
    for route in sorted(app.routes, key=lambda one: one.path):
        for handler in getattr(route, "route_handlers", []):
            if isinstance(handler, HTTPRouteHandler) and not handler.http_methods <= LITESTAR_OWN:
                seen.setdefault(id(handler), handler)
    return list(seen.values())


def reach(audience: Audience, role: Role) -> bool:
    """Whether ``role`` may use a route of this audience."""
    return audience.entry not in WITH_ROLE or role in audience.roles


def scope_for(audience: Audience, role: Role) -> Scope:
    """The database scope in which the handler runs."""
    return Scope.IDENTITY if audience.identity else role.scope
