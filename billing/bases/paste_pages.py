"""Pages that take a basis's values from a spreadsheet: paste, look at what would change, save, correct the rest."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.bases import operations, queries
from billing.bases.pasted import BadLine, Pasted, read_pasted, total_after
from billing.bases.rules import BasisView, Change, ValueView, shown_number, total_of
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_trail
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.web.answers import render, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, status_of
from tenants.web.rendering import Notice, percent
from tenants.web.routes import act, page
from tenants.web.visit import visit

_EDITORS = frozenset({Role.PREFECTURE_FINANCE})
_NOTHING_SAVED = 422
"""No line was good and new: the request as a whole is refused, and its transaction rolled back."""


@page("/programs/{program_id:str}/bases/{basis_id:str}/paste", roles=_EDITORS)
async def paste_page(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """The field to paste two columns into."""
    program, basis, _ = await _place(program_id, basis_id)
    return _paste(request, program, basis, "")


@act("/programs/{program_id:str}/bases/{basis_id:str}/preview", roles=_EDITORS)
async def preview(request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]) -> Response[Any]:
    """Shows what the pasted lines would change; saves nothing."""
    form = await read_form(request)
    program, basis, members = await _place(program_id, basis_id)
    text = form.get("rows", "")
    try:
        pasted = read_pasted(text, members, basis.unit)
    except Invalid as refused:
        return _paste(request, program, basis, text, refused=refused)
    return _preview(request, program, basis, members, pasted, text)


@act("/programs/{program_id:str}/bases/{basis_id:str}/paste", roles=_EDITORS)
async def save_pasted(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Saves the good lines; the bad ones come back to be corrected."""
    form = await read_form(request)
    program, basis, members = await _place(program_id, basis_id)
    here, text = visit(request), form.get("rows", "")
    try:
        pasted = read_pasted(text, members, basis.unit)
    except Invalid as refused:
        return _paste(request, program, basis, text, refused=refused)
    try:
        async with savepoint():
            changed = await operations.save_values(
                here.context,
                program.id,
                basis.id,
                {one.tenant_id: one.new for one in pasted.changes},
                positive_id(form.get("version", "")),
                here.now,
            )
    except (Invalid, Conflict) as refused:
        return _preview(request, program, basis, members, pasted, text, refused)
    if not pasted.bad:
        done = "basis-values-saved" if changed else "basis-values-same"
        return see_other(f"/programs/{program.id}/bases/{basis.id}", done=done)
    return _paste(request, program, basis, pasted.remaining_text, saved=changed, bad=pasted.bad)


async def _place(program_id: str, basis_id: str) -> tuple[ProgramView, BasisView, list[ValueView]]:
    program = await programs.program(positive_id(program_id))
    basis = await queries.basis(program.id, positive_id(basis_id))
    return program, basis, await queries.member_values(program.id, basis.id)


def _frame(program: ProgramView, basis: BasisView, title: str) -> Mapping[str, Any]:
    bases = f"/programs/{program.id}/bases"
    return {
        "title": title,
        "breadcrumb": program_trail(program, ("按分基準", bases), (basis.name, f"{bases}/{basis.id}"), (title, None)),
        "help_page": "apportionment",
        "here": f"{bases}/{basis.id}",
        "basis": basis,
    }


def _paste(
    request: Request[Any, Any, Any],
    program: ProgramView,
    basis: BasisView,
    text: str,
    *,
    refused: Invalid | None = None,
    saved: int | None = None,
    bad: Sequence[BadLine] = (),
) -> Response[Any]:
    notices = []
    if saved is not None:
        kept = f"{saved}団体の値を保存しました。" if saved else "保存した値はありません。"
        notices.append(Notice("warning", f"{kept}読み取れなかった{len(bad)}行が残っています。直してください。"))
    return render(
        request,
        "bases/paste.html",
        **_frame(program, basis, "Excelから貼り付ける"),
        status=_NOTHING_SAVED if saved == 0 else status_of(refused),
        errors=field_messages(refused),
        notices=notices,
        text=text,
        # The lines stand alone in the field now, so they are counted anew.
        bad=[BadLine(number, one.text, one.reason) for number, one in enumerate(bad, 1)],
    )


def _preview(
    request: Request[Any, Any, Any],
    program: ProgramView,
    basis: BasisView,
    members: Sequence[ValueView],
    pasted: Pasted,
    text: str,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    taken = {one.tenant_id for one in pasted.changes}
    return render(
        request,
        "bases/preview.html",
        **_frame(program, basis, "貼り付けた内容を確かめる"),
        status=status_of(refused),
        errors=field_messages(refused),
        changes=[_row(one) for one in pasted.changes],
        change_count=sum(1 for one in pasted.changes if one.is_change),
        bad=pasted.bad,
        skipped=pasted.skipped,
        untouched=[one.name for one in members if one.tenant_id not in taken],
        total_before=shown_number(total_of(members)),
        total_after=shown_number(total_after(members, pasted.changes)),
        text=text,
    )


def _row(one: Change) -> dict[str, Any]:
    old = ValueView(one.tenant_id, one.code, one.name, one.old, "", None)
    new = ValueView(one.tenant_id, one.code, one.name, one.new, "", None)
    rate = one.rate
    if not one.is_change:
        words = "変更なし"
    elif one.old is None:
        words = "新しく入る"
    elif rate is None:
        words = "0から"
    else:
        # One decimal: the preview asks whether a change is plausible, not how much it is to the person.
        words = ("+" if rate > 0 else "") + percent(rate, 1)
    return {
        "code": one.code,
        "name": one.name,
        "old": old.shown or None,
        "new": new.shown,
        "change": words,
        "is_remarkable": one.is_remarkable,
    }


HANDLERS = (paste_page, preview, save_pasted)
