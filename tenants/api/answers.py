"""Answers of the API: a record with its version, a page of a list, a file, nothing."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response

from tenants.api.bodies import JSON
from tenants.api.versions import etag_of
from tenants.errors import Invalid
from tenants.web.answers import download

T = TypeVar("T")
DEFAULT_LIMIT, MOST = 50, 200
"""Entries of one page of a list: as on our pages; at most what is still one quick answer."""
_ID_DIGITS = 18


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """一覧の1ページ。next_cursor を cursor に付けると次のページ。最後のページでは null。"""

    items: list[T]
    next_cursor: str | None
    """Send it as ``cursor`` to get the next page; null on the last one."""


def answer(content: msgspec.Struct, *, version: int | None = None) -> Response[Any]:
    """200 with a record; ``version`` becomes its ETag."""
    headers = {} if version is None else {"etag": etag_of(version)}
    return Response(msgspec.json.encode(content), media_type=JSON, headers=headers)


def created(content: msgspec.Struct, url: str, *, version: int | None = None) -> Response[Any]:
    """201 with the new record and its address."""
    headers = {"location": url} if version is None else {"location": url, "etag": etag_of(version)}
    return Response(msgspec.json.encode(content), status_code=201, media_type=JSON, headers=headers)


def gone() -> Response[Any]:
    """204: done, and there is nothing to show."""
    return Response(b"", status_code=204, media_type=JSON)


def file(content: bytes, *, file_name: str, content_type: str) -> Response[Any]:
    """A file as the pages give it."""
    return download(content, file_name=file_name, content_type=content_type)


def listed(
    request: Request[Any, Any, Any],
    records: Sequence[T],
    id_of: Callable[[T], int],
    show: Callable[[T], Any],
    *,
    newest_first: bool = False,
) -> Response[Any]:
    """One page of ``records``, by id; what was added or deleted in between moves no other record.

    Raises Invalid for a limit or cursor that is none.
    """
    limit, after = limit_of(request), cursor_of(request)
    in_order = sorted(records, key=id_of, reverse=newest_first)
    if after is not None:
        in_order = [one for one in in_order if (id_of(one) < after if newest_first else id_of(one) > after)]
    page = in_order[:limit]
    more = id_of(page[-1]) if len(in_order) > limit else None
    return page_answer(request, [show(one) for one in page], more)


def page_answer(request: Request[Any, Any, Any], items: Sequence[Any], last_id: int | None) -> Response[Any]:
    """A page whose next one follows the record ``last_id``; None on the last page. The address stands in ``Link``."""
    headers, cursor = {}, None
    if last_id is not None:
        cursor = base64.urlsafe_b64encode(str(last_id).encode()).decode().rstrip("=")
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        headers["link"] = f'<{request.scope["path"]}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'
    return Response(msgspec.json.encode(Listed(list(items), cursor)), media_type=JSON, headers=headers)


def limit_of(request: Request[Any, Any, Any]) -> int:
    """How many entries are wanted. Raises Invalid (bad-limit)."""
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(MOST)) or not 1 <= int(text) <= MOST:
        message = f"limit は1から{MOST}までの整数で指定してください。"
        raise Invalid("bad-limit", message, {"?limit": message})
    return int(text)


def cursor_of(request: Request[Any, Any, Any]) -> int | None:
    """The id after which the page begins. Raises Invalid (bad-cursor)."""
    text = request.query_params.get("cursor", "")
    if not text:
        return None
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        plain = ""
    if not (plain.isascii() and plain.isdigit()) or len(plain) > _ID_DIGITS:
        message = "cursor には、前のページの next_cursor をそのまま指定してください。"
        raise Invalid("bad-cursor", message, {"?cursor": message})
    return int(plain)
