"""Errors become answers here, once: four kinds of ours, the framework's own, and the unexpected."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from tenants.access.rules import WAITS_FOR_CODE
from tenants.api.problems import is_api, problem_for
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, YuiError
from tenants.web.answers import render
from tenants.web.middleware import SecondFactorFirst, SignInFirst
from tenants.web.visit import new_visit, visit_of

logger = logging.getLogger(__name__)

_NOT_FOUND, _UNREADABLE, _WRONG_METHOD, _FAULT = 404, 400, 405, 500
_STATUS = {NotFound: 404, NotAllowed: 403, Conflict: 409, Invalid: 422}
_HEADINGS = {
    400: "送られた内容を読み取れませんでした",
    403: "この操作はできません",
    404: "見つかりません",
    405: "この操作はできません",
    409: "ほかの操作と重なりました",
    413: "送られた内容が大きすぎます",
    422: "入力内容を確かめてください",
    500: "システムで問題が起きました",
    503: "ただいま混み合っています",
}
_WHAT_TO_DO = {
    404: ("アドレスに間違いがないか確かめてください。", "一覧から開き直してください。"),
    403: ("役割を切り替えると使えることがあります。", "必要な場合は、所属の管理者に権限を相談してください。"),
    409: ("前の画面に戻り、最新の状態を確かめてからやり直してください。",),
    413: ("ファイルを分けるか、値だけを新しいブックに貼り付けて小さくしてから、送り直してください。",),
    422: ("前の画面に戻り、入力を直してください。",),
    500: (
        "時間をおいて、もう一度お試しください。",
        "続くときは、下の番号を添えて県の運用管理者に連絡してください。",
    ),
    503: ("数十秒待ってから、もう一度お試しください。",),
}


def on_refusal(request: Request[Any, Any, Any], error: YuiError) -> Response[Any]:
    """One of the four kinds."""
    status = next(code for kind, code in _STATUS.items() if isinstance(error, kind))
    return _page(request, status, error.message)


def on_sign_in_first(request: Request[Any, Any, Any], error: SignInFirst) -> Response[Any]:
    """No session: to the sign-in page and back; HTMX is told to load the whole page."""
    return _elsewhere(request, "/sign-in", error.next_url)


def on_second_factor_first(request: Request[Any, Any, Any], error: SecondFactorFirst) -> Response[Any]:
    """A half-open session: to the second factor and back."""
    url = "/second-factor" if error.waits_for == WAITS_FOR_CODE else "/me/second-factor"
    return _elsewhere(request, url, error.next_url)


def _elsewhere(request: Request[Any, Any, Any], url: str, next_url: str) -> Response[Any]:
    url += f"?next={quote(next_url)}" if next_url not in {"", "/"} else ""
    answer: Response[Any]
    if request.headers.get("hx-request") == "true":
        answer = Response("", status_code=401, media_type="text/plain", headers={"hx-redirect": url})
    else:
        answer = Redirect(url, status_code=303)
    found = visit_of(request)
    for cookie in found.set_cookies if found else []:  # the key of a kept draft
        answer.headers["set-cookie"] = cookie
    return answer


def on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """The framework's refusals: unknown routes, wrong methods, unreadable input."""
    status = error.status_code
    if status == _NOT_FOUND or (status == _UNREADABLE and request.path_params):  # a malformed id is an unknown one
        return _page(request, _NOT_FOUND, NotFound().message)
    if status >= _FAULT:
        return on_anything(request, error)
    wrong_method = "このアドレスでは、その操作を受け付けていません。"
    message = wrong_method if status == _WRONG_METHOD else "送られた内容を受け取れませんでした。"
    return _page(request, status, message)


def on_busy(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The database has no free slot or is restarting."""
    logger.warning("database busy or away: %s", type(error).__name__)
    return _page(request, 503, "ただいま混み合っているか、保守を行っています。入力した内容は保存されていません。")


def on_anything(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A fault of ours: logged with the request id, shown without detail."""
    found = visit_of(request)
    logger.error("unexpected fault", exc_info=error, extra={"request_id": found.request_id if found else ""})
    return _page(request, 500, "ご迷惑をおかけします。操作は取り消され、何も保存されていません。")


def _page(request: Request[Any, Any, Any], status: int, message: str) -> Response[Any]:
    found = visit_of(request) or new_visit(request.scope)
    heading = _HEADINGS.get(status, "受け付けられませんでした")
    answer = render(
        request,
        "error.html",
        title=heading,
        status=status,
        status_code=status,
        message=message,
        what_to_do=_WHAT_TO_DO.get(status, ("前の画面に戻ってやり直してください。",)),
        back_url="/",
        back_label="今週やることへ戻る",
        # Another town's record and a missing one answer byte for byte the same; the number stands in the header.
        request_id="" if status == _NOT_FOUND else found.request_id,
    )
    answer.headers["x-request-id"] = found.request_id
    return answer


def _page_or_problem(on_page: Callable[..., Response[Any]]) -> Callable[..., Response[Any]]:
    """People get a page, programs a problem document; nothing under /api is HTML."""

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        return problem_for(request, error) if is_api(request.scope["path"]) else on_page(request, error)

    return answer


EXCEPTION_HANDLERS: dict[Any, Any] = {
    YuiError: _page_or_problem(on_refusal),
    SignInFirst: on_sign_in_first,
    SecondFactorFirst: on_second_factor_first,
    HTTPException: _page_or_problem(on_http_exception),
    PoolTimeout: _page_or_problem(on_busy),
    OperationalError: _page_or_problem(on_busy),
    Exception: _page_or_problem(on_anything),
}
