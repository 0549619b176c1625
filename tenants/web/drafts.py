"""Drafts at the edge of a request: a form that came too late is kept, the page it stood on gets its values back."""

import logging
from typing import Any, Protocol

from litestar import Request

from tenants.access.cookies import draft_cookie, forget_draft, remember_draft
from tenants.access.drafts import operations
from tenants.access.drafts.rules import DRAFT_LIFE, kept_fields, page_of
from tenants.web.csrf import FIELD, HEADER
from tenants.web.form_data import sent_form
from tenants.web.visit import Site, Visit

logger = logging.getLogger(__name__)
_SHOWN = 200


class HeldAnswer(Protocol):
    """An answer that has not been sent yet."""

    status: int
    body: bytes

    def header(self, name: str) -> str:
        """The first header of that name, or nothing."""

    def exchange_body(self, body: bytes) -> None:
        """Puts another body in."""


async def keep_what_was_typed(request: Request[Any, Any, Any], site: Site, visit: Visit) -> str:
    """Will keep the form of a session that timed out, and return the page to come back to; "" when nothing is kept."""
    session_token = request.cookies.get(site.session_cookie, "")
    if not session_token:
        return ""
    sent = list((await sent_form(request)).multi_items())
    csrf_token = request.headers.get(HEADER) or next((value for name, value in sent if name == FIELD), "")
    page_path = page_of(request.headers.get("referer", ""), request.headers.get("host", ""))
    token = await operations.keep_draft(
        site.pool,
        site.secret_key,
        session_token,
        csrf_token if isinstance(csrf_token, str) else "",
        request.url.path,
        page_path,
        kept_fields(sent),
        visit.now,
    )
    if token is None:
        return ""
    remember_draft(visit, site, token, int(DRAFT_LIFE.total_seconds()))
    return page_path


async def put_back_what_was_typed(
    request: Request[Any, Any, Any], site: Site, visit: Visit, answer: HeldAnswer
) -> None:
    """Will put the kept values into the page that is about to be sent, when it is the page they were typed on."""
    token, signed_in = draft_cookie(request), visit.signed_in
    if not token or signed_in is None or signed_in.waits_for or answer.status != _SHOWN:
        return
    if not answer.header("content-type").startswith("text/html"):
        return
    query = request.scope["query_string"].decode("ascii", "replace")
    path = request.url.path + (f"?{query}" if query else "")
    html = answer.body.decode()
    filled = await operations.put_back(site.pool, site.secret_key, token, signed_in, path, html, visit.now)
    if filled is not None:
        answer.exchange_body(filled.html.encode())
        if filled.complete:
            forget_draft(visit, site)
