"""The door of a request: session → tenant context → transaction → handler → commit → first byte.

Opened in ASGI middleware, never in a dependency: dependencies resolve in tasks of their own, where the open
transaction would be lost. Answers of 400 and above roll back; nothing is sent before the commit is known.
"""

import logging
from contextlib import suppress
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from tenants.access.operations import own_context_of, touch_session
from tenants.access.queries import session_behind
from tenants.access.rules import TOUCH_AFTER
from tenants.api.callers import find_caller, note_use_of_token
from tenants.audit.trail import record
from tenants.context import PREFECTURE_TENANT_ID
from tenants.context import Scope as DatabaseScope
from tenants.database.transaction import Door, open_door
from tenants.errors import NotFound
from tenants.jobs import outbox
from tenants.support.operations import record_view
from tenants.support.rules import OnlyLooking
from tenants.web.answered import Replayed, answered_before, keep_answer
from tenants.web.csrf import BEFORE_SIGN_IN_COOKIE, check_origin, check_token, entrance_token
from tenants.web.drafts import keep_what_was_typed, put_back_what_was_typed
from tenants.web.form_data import closing_files
from tenants.web.held import HeldAnswer
from tenants.web.routes import WITH_ROLE, Audience, Entry, audience_of, check_role, scope_for
from tenants.web.stored import closing_content
from tenants.web.uploads import receive_file
from tenants.web.visit import Site, Visit, new_visit

logger = logging.getLogger(__name__)
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_ROLLBACK_FROM = 400
_LONGEST_PART = 255
"""Bytes of one part of a path: the longest file name a file system takes; no id or name of ours is near it."""


class _RolledBack(Exception):  # noqa: N818  (not a fault: the answer says what was wrong)
    """Ends the transaction of an answer that refuses something."""


class SignInFirst(Exception):  # noqa: N818
    """No live session; the person is sent to sign in and comes back to ``next_url``."""

    def __init__(self, next_url: str) -> None:
        super().__init__(next_url)
        self.next_url = next_url


class SecondFactorFirst(Exception):  # noqa: N818
    """The session still waits for the second factor: ``waits_for`` says for the code or for the enrolment."""

    def __init__(self, waits_for: str, next_url: str) -> None:
        super().__init__(waits_for)
        self.waits_for = waits_for
        self.next_url = next_url


class DoorMiddleware(ASGIMiddleware):
    """Opens one transaction per request, as the database role of who asks."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answers one request."""
        request: Request[Any, Any, Any] = Request(scope, receive)
        site: Site = request.app.state.site
        visit = new_visit(scope)
        _check_path(scope["path"])
        audience = audience_of(scope["route_handler"])
        answer = HeldAnswer(visit, send)
        if audience.entry is Entry.OPEN:  # no transaction to wait for: fonts and pictures stream as they are read
            await next_app(scope, receive, answer.pass_on)
            return
        async with closing_files(request), closing_content(visit):
            try:
                with suppress(_RolledBack):
                    if audience.uploads:
                        await receive_file(request, site, lambda: _find_session(request, site, visit, audience))
                    await self._through_the_door(request, site, visit, audience, answer, next_app)
            except SignInFirst as late:
                if request.method not in _READING and not audience.identity:
                    late.next_url = await keep_what_was_typed(request, site, visit)
                raise
            if audience.own_doors:
                await next_app(scope, receive, answer.keep)
            await _record_refused(site, visit)
            await _note_support_view(site, visit, answer.status, request)
            if request.method == "GET":
                await put_back_what_was_typed(request, site, visit, answer)
            await answer.send_all()
            await outbox.send_now(site.pool, site.send, visit.sent_jobs, visit.now)
            await _note_use(visit, site)
            await note_use_of_token(visit, site.pool)

    async def _through_the_door(
        self,
        request: Request[Any, Any, Any],
        site: Site,
        visit: Visit,
        audience: Audience,
        answer: HeldAnswer,
        next_app: ASGIApp,
    ) -> None:
        reading = request.method in _READING
        by_token = audience.entry is Entry.TOKEN
        if not reading and not by_token:
            check_origin(request)
        async with open_door(site.pool, DatabaseScope.IDENTITY, read_only=reading or audience.own_doors) as door:
            if by_token:
                visit.caller = await find_caller(request, visit)
                # before an answer kept for another verb is given again
                check_role(request, request.scope["route_handler"])
            else:
                await _find_session(request, site, visit, audience)
            if not reading and not by_token:
                await check_token(request, visit.csrf_token)
            _check_support(visit, audience, reading=reading)
            if audience.own_doors:
                return
            if audience.entry in WITH_ROLE:
                await _enter(door, audience, visit)
            key = None
            if not reading and audience.entry in WITH_ROLE and not audience.identity:
                try:
                    key = await answered_before(request, visit)
                except Replayed as replay:
                    answer.replay(replay)
                    return
            await next_app(request.scope, request.receive, answer.keep)
            if answer.status >= _ROLLBACK_FROM:
                raise _RolledBack
            if key is not None:
                await keep_answer(
                    key,
                    visit,
                    answer.status,
                    answer.header("location"),
                    answer.header("content-type"),
                    answer.header("etag"),
                    answer.body,
                )
        visit.sent_jobs = door.sent_jobs


