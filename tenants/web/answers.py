"""Answers of handlers: a page in the frame, a redirect after an act, a file to keep."""

import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment
from litestar import Request, Response
from litestar.response import Redirect
from markupsafe import Markup

from tenants.access.rules import TOUCH_AFTER
from tenants.context import Scope
from tenants.web.field_names import naming_fields
from tenants.web.modules import current_entry
from tenants.web.rendering import NavigationItem, Notice, Page, Viewer
from tenants.web.visit import Site, Visit, site, visit

_ASCII_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
DONE = "done"
"""Query parameter that names what just happened; the page shows the sentence registered for it."""

_DONE_SENTENCES: dict[str, str] = {}


def say_when_done(sentences: Mapping[str, str]) -> None:
    """Registers the sentences a page shows after an act (``?done=<word>``); unknown words show nothing."""
    _DONE_SENTENCES.update(sentences)


def render(
    request: Request[Any, Any, Any],
    template: str,
    *,
    title: str,
    lead: str = "",
    breadcrumb: Sequence[tuple[str, str | None]] = (),
    status: int = 200,
    help_page: str | None = None,
    notices: Sequence[Notice] = (),
    no_longer: Collection[str] = (),
    **variables: Any,
) -> Response[str]:
    """Will render ``template`` in the page frame; ``variables`` are its own.

    ``no_longer`` names acts whose sentence (``?done=<word>``) is no longer true of what the page shows.
    """
    here = visit(request)
    here.page_title = title
    page = Page(title=title, now=here.now, lead=lead, breadcrumb=breadcrumb)
    around = frame(request, page, help_page=help_page, notices=notices, no_longer=no_longer)
    body = naming_fields(_environment(request).get_template(template), {**around, **variables})
    return Response(body, status_code=status, media_type="text/html; charset=utf-8", headers={"vary": "HX-Request"})


def render_partial(request: Request[Any, Any, Any], template: str, **variables: Any) -> Response[str]:
    """Will render a template without the frame, for HTMX at the same URL."""
    body = _environment(request).get_template(template).render(**variables)
    return Response(body, media_type="text/html; charset=utf-8", headers={"vary": "HX-Request"})


def render_part(request: Request[Any, Any, Any], template: str, **variables: Any) -> Markup:
    """Will render a template that a page then includes as it is; its expressions are escaped like any page's."""
    return Markup(naming_fields(_environment(request).get_template(template), variables))  # noqa: S704


def frame(
    request: Request[Any, Any, Any],
    page: Page,
    *,
    help_page: str | None = None,
    notices: Sequence[Notice] = (),
    no_longer: Collection[str] = (),
) -> dict[str, Any]:
    """The variables every page needs; asks the database nothing, so error pages can use it too.

    What just happened is said once: not again when HTMX fetches the page anew.
    """
    here, stay = visit(request), site(request)
    word = request.query_params.get(DONE, "")
    said = None if word in no_longer or wants_partial(request) else _DONE_SENTENCES.get(word)
    return {
        "page": page,
        "viewer": _viewer(here),
        "navigation": _navigation(request, here),
        "notices": [*here.notices, *([Notice("success", said)] if said else []), *notices],
        "prefecture_name": stay.prefecture_name,
        "request_id": here.request_id,
        "is_demo": stay.is_demo,
        "support_until": here.signed_in.support.ends_at if here.signed_in and here.signed_in.support else None,
        "help_url": f"/manual/{help_page}" if help_page else None,
        "csrf_token": here.csrf_token,
        "idempotency_key": str(uuid.uuid4()),
        "session_seconds": _session_seconds(here, stay),
    }


def see_other(url: str, *, done: str | None = None) -> Response[Any]:
    """303 to ``url``; ``done`` names the sentence the next page shows."""
    if done:
        url += ("&" if "?" in url else "?") + urlencode({DONE: done})
    return Redirect(url, status_code=303)


def download(content: bytes, *, file_name: str, content_type: str) -> Response[bytes]:
    """A file the browser keeps and never interprets; names are ASCII."""
    if not _ASCII_NAME.fullmatch(file_name):
        raise ValueError("file names of downloads are short and ASCII")
    return Response(
        content,
        media_type=content_type,
        headers={
            "content-disposition": f'attachment; filename="{file_name}"',
            "cache-control": "private, no-store",
            "content-security-policy": "default-src 'none'; sandbox",
        },
    )


def wants_partial(request: Request[Any, Any, Any]) -> bool:
    """Whether HTMX asks for the part of the page that changes."""
    return request.headers.get("hx-request") == "true"


def _environment(request: Request[Any, Any, Any]) -> Environment:
    environment = request.app.state.templates
    if not isinstance(environment, Environment):
        raise TypeError("the application carries no template environment")
    return environment


def _session_seconds(here: Visit, stay: Site) -> int | None:
    """How long this session lives without another request; the last use is written with up to a minute's delay."""
    if here.signed_in is None:
        return None
    left = min(stay.limits.idle - TOUCH_AFTER, here.signed_in.expires_at - here.now)
    return max(int(left.total_seconds()), 0)


def _viewer(here: Visit) -> Viewer | None:
    signed_in = here.signed_in
    if signed_in is None or signed_in.waits_for:  # half open: no organisation, no modules, only the second factor
        return None
    return Viewer(
        person_name=signed_in.person_name,
        role_label=signed_in.role.label,
        tenant_name=signed_in.tenant_name,
        csrf_token=signed_in.csrf_token,
        can_switch=signed_in.membership_count > 1,
        starts_jobs=signed_in.role.scope in {Scope.PREFECTURE, Scope.TOWN},
    )


def _navigation(request: Request[Any, Any, Any], here: Visit) -> list[NavigationItem]:
    signed_in = here.signed_in
    if signed_in is None or signed_in.waits_for:
        return []
    entries = [
        entry
        for entry in request.app.state.navigation
        if signed_in.role in entry.roles and (entry.module is None or entry.module in signed_in.modules)
    ]
    current = current_entry(entries, request.url.path)
    return [NavigationItem(entry.label, entry.url, current=entry is current) for entry in entries]
