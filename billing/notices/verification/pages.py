"""The open page 「書類の確認」: number, amount and code typed from a paper, or its PDF; tells nothing else."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response

from billing.money import parse_yen
from billing.notices.verification import operations
from billing.notices.verification.rules import VERIFY_PATH, Answer, Checked
from tenants.access.cookies import open_form_token
from tenants.calendar import JST, japanese_date
from tenants.errors import Invalid
from tenants.files.uploads import read_upload
from tenants.web.answers import render
from tenants.web.form_data import Faults, field_messages, read_form, required_text, status_of
from tenants.web.modules import Module
from tenants.web.rendering import Notice
from tenants.web.routes import Entry, open_act, open_page
from tenants.web.visit import visit

LONGEST_FILE_BYTES = 5 * 1024**2
"""A statement with its appendix is below a megabyte; anybody may send one, so no more than that is read."""
_LONGEST_TEXT = 80
_NOTHING: Mapping[str, str] = {}


@open_page(VERIFY_PATH, entry=Entry.IDENTITY)
async def verify_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """The two ways to check a paper."""
    return _page(request, _NOTHING)


@open_act(VERIFY_PATH)
async def verify_typed(request: Request[Any, Any, Any]) -> Response[Any]:
    """Says whether a paper with the typed number, amount and code was issued."""
    form = await read_form(request)
    faults = Faults()
    number = required_text(form, "number", "文書番号", faults, longest=_LONGEST_TEXT)
    amount = faults.read("amount", _amount, form.get("amount", ""), 0)
    code = required_text(form, "code", "指紋", faults, longest=_LONGEST_TEXT)
    try:
        faults.raise_if_any()
    except Invalid as refused:
        return _page(request, form, refused)
    return _page(request, form, checked=await operations.check_typed(number, amount, code, visit(request).now))


@open_act(VERIFY_PATH + "/file", uploads=True)
async def verify_file(request: Request[Any, Any, Any]) -> Response[Any]:
    """Says whether exactly this file was issued; it is hashed in memory, neither opened nor kept."""
    try:
        sent = await read_upload(request, "file", LONGEST_FILE_BYTES)
    except Invalid as refused:
        return _page(request, _NOTHING, refused)
    digest = hashlib.sha256(sent.content).digest()
    return _page(request, _NOTHING, checked=await operations.check_file(digest, visit(request).now))


def _amount(text: str) -> int:
    """Yen as printed, also with 円 behind; a paper prints what is paid back without a sign."""
    return abs(parse_yen(text.strip().removesuffix("円")))


def _page(
    request: Request[Any, Any, Any],
    values: Mapping[str, str],
    refused: Invalid | None = None,
    checked: Checked | None = None,
) -> Response[Any]:
    return render(
        request,
        "verification/page.html",
        title="書類の確認",
        lead="お手元の負担金算定書や納入通知書が、県の発行したものと同じかを確かめます。サインインは要りません。",
        breadcrumb=[("今週やること", "/"), ("書類の確認", None)] if visit(request).signed_in else [],
        status=status_of(refused),
        errors=field_messages(refused),
        values={name: values.get(name, "") for name in ("number", "amount", "code")},
        answer=_words(checked) if checked else None,
        csrf_token=visit(request).csrf_token if visit(request).signed_in else open_form_token(request),
    )


def _words(checked: Checked) -> Notice:
    day = japanese_date(checked.issued_at.astimezone(JST).date()) if checked.issued_at else ""
    if checked.answer is Answer.ISSUED:
        return Notice("success", f"発行したものと一致します(発行日 {day}、取り消されていません)。")
    if checked.answer is Answer.WITHDRAWN:
        return Notice(
            "warning", f"発行日 {day} の書類ですが、その後取り消されました。新しい書類を県に確かめてください。"
        )
    if checked.answer is Answer.REPLACED:
        return Notice(
            "warning",
            f"発行日 {day} の書類ですが、その後、納期限を変更しました(いくつかの期をまとめたPDFでは、その一部です)。"
            "新しい納期限の書類が届いていないときは、県に確かめてください。",
        )
    if checked.answer is Answer.WAIT:
        return Notice(
            "warning",
            "同じ書類の確認が続けて一致しなかったため、しばらく確かめられません。15分ほどおいてお試しください。",
        )
    return Notice(
        "error",
        "一致しません。打ち間違いがないか、もう一度確かめてください。それでも一致しないときは支払わずに、"
        "県の財政担当へ、前から知っている電話番号で問い合わせてください。",
    )


MODULE = Module(
    name="verification",
    handlers=(verify_page, verify_typed, verify_file),
    templates=Path(__file__).parent / "templates",
    action_labels={"withdraw_marks": "書類を取消し扱いにする"},
)
