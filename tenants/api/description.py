"""The description of the API (OpenAPI 3.1), made from the declarations of the routes: nothing is said twice."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from tenants.api.answers import DEFAULT_LIMIT, MOST, Listed
from tenants.api.problems import MEDIA_TYPE, TITLES, Problem
from tenants.api.routes import DESCRIBED, VERSION, Described, api_handlers
from tenants.api.rules import TOKEN_PATTERN, verb_labels
from tenants.context import Role
from tenants.web.routes import Audience, audience_of

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+):str\}")
_ALWAYS = (401, 403, 429, 503)
_READS = "トークンの動詞"
_INTRODUCTION = (
    "画面でできることは、同じ操作・同じ検査でこの API からもできます。"
    "見出し Authorization: Bearer に個人のAPIトークンを付けます。金額は整数の円、割合と数量は文字です。"
)

Document = dict[str, Any]


def describe(app: Litestar, version: str) -> Document:
    """The whole document; the same bytes for the same routes."""
    handlers = api_handlers(app)
    types = list({id(one): one for handler in handlers for one in _types(handler.opt[DESCRIBED])}.values())
    references, components = msgspec.json.schema_components([*types, Problem], ref_template=_REF)
    schema_of = {id(one): reference for one, reference in zip(types, references, strict=False)}
    paths: dict[str, dict[str, Any]] = {}
    for handler in handlers:
        path = _PARAMETER.sub(r"{\1}", min(handler.paths))
        method = min(handler.http_methods - {"HEAD", "OPTIONS"}).lower()
        paths.setdefault(path, {})[method] = _operation(handler, path, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "結 Yui API", "version": version, "description": _INTRODUCTION},
        "servers": [{"url": "/", "description": "この画面と同じアドレス"}],
        "tags": [_tag_with_words(tag) for tag in dict.fromkeys(_tag(path) for path in paths)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "responses": {str(status): _problem(status) for status in TITLES},
            "headers": _HEADERS,
            "parameters": _PARAMETERS,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": TOKEN_PATTERN,
                    "description": "個人のAPIトークン。/me/tokens で作ります。Cookie は使えません。",
                }
            },
        },
    }


def _types(described: Described) -> Iterable[Any]:
    if described.body is not None:
        yield described.body
    if described.answers is not None and not isinstance(described.answers, str):
        yield answer_type(described)


def answer_type(described: Described) -> Any:
    """The type of the whole answer: an entry's list page, or the type itself."""
    return _list_of(described.answers) if described.listed else described.answers


_LISTS: dict[Any, Any] = {}


def _list_of(entry: Any) -> Any:
    """The same generic type for the same entry, so that the document names it once."""
    return _LISTS.setdefault(entry, Listed[entry])


def _operation(handler: HTTPRouteHandler, path: str, schema_of: dict[int, Any]) -> dict[str, Any]:
    described: Described = handler.opt[DESCRIBED]
    audience = audience_of(handler)
    operation: dict[str, Any] = {
        "operationId": f"{_tag(path)}-{handler.fn.__name__}".replace("_", "-"),
        "summary": described.summary,
        "description": _who(audience),
        "tags": [_tag(path)],
        "security": [{"token": [audience.verb] if audience.verb else []}],
        "x-roles": [role.value for role in Role if role in audience.roles],
        "responses": _responses(described, audience, path, schema_of),
    }
    if parameters := _parameters(described, path):
        operation["parameters"] = parameters
    if described.body is not None:
        content: dict[str, Any] = {"schema": schema_of[id(described.body)]}
        if described.examples is not None:
            content["example"] = dict(described.examples)
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _who(audience: Audience) -> str:
    roles = (
        "すべての役割"
        if audience.roles == frozenset(Role)
        else "、".join(role.label for role in Role if role in audience.roles)
    )
    verb = f"{_READS} {audience.verb}({verb_labels()[audience.verb]})" if audience.verb else "どのトークンでも"
    return f"{verb}。使える役割: {roles}。"


def _parameters(described: Described, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "description": "団体コード" if name.endswith("_code") else "番号",
        }
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    found += [
        {
            "name": one.name,
            "in": "query",
            "required": False,
            "schema": {"type": "string"},
            "description": one.meaning,
            "example": one.example,
        }
        for one in described.queries
    ]
    names = [
        *(("limit", "cursor") if described.listed else ()),
        *(("idempotencyKey",) if described.once else ()),
        *(("ifMatch",) if described.if_match else ()),
    ]
    return [*found, *({"$ref": f"#/components/parameters/{name}"} for name in names)]