def _check_path(path: str) -> None:
    """Raises NotFound for an address that could name no record and no file: the file system would fail on it."""
    too_long = any(len(part.encode("utf-8", "surrogatepass")) > _LONGEST_PART for part in path.split("/"))
    if too_long or "\x00" in path:
        raise NotFound


async def _find_session(request: Request[Any, Any, Any], site: Site, visit: Visit, audience: Audience) -> None:
    token = request.cookies.get(site.session_cookie, "")
    if token:
        visit.signed_in = await session_behind(token, visit.now, visit.now.date(), site.limits)
    if visit.signed_in is not None:
        visit.csrf_token = visit.signed_in.csrf_token
    elif audience.entry is Entry.IDENTITY:
        entrance = request.cookies.get(BEFORE_SIGN_IN_COOKIE, "")
        visit.csrf_token = entrance_token(site.secret_key, entrance) if entrance else ""
    else:
        raise SignInFirst(_next_url(request))
    _check_second_factor(request, visit, audience)  # here, so that nobody half way in sends a file


def _next_url(request: Request[Any, Any, Any]) -> str:
    if request.method not in _READING:
        return ""
    query = request.scope["query_string"].decode("ascii", "replace")
    return request.url.path + (f"?{query}" if query else "")


def _check_second_factor(request: Request[Any, Any, Any], visit: Visit, audience: Audience) -> None:
    """Raises SecondFactorFirst for a half-open session, unless the route is part of the second factor."""
    signed_in = visit.signed_in
    if signed_in is not None and signed_in.waits_for and audience.entry is Entry.SIGNED_IN and not audience.half_open:
        raise SecondFactorFirst(signed_in.waits_for, _next_url(request))


async def _enter(door: Door, audience: Audience, visit: Visit) -> None:
    who = visit.caller or visit.signed_in
    if who is None:
        raise NotFound
    if audience.module is not None and audience.module not in who.modules:
        raise NotFound
    scope = scope_for(audience, who.role)
    if scope is not DatabaseScope.IDENTITY:
        await door.enter_scope(scope, who.tenant_id)


def _check_support(visit: Visit, audience: Audience, *, reading: bool) -> None:
    """Raises OnlyLooking for a deed while an operator of the prefecture looks into a town's records."""
    looking = visit.signed_in is not None and visit.signed_in.support is not None
    if looking and not reading and not audience.supporting:
        raise OnlyLooking


async def _note_support_view(site: Site, visit: Visit, status: int, request: Request[Any, Any, Any]) -> None:
    """Writes what the prefecture saw of a town into both trails, before the first byte is sent: no view without it."""
    signed_in = visit.signed_in
    if signed_in is None or signed_in.support is None or status >= _ROLLBACK_FROM or request.method != "GET":
        return
    own, asked = own_context_of(signed_in, visit.origin), bool(request.query_params.get("export"))
    async with open_door(site.pool, DatabaseScope.PREFECTURE, PREFECTURE_TENANT_ID):
        await record_view(own, signed_in.tenant_id, request.url.path, visit.page_title, export=asked)


async def _record_refused(site: Site, visit: Visit) -> None:
    """Attempts nobody may make unseen: their own transaction was rolled back with what they tried."""
    if visit.refused_acts:
        context = visit.context
        async with open_door(site.pool, context.scope, context.tenant_id):
            for one in visit.refused_acts:
                await record(context, one.action, one.subject, after=one.after)


async def _note_use(visit: Visit, site: Site) -> None:
    signed_in = visit.signed_in
    if signed_in is not None and visit.now - signed_in.last_seen_at >= TOUCH_AFTER:
        try:
            async with open_door(site.pool, DatabaseScope.IDENTITY) as door:
                door.may_miss = True  # the session may have ended in this very request
                await touch_session(signed_in.session_id, visit.now)
        except Exception:  # the edge: the answer is already with the person
            logger.exception("the session's last-seen time was not written", extra={"request_id": visit.request_id})
