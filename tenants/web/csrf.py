"""Cross-site request forgery: the browser's own word first, then a token bound to the session.

``Sec-Fetch-Site`` (and ``Origin`` where it is missing) refuses foreign pages without reading the body; the token is
compared as bytes, from the header or the form field. Before sign-in the token is bound to a short-lived cookie.
"""

import hashlib
import hmac
from typing import Any

from litestar import Request

from tenants.errors import NotAllowed
from tenants.web.form_data import sent_form

FIELD = "csrf_token"
HEADER = "x-csrf-token"
BEFORE_SIGN_IN_COOKIE = "yui-entrance"
_SAME = frozenset({"same-origin", "none"})


class ForgedRequest(NotAllowed):
    """The request does not come from a page of ours."""

    def __init__(self) -> None:
        super().__init__(
            "forged-request",
            "この画面から送られた操作であることを確かめられませんでした。画面を開き直して、もう一度お試しください。",
        )


def check_origin(request: Request[Any, Any, Any]) -> None:
    """Raises ForgedRequest when the browser says that another site sent this."""
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        if fetch_site not in _SAME:
            raise ForgedRequest
        return
    origin = request.headers.get("origin")
    if origin is not None and origin.split("://", 1)[-1] != request.headers.get("host", ""):
        raise ForgedRequest


async def check_token(request: Request[Any, Any, Any], expected: str) -> None:
    """Raises ForgedRequest unless the header or the form carries the session's token."""
    given = request.headers.get(HEADER)
    if given is None:
        value = (await sent_form(request)).get(FIELD, "")
        given = value if isinstance(value, str) else ""
    if not expected or not hmac.compare_digest(_bytes(given), _bytes(expected)):
        raise ForgedRequest


def entrance_token(secret_key: str, cookie: str) -> str:
    """The token of the sign-in form for a browser that holds ``cookie``."""
    return hmac.new(secret_key.encode(), b"entrance:" + _bytes(cookie), hashlib.sha256).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