def _responses(described: Described, audience: Audience, path: str, schema_of: dict[int, Any]) -> dict[str, Any]:
    statuses = set(_ALWAYS)
    if "{" in path or audience.module:
        statuses.add(404)
    if described.listed or described.queries:
        statuses |= {400, 422}
    if described.body is not None:
        statuses |= {400, 413, 415, 422}
    if described.once:
        statuses |= {400, 409, 413, 422}
    if described.if_match:
        statuses |= {400, 409, 412, 413, 422, 428}
    if described.answers is not None and path.endswith("/shares"):
        statuses.add(409)
    responses: dict[str, Any] = {str(described.status): _success(described, schema_of)}
    for status in sorted(statuses):
        responses[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return responses | {"default": {"$ref": "#/components/responses/500"}}


def _success(described: Described, schema_of: dict[int, Any]) -> dict[str, Any]:
    words = {200: "成功", 201: "作成しました", 204: "削除しました"}
    response: dict[str, Any] = {"description": words[described.status]}
    if isinstance(described.answers, str):
        response["content"] = {described.answers: {}}
    elif described.answers is not None:
        response["content"] = {"application/json": {"schema": schema_of[id(answer_type(described))]}}
    names = [
        *(("ETag",) if described.versioned else ()),
        *(("Location",) if described.status == 201 else ()),  # noqa: PLR2004  (created)
        *(("Link",) if described.listed else ()),
        *(("Idempotency-Replayed",) if described.once else ()),
        "X-Request-Id",
    ]
    response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return response


def _problem(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": TITLES[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}},
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}},
    }
    name = {401: "WWW-Authenticate", 412: "ETag", 429: "Retry-After"}.get(status)
    if name:
        response["headers"][name] = {"$ref": f"#/components/headers/{name}"}
    return response


def _tag(path: str) -> str:
    """The records an address is about: the last noun that has a list of its own."""
    nouns = [part for part in path.removeprefix(VERSION).split("/") if part and "{" not in part]
    known = ("runs", "statements", "grants", "costs", "keys", "bases")
    return next((one for one in known if one in nouns[:2]), nouns[0])


def _tag_with_words(tag: str) -> dict[str, str]:
    """What the records are called, as the verb that reads them says it (経費を見る → 経費)."""
    words = verb_labels().get(f"{tag}:read", "").removesuffix("を見る")
    return {"name": tag, "description": words} if words else {"name": tag}


_TEXT = {"type": "string"}
_HEADERS: dict[str, Any] = {
    "ETag": {"description": "記録の版。変更・削除のとき If-Match に付けます。", "schema": _TEXT},
    "Location": {"description": "できた記録のアドレス", "schema": _TEXT},
    "Link": {"description": '次のページ(rel="next")。最後のページにはありません。', "schema": _TEXT},
    "Idempotency-Replayed": {
        "description": "前と同じ依頼だったので、前の答えをそのまま返したとき true",
        "schema": _TEXT,
    },
    "X-Request-Id": {"description": "この依頼の番号。問い合わせのときに添えてください。", "schema": _TEXT},
    "WWW-Authenticate": {"description": "Bearer", "schema": _TEXT},
    "Retry-After": {"description": "待つ秒数", "schema": {"type": "integer", "minimum": 1}},
}
_PARAMETERS: dict[str, Any] = {
    "limit": {
        "name": "limit",
        "in": "query",
        "required": False,
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
        "description": "1ページの件数",
    },
    "cursor": {
        "name": "cursor",
        "in": "query",
        "required": False,
        "schema": _TEXT,
        "description": "前のページの next_cursor",
    },
    "idempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "minLength": 8, "maxLength": 80, "pattern": "^[!-~]{8,80}$"},
        "description": "依頼ごとに異なる文字(UUIDなど)。同じ文字と内容で送り直すと、400日間は前の答えが返ります。",
        "example": "3f0c2a6e-6f0d-4a53-9a51-7f1f0f6f2d10",
    },
    "ifMatch": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[1-9][0-9]{0,8}"$'},
        "description": "取得したときの ETag",
        "example": '"3"',
    },
}
