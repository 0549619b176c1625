"""One request's visit: who asks, what the session knows, what the frame of the answer shows."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, cast

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.types import Scope as AsgiScope

from tenants.access.operations import Origin, context_of
from tenants.access.rules import SessionLimits, SignedIn
from tenants.api.rules import Caller
from tenants.audit.trail import Subject
from tenants.calendar import JST
from tenants.context import TenantContext
from tenants.database.transaction import Pool
from tenants.errors import NotAllowed
from tenants.jobs.outbox import Send
from tenants.storage import Storage
from tenants.web.rendering import Notice

_KEY = "yui_visit"


@dataclass(frozen=True, slots=True)
class Site:
    """What one web process knows about its deployment; made by the assembly, read by middleware and pages."""

    pool: Pool
    send: Send
    storage: Storage
    limits: SessionLimits
    secret_key: str
    secure_cookies: bool
    prefecture_name: str
    is_demo: bool
    version: str

    @property
    def session_cookie(self) -> str:
        """The session cookie's name; with TLS it carries the prefix that binds it to this host and path."""
        return "__Host-yui" if self.secure_cookies else "yui"


@dataclass(frozen=True, slots=True)
class RefusedAct:
    """An attempt that is refused, and with it rolled back, and must stand in the trail all the same."""

    action: str
    subject: Subject
    after: Mapping[str, Any]


class StoredContent(Protocol):
    """A stored file that is open for sending; ``tenants.web.stored`` makes it."""

    size: int

    async def next_chunk(self) -> bytes:
        """The next piece, empty after the last."""

    async def close(self) -> None:
        """Gives its connection back."""


@dataclass
class Visit:
    """Made by the middleware for every request that reaches a handler."""

    request_id: str
    address: str
    now: datetime
    signed_in: SignedIn | None = None
    caller: Caller | None = None
    """The token a program asks with; pages know none, the API knows no session."""
    csrf_token: str = ""
    page_title: str = ""
    """What the page that is answered calls itself; downloads and forms' answers have none."""
    notices: list[Notice] = field(default_factory=list)
    set_cookies: list[str] = field(default_factory=list)
    sent_jobs: list[tuple[int, int, str]] = field(default_factory=list)
    """What the committed transaction put into the outbox."""
    stored: StoredContent | None = None
    """The stored file this request is answered with."""
    refused_acts: list[RefusedAct] = field(default_factory=list)
    """Recorded in a transaction of their own once the request's has ended."""

    @property
    def today(self) -> date:
        """The day in Japan; ``now`` is Japanese time already."""
        return self.now.date()

    @property
    def origin(self) -> Origin:
        """Request id and address, for the trail."""
        return Origin(self.request_id, self.address)

    @property
    def context(self) -> TenantContext:
        """The context of the signed-in person or of a token's; raises NotAllowed before sign-in."""
        if self.caller is not None:
            return self.caller.context(self.request_id, self.address)
        if self.signed_in is None:
            raise NotAllowed
        return context_of(self.signed_in, self.origin)


def new_visit(scope: AsgiScope) -> Visit:
    """A visit at the present moment under a fresh request id, kept in the ASGI scope."""
    client = scope.get("client")
    visit = Visit(
        request_id=secrets.token_hex(8),  # 64 bits: unique among the requests anybody will ever ask about
        address=client[0] if client else "",
        now=datetime.now(JST),
    )
    scope["state"][_KEY] = visit
    return visit


def visit_of(connection: ASGIConnection[Any, Any, Any, Any] | AsgiScope) -> Visit | None:
    """The visit of this request; None when no route was found for it."""
    scope = connection if isinstance(connection, dict) else connection.scope
    return cast("Visit | None", (scope.get("state") or {}).get(_KEY))


def visit(request: Request[Any, Any, Any]) -> Visit:
    """The visit of a request that reached a handler."""
    found = visit_of(request)
    if found is None:
        raise RuntimeError("the handler stands outside the middleware")
    return found


def site(request: Request[Any, Any, Any]) -> Site:
    """The deployment this process serves."""
    return cast("Site", request.app.state.site)
