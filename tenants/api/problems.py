"""Refusals as problem documents (RFC 9457): one shape for ours, the framework's and the unexpected."""

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from tenants.api.callers import TooManyRequests
from tenants.api.versions import StaleVersion
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, YuiError
from tenants.web.visit import new_visit, visit_of

logger = logging.getLogger(__name__)
PREFIX = "/api"
MEDIA_TYPE = "application/problem+json"
MEANINGS = "/manual/errors"
"""The page that says what each code means."""

_BY_KIND = {NotFound: 404, NotAllowed: 403, Conflict: 409, Invalid: 422}
_BY_CODE = {
    "token-refused": 401,
    "too-many-requests": 429,
    "malformed-json": 400,
    "idempotency-key-missing": 400,
    "bad-idempotency-key": 400,
    "bad-version": 400,
    "unsupported-media-type": 415,
    "version-missing": 428,
    "version-stale": 412,
}
"""Where HTTP has a status of its own for a refusal."""
TITLES = {
    400: "依頼を読み取れません",
    401: "トークンが必要です",
    403: "この操作はできません",
    404: "見つかりません",
    405: "この操作は受け付けていません",
    409: "いまの状態ではできません",
    412: "ほかの人が内容を変更しました",
    413: "送られた内容が大きすぎます",
    415: "JSONで送ってください",
    422: "入力内容を確かめてください",
    428: "版の指定が必要です",
    429: "依頼が多すぎます",
    500: "システムで問題が起きました",
    503: "ただいま混み合っています",
}
CODES = {
    "token-refused": "トークンがない、壊れている、期限が切れた、失効した、または持ち主の所属が終わりました。",
    "not-allowed": "トークンの役割か動詞では、この操作ができません。",
    "not-found": "その記録はありません。ほかの団体の記録も、同じ答えになります。",
    "malformed-json": "本文が JSON として読み取れません。",
    "bad-text": "どの記録にも入れられない文字が含まれています。",
    "bad-shape": "JSON の形が説明書と違います。fields に、場所ごとの理由があります。",
    "unsupported-media-type": "本文は Content-Type: application/json で送ります。",
    "too-large": "本文が大きすぎます(2,000,000 バイトまで)。",
    "method-not-allowed": "このアドレスでは、その操作を受け付けていません。",
    "unreadable": "依頼を読み取れません。",
    "idempotency-key-missing": "登録・決定の依頼には、見出し Idempotency-Key が必要です。",
    "bad-idempotency-key": "見出し Idempotency-Key は8〜80文字です。",
    "idempotency-key-reused": "同じ Idempotency-Key が、別の内容で使われました。",
    "version-missing": "変更・削除の依頼には、見出し If-Match(取得したときの ETag)が必要です。",
    "bad-version": "見出し If-Match が ETag の形をしていません。",
    "version-stale": "取得したあとに、ほかの人が変更しました。current がいまの内容、given が送られた内容です。",
    "edited-meanwhile": "ほかの人が先に変更しました。取得し直してください。",
    "wrong-state": "いまの状態では、その操作はできません。",
    "same-person": "計算した人・承認へ送った人は承認できません。別の人のトークンが必要です。",
    "approval-blocked": "先に片付けることがあるため、進められません。detail に内容があります。",
    "override-reason-missing": "片付いていない点があります。承認するなら override_reason に理由が必要です。",
    "stage-passed": "承認済みの計算より前の段階は計算できません。",
    "reason-missing": "承認済みの計算があります。reason に変更の理由が必要です。",
    "host-leaves": "所在団体の退会は、按分方法を変更してから記録します。",
    "case-refused": "このままでは計算できません。fields に、直すところがあります。",
    "still-in-use": "ほかの記録から使われているため、削除できません。",
    "required": "必要な項目がありません。",
    "bad-limit": "limit が範囲の外です。",
    "bad-cursor": "cursor が、前のページの next_cursor と違います。",
    "too-many-requests": "依頼が多すぎます。見出し Retry-After の秒数を待ってください。",
    "busy": "混み合っているか、保守を行っています。同じ Idempotency-Key でやり直せます。",
    "fault": "システムの側の問題です。request_id を添えて、県の運用管理者に連絡してください。",
}
"""What a program meets most; other codes say the same as the page does at that field."""
_FRAMEWORK_CODES = {400: "unreadable", 404: "not-found", 405: "method-not-allowed", 413: "too-large"}
_FAULT = 500


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """断りの文書(RFC 9457)。detail は人が読む文、code はプログラムが見る変わらない語。

    fields は、本文の場所(JSON Pointer)または ?パラメーター名ごとの理由。412 だけ、current(いまの内容)と given
    (送られた内容)が付きます。
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    fields: dict[str, str] | None = None
    """What is wrong where: JSON pointers into the body, or names of query parameters, each with a sentence."""
    request_id: str | None = None
    """The number to quote when asking for help; on a 404 only in the header."""
    current: Any = None
    """412 only: the record as it is now."""
    given: Any = None
    """412 only: what this request wanted it to be."""


def is_api(path: str) -> bool:
    """Whether an address belongs to the API."""
    return path == PREFIX or path.startswith(PREFIX + "/")


def problem_for(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The problem document for any error under /api."""
    if isinstance(error, YuiError):
        return _refusal(request, error)
    if isinstance(error, PoolTimeout | OperationalError):
        logger.warning("database busy or away: %s", type(error).__name__)
        return _problem(request, 503, "busy", "数十秒待ってから、同じ Idempotency-Key でもう一度お試しください。")
    if isinstance(error, HTTPException) and error.status_code < _FAULT:
        return _framework(request, error)
    found = visit_of(request)
    logger.error("unexpected fault", exc_info=error, extra={"request_id": found.request_id if found else ""})
    return _problem(request, 500, "fault", "ご迷惑をおかけします。操作は取り消され、何も保存されていません。")


