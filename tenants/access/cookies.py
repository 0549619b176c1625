"""Cookies of sign-in: the session, the entrance before it, a kept draft; and the form token that goes with them."""

import re
import secrets
from typing import Any

from litestar import Request

from tenants.web.csrf import BEFORE_SIGN_IN_COOKIE, entrance_token
from tenants.web.visit import Site, Visit, site, visit

_ENTRANCE_SECONDS = 3600
"""A sign-in page left open longer than this is simply loaded again."""
_DRAFT_COOKIE = "yui-draft"
_OUR_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
"""What ``token_urlsafe(32)`` gives; anything else (line ends, attributes) must not come back in a header."""


def open_form_token(request: Request[Any, Any, Any]) -> str:
    """The form token of a page that stands before sign-in: the session's when there is one, else the entrance's."""
    here, stay = visit(request), site(request)
    if here.signed_in is not None:
        return here.signed_in.csrf_token
    cookie = request.cookies.get(BEFORE_SIGN_IN_COOKIE, "")
    if not _OUR_COOKIE.fullmatch(cookie):
        cookie = secrets.token_urlsafe(32)
    here.set_cookies.append(_cookie(stay, BEFORE_SIGN_IN_COOKIE, cookie, f"; Max-Age={_ENTRANCE_SECONDS}"))
    return entrance_token(stay.secret_key, cookie)


def remember_session(here: Visit, stay: Site, token: str) -> None:
    """A session cookie: gone with the browser, unreadable for scripts, sent from our own pages only."""
    here.set_cookies.append(_cookie(stay, stay.session_cookie, token))


def forget_session(here: Visit, stay: Site) -> None:
    """Takes the session cookie away."""
    here.set_cookies.append(_cookie(stay, stay.session_cookie, "", "; Max-Age=0"))


def forget_entrance(here: Visit, stay: Site) -> None:
    """Takes the entrance cookie away once the person is in."""
    here.set_cookies.append(_cookie(stay, BEFORE_SIGN_IN_COOKIE, "", "; Max-Age=0"))


def _cookie(stay: Site, name: str, value: str, life: str = "") -> str:
    return f"{name}={value}; Path=/{life}; HttpOnly; SameSite=Lax" + ("; Secure" if stay.secure_cookies else "")


def remember_draft(here: Visit, stay: Site, token: str, seconds: int) -> None:
    """The only key to what a person typed when the session had ended; gone after ``seconds``."""
    here.set_cookies.append(_cookie(stay, _DRAFT_COOKIE, token, f"; Max-Age={seconds}"))


def forget_draft(here: Visit, stay: Site) -> None:
    """Takes the draft's key away."""
    here.set_cookies.append(_cookie(stay, _DRAFT_COOKIE, "", "; Max-Age=0"))


def draft_cookie(request: Request[Any, Any, Any]) -> str:
    """The draft's key this browser holds, or nothing."""
    cookie = request.cookies.get(_DRAFT_COOKIE, "")
    return cookie if _OUR_COOKIE.fullmatch(cookie) else ""
