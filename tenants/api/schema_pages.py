"""The reference of the API as a page of ours, made from the same document as the file for programs."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from litestar import Request, Response

from tenants.api.problems import CODES, MEANINGS, status_of_code_name
from tenants.web.answers import download, render
from tenants.web.routes import EVERYBODY, page

_TYPES = {
    "string": "文字",
    "integer": "整数",
    "boolean": "true / false",
    "array": "配列",
    "object": "オブジェクト",
    "null": "null",
}
_FORMATS = {"date": "日付", "date-time": "日時"}
_BOUNDS = (
    ("minimum", "{}以上"),
    ("maximum", "{}以下"),
    ("minLength", "{}文字以上"),
    ("maxLength", "{}文字まで"),
    ("minItems", "{}件以上"),
    ("maxItems", "{}件まで"),
    ("pattern", "{}"),
)


@page("/schema", roles=EVERYBODY)
async def reference(request: Request[Any, Any, Any]) -> Response[Any]:
    """Every address with its parameters, bodies and refusals."""
    document: Mapping[str, Any] = request.app.state.api_document
    return render(
        request,
        "api/schema.html",
        title="API 説明書",
        lead="ほかのシステムからこのサービスを使うためのアドレスと、送る内容・返る内容です。",
        breadcrumb=[("今週やること", "/"), ("API 説明書", None)],
        help_page="api",
        introduction=document["info"]["description"],
        tags=[
            {
                "name": one["name"],
                "words": one.get("description", ""),
                "operations": list(_operations(document, one["name"])),
            }
            for one in document["tags"]
        ],
        schemas=[_schema(name, schema) for name, schema in document["components"]["schemas"].items()],
        problems=[(code, status_of_code_name(code), words) for code, words in sorted(CODES.items())],
        meanings=MEANINGS,
    )


@page("/schema/openapi.json", roles=EVERYBODY)
async def reference_file(request: Request[Any, Any, Any]) -> Response[Any]:
    """The same as a file, for tools."""
    content = msgspec.json.format(msgspec.json.encode(request.app.state.api_document), indent=2)
    return download(content, file_name="openapi.json", content_type="application/json")


def _operations(document: Mapping[str, Any], tag: str) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            if tag not in one["tags"]:
                continue
            body = one.get("requestBody", {}).get("content", {}).get("application/json")
            yield {
                "id": one["operationId"],
                "method": method.upper(),
                "path": path,
                "summary": one["summary"],
                "description": one["description"],
                "parameters": [_parameter(document, parameter) for parameter in one.get("parameters", [])],
                "body": _type(body["schema"]) if body else None,
                "example": _example(body),
                "responses": [_response(document, status, answer) for status, answer in one["responses"].items()],
            }


def _example(body: Mapping[str, Any] | None) -> str:
    if body is None or "example" not in body:
        return ""
    return msgspec.json.format(msgspec.json.encode(body["example"]), indent=2).decode()


def _resolved(document: Mapping[str, Any], one: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = one
    if "$ref" in one:
        found = document
        for step in one["$ref"].removeprefix("#/").split("/"):
            found = found[step]
    result: Mapping[str, Any] = found
    return result


def _parameter(document: Mapping[str, Any], reference: Mapping[str, Any]) -> dict[str, Any]:
    one = _resolved(document, reference)
    places = {"path": "アドレス", "query": "?", "header": "見出し"}
    return {
        "name": one["name"],
        "place": places[one["in"]],
        "required": one["required"],
        "type": _type(one["schema"])["words"],
        "description": one["description"],
        "example": one.get("example", ""),
    }


def _response(document: Mapping[str, Any], status: str, reference: Mapping[str, Any]) -> dict[str, Any]:
    one = _resolved(document, reference)
    content = next(iter(one.get("content", {}).items()), None)
    return {
        "status": "そのほか" if status == "default" else status,
        "description": one["description"],
        "media_type": content[0] if content else "",
        "type": _type(content[1]["schema"]) if content and "schema" in content[1] else None,
        "headers": ", ".join(name for name in one.get("headers", {}) if name != "X-Request-Id"),
    }


def _schema(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    required = set(schema.get("required", ()))
    return {
        "name": name,
        "description": schema.get("description", ""),
        "rows": [
            {
                "name": field,
                "required": field in required,
                "type": _type(one),
                "description": one.get("description", ""),
                "bounds": _bounds(one),
                "default": "" if "default" not in one else msgspec.json.encode(one["default"]).decode(),
            }
            for field, one in schema.get("properties", {}).items()
        ],
    }


def _type(schema: Mapping[str, Any]) -> dict[str, str]:
    """How a type reads, and the schema it leads to."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return {"words": name, "leads_to": name}
    if "anyOf" in schema:
        parts = [_type(one) for one in schema["anyOf"]]
        return {
            "words": " または ".join(one["words"] for one in parts),
            "leads_to": next((one["leads_to"] for one in parts if one["leads_to"]), ""),
        }
    if "enum" in schema:
        return {"words": " | ".join(f'"{one}"' for one in schema["enum"]), "leads_to": ""}
    kind = schema.get("type")
    if kind == "array":
        item = _type(schema["items"])
        return {"words": f"配列({item['words']})", "leads_to": item["leads_to"]}
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        item = _type(schema["additionalProperties"])
        return {"words": f"オブジェクト(値は{item['words']})", "leads_to": item["leads_to"]}
    words = _FORMATS.get(schema.get("format", "")) or _TYPES.get(str(kind), "何でも")
    return {"words": words, "leads_to": ""}


def _bounds(schema: Mapping[str, Any]) -> str:
    parts = [schema, *schema.get("anyOf", ())]
    found = [words.format(one[name]) for one in parts for name, words in _BOUNDS if name in one]
    return "、".join(dict.fromkeys(found))


HANDLERS = (reference, reference_file)