def status_of_code(code: str, kind: type[YuiError]) -> int:
    """The status a refusal of this kind and code is answered with."""
    return _BY_CODE.get(code) or next(status for one, status in _BY_KIND.items() if issubclass(kind, one))


def status_of_code_name(code: str) -> int:
    """The status a code of ``CODES`` comes with."""
    framework = {known: status for status, known in _FRAMEWORK_CODES.items()}
    conflicts = dict.fromkeys(
        ("edited-meanwhile", "wrong-state", "same-person", "approval-blocked", "case-refused", "still-in-use"), 409
    )
    others = {"not-allowed": 403, "not-found": 404, "busy": 503, "fault": 500}
    return (_BY_CODE | framework | conflicts | others).get(code, 422)


def _refusal(request: Request[Any, Any, Any], error: YuiError) -> Response[Any]:
    status = status_of_code(error.code, type(error))
    fields = {_pointer(name, error): message for name, message in error.fields.items()}
    more: dict[str, Any] = {"fields": fields} if fields else {}
    headers = {}
    if isinstance(error, StaleVersion):
        more |= {"current": error.current, "given": error.given}
        headers["etag"] = error.etag
    if isinstance(error, TooManyRequests):
        headers["retry-after"] = str(error.wait_seconds)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="yui"'
    return _problem(request, status, error.code, error.message, headers, **more)


def _pointer(name: str, error: YuiError) -> str:
    """Fields of a form are fields of the body; a pointer or the name of a parameter stays as it is."""
    return name if name.startswith(("/", "?")) or not name or isinstance(error, NotFound) else f"/{name}"


def _framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    status = error.status_code
    if status == HTTPStatus.NOT_FOUND:
        return _refusal(request, NotFound())
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    words = TITLES.get(status, "送られた内容を受け取れませんでした")
    return _problem(request, status, _FRAMEWORK_CODES.get(status, "unreadable"), f"{words}。", headers)


def _problem(
    request: Request[Any, Any, Any],
    status: int,
    code: str,
    detail: str,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response[Any]:
    found = visit_of(request) or new_visit(request.scope)
    document = Problem(
        type=f"{MEANINGS}#{code}",
        title=TITLES.get(status, "受け付けられませんでした"),
        status=status,
        detail=detail,
        code=code,
        # Another town's record and a missing one answer byte for byte the same; the number stands in the header.
        request_id=None if status == HTTPStatus.NOT_FOUND else found.request_id,
        **more,
    )
    return Response(
        msgspec.json.encode(document),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={**(headers or {}), "x-request-id": found.request_id},
    )
