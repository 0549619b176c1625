"""Idempotency: a POST that carries a key is answered once; sent again it gets the same answer.

The key stands in the form (``idempotency_key``) or the header ``Idempotency-Key``; the answer is stored in the
transaction of the deed, so a lost answer after a committed deed is found again.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType

from tenants.database.engine import current_door
from tenants.errors import Invalid
from tenants.jobs.tables import AnsweredRequest
from tenants.web.form_data import sent_form
from tenants.web.visit import Visit

FIELD = "idempotency_key"
HEADER = "idempotency-key"
_SHORTEST, _LONGEST = 8, 80
_KEPT_BODY = 4_000_000
"""Bytes of an answer that is kept whole: twice the largest request. Nothing of ours answers an act with more."""


@dataclass(frozen=True, slots=True)
class Replayed(Exception):  # noqa: N818
    """The answer given before to the same request."""

    status: int
    location: str
    content_type: str
    etag: str
    body: str


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """A reserved key, waiting for its answer."""

    id: int


class KeyMissing(Invalid):
    """An act of the API that creates or decides came without a key."""

    def __init__(self) -> None:
        super().__init__(
            "idempotency-key-missing", "見出し Idempotency-Key に、依頼ごとに異なる8〜80文字を付けてください。"
        )


class KeyReused(Invalid):
    """The key was used before with other content."""

    def __init__(self) -> None:
        super().__init__(
            "idempotency-key-reused",
            "この画面からの登録は、別の内容ですでに受け付けています。画面を開き直してください。",
        )


async def answered_before(request: Request[Any, Any, Any], visit: Visit) -> AnswerKey | None:
    """Reserves the request's key; raises Replayed with the stored answer, or KeyReused for another content.

    A program's POST must carry one (KeyMissing); its PUT and DELETE are bound to a version instead.

    A second request with the same key waits here until the first has committed or rolled back.
    """
    key = await _key_of(request, by_program=visit.caller is not None)
    if not key and visit.caller is not None and request.method == "POST":
        raise KeyMissing
    if not key:
        return None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise Invalid("bad-idempotency-key", "画面の受付番号が正しくありません。画面を開き直してください。")
    context = visit.context
    fingerprint = await _fingerprint(request)
    inserted = await current_door().execute(
        "INSERT INTO answered_request (tenant_id, person_id, key, request_sha256) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (tenant_id, person_id, key) DO NOTHING RETURNING id",
        (context.tenant_id, context.person_id, key, fingerprint),
    )
    if inserted:
        return AnswerKey(inserted[0]["id"])
    if _has_files(request):
        await (await sent_form(request)).close()  # nobody will read them a second time
    stored = (
        await AnsweredRequest.select()
        .where(
            (AnsweredRequest.tenant_id == context.tenant_id)
            & (AnsweredRequest.person_id == context.person_id)
            & (AnsweredRequest.key == key)
        )
        .first()
    )
    if stored is None or stored["request_sha256"] != fingerprint or stored["status"] is None:
        raise KeyReused
    raise Replayed(stored["status"], stored["location"], stored["content_type"], stored["etag"], stored["body"])


async def keep_answer(
    key: AnswerKey, visit: Visit, status: int, location: str, content_type: str, etag: str, body: bytes
) -> None:
    """Stores the answer beside the deed, in its transaction."""
    if len(body) > _KEPT_BODY:
        raise ValueError("the answer of an act is too long to be given again")
    await AnsweredRequest.update(
        {
            AnsweredRequest.status: status,
            AnsweredRequest.location: location,
            AnsweredRequest.content_type: content_type,
            AnsweredRequest.etag: etag,
            AnsweredRequest.body: body.decode(),
        }
    ).where((AnsweredRequest.tenant_id == visit.context.tenant_id) & (AnsweredRequest.id == key.id))


async def _key_of(request: Request[Any, Any, Any], *, by_program: bool) -> str:
    header = request.headers.get(HEADER)
    if header is not None or by_program:
        return header or ""
    value = (await sent_form(request)).get(FIELD, "")
    return value if isinstance(value, str) else ""


async def _fingerprint(request: Request[Any, Any, Any]) -> str:
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
    if _has_files(request):
        # The body was read in pieces when the key was looked for, and its boundary differs each time it is sent.
        for name, value in (await sent_form(request)).multi_items():
            for piece in (name.encode("utf-8", "surrogatepass"), *(await _pieces(value))):
                digest.update(len(piece).to_bytes(8, "big") + piece)
    else:
        digest.update(await request.body())
    return digest.hexdigest()


def _has_files(request: Request[Any, Any, Any]) -> bool:
    return request.content_type[0] == RequestEncodingType.MULTI_PART


async def _pieces(value: str | UploadFile) -> tuple[bytes, ...]:
    """What makes a field of a form the same when it is sent again: a text, or a file's name and content."""
    if isinstance(value, str):
        return (value.encode("utf-8", "surrogatepass"),)
    content = await value.read()
    await value.seek(0)
    return (value.filename.encode("utf-8", "surrogatepass"), content)
