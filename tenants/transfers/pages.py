"""Pages of transfers: the batches, a new one, its differences, applying and undoing it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from tenants.calendar import japanese_date, parse_japanese_date
from tenants.context import TenantContext
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid, NotFound
from tenants.files.policy import policy
from tenants.files.uploads import check_upload, read_upload
from tenants.lists.listing import list_page
from tenants.people.invitations.pages import TRAIL
from tenants.people.rules import ADMINISTRATING
from tenants.transfers import applying, handing_over, operations, queries, undoing
from tenants.transfers.exports import XLSX, rejected_workbook, transfer_workbook
from tenants.transfers.listed import TRANSFERS
from tenants.transfers.queries import LineView, TransferView
from tenants.transfers.reading import parsed_rows, rows_of_text
from tenants.transfers.rules import STATES, Kind, next_effective_day
from tenants.transfers.showing import KINDS, line_row, tabs
from tenants.web.answers import download, render, say_when_done, see_other
from tenants.web.form_data import Faults, field_messages, positive_id, read_form, required_text, status_of
from tenants.web.modules import Module, Task
from tenants.web.routes import act, page
from tenants.web.visit import visit

say_when_done(
    {
        "transfer-checked": "違いを確かめてください。まだ何も変わっていません。",
        "transfer-compared": "いまの利用者と比べ直しました。まだ何も変わっていません。",
        "transfer-applied": "人事異動を反映しました。",
        "transfer-undone": "人事異動をまとめて取り消しました。",
        "transfer-discarded": "破棄しました。何も変わっていません。",
    }
)


@page("/transfers", roles=ADMINISTRATING)
async def transfer_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The batches, newest first, and the workbook to begin with."""
    here = visit(request)
    return await list_page(
        request,
        TRANSFERS,
        template="transfers/list.html",
        title="人事異動",
        lead="多くの利用者の役割を、決まった日の0時にまとめて切り替えます。",
        breadcrumb=[*TRAIL, ("人事異動", None)],
        help_page="transfers",
        day=japanese_date(next_effective_day(here.now.date())),
    )


@page("/transfers/workbook", roles=ADMINISTRATING)
async def workbook(request: Request[Any, Any, Any]) -> Response[Any]:
    """The present people as a workbook to fill in."""
    here = visit(request)
    text = request.query_params.get("day", "").replace("\x00", "")
    day = parse_japanese_date(text) if text else next_effective_day(here.now.date())
    people = await queries.present_people(here.context.tenant_id)
    name = here.context.tenant_name
    content = await asyncio.to_thread(transfer_workbook, here.context.tenant_id, name, people, day)
    return download(content, file_name=f"jinji-{day:%Y%m%d}.xlsx", content_type=XLSX)


@page("/transfers/new", roles=ADMINISTRATING)
async def new_transfer(request: Request[Any, Any, Any]) -> Response[Any]:
    """The form that takes the rows of the workbook."""
    day = next_effective_day(visit(request).now.date())
    return _form(request, {"title": f"{japanese_date(day)}付け人事異動", "effective_on": japanese_date(day)})


@act("/transfers", roles=ADMINISTRATING, uploads=True)
async def check_transfer(request: Request[Any, Any, Any]) -> Response[Any]:
    """Checks the rows; nothing changes yet."""
    here, form = visit(request), await read_form(request)
    try:
        async with savepoint():
            faults = Faults()
            title = required_text(form, "title", "名前", faults, one_line=True)
            effective = faults.read("effective_on", parse_japanese_date, form.get("effective_on", ""), date.min)
            faults.raise_if_any()
            rows = await _sent_rows(request, form.get("rows", ""))
            transfer_id = await operations.check_transfer(here.context, title, effective, rows, here.now)
    except (Invalid, Conflict) as refused:
        return _form(request, dict(form), refused)
    one = await queries.transfer(here.context.tenant_id, transfer_id)
    return see_other(f"/transfers/{one.id}", done=None if one.wrong_count else "transfer-checked")


@page("/transfers/{transfer_id:str}", roles=ADMINISTRATING)
async def transfer_page(request: Request[Any, Any, Any], transfer_id: FromPath[str]) -> Response[Any]:
    """One batch with its differences."""
    one = await queries.transfer(visit(request).context.tenant_id, positive_id(transfer_id))
    return await _page(request, one)


@page("/transfers/{transfer_id:str}/rejected", roles=ADMINISTRATING)
async def rejected(request: Request[Any, Any, Any], transfer_id: FromPath[str]) -> Response[Any]:
    """The wrong lines as a workbook, with what is to be corrected."""
    context = visit(request).context
    one = await queries.transfer(context.tenant_id, positive_id(transfer_id))
    content = await asyncio.to_thread(rejected_workbook, one.title, await queries.lines(context.tenant_id, one.id))
    if content is None:
        raise NotFound
    return download(content, file_name=f"jinji-{one.id}-rejected.xlsx", content_type=XLSX)


@act("/transfers/{transfer_id:str}/checks", roles=ADMINISTRATING)
async def check_again(request: Request[Any, Any, Any], transfer_id: FromPath[str]) -> Response[Any]:
    """Compares the batch with the present people anew."""
    here, form, number = visit(request), await read_form(request), positive_id(transfer_id)
    await operations.check_again(here.context, number, positive_id(form.get("version", "")), here.now)
    return see_other(f"/transfers/{number}", done="transfer-compared")


@act("/transfers/{transfer_id:str}/application", roles=ADMINISTRATING)
async def apply_transfer(request: Request[Any, Any, Any], transfer_id: FromPath[str]) -> Response[Any]:
    """Applies the batch; a big one becomes a job."""
    here, form, number = visit(request), await read_form(request), positive_id(transfer_id)
    try:
        async with savepoint():
            version = positive_id(form.get("version", ""))
            job_id = await applying.apply_transfer(here.context, number, version, here.now)
            if job_id is None:
                await handing_over.hand_over(here.context, number, here.now)
    except Conflict as refused:
        return await _page(request, await queries.transfer(here.context.tenant_id, number), refused)
    return see_other(
        f"/jobs/{job_id}" if job_id else f"/transfers/{number}", done=None if job_id else "transfer-applied"
    )


@act("/transfers/{transfer_id:str}/reversal", roles=ADMINISTRATING)
async def undo_transfer(request: Request[Any, Any, Any], transfer_id: FromPath[str]) -> Response[Any]:
    """Undoes the batch as one."""
    here, form, number = visit(request), await read_form(request), positive_id(transfer_id)
    try:
        async with savepoint():
            faults = Faults()
            reason = required_text(form, "reason", "理由", faults, longest=200, one_line=True)
            faults.raise_if_any()
            await undoing.undo_transfer(here.context, number, reason, here.now)
    except (Invalid, Conflict) as refused:
        return await _page(request, await queries.transfer(here.context.tenant_id, number), refused)
    return see_other(f"/transfers/{number}", done="transfer-undone")


@act("/transfers/{transfer_id:str}/disposal", roles=ADMINISTRATING)
async def discard(request: Request[Any, Any, Any], transfer_id: FromPath[str]) -> Response[Any]:
    """Throws a waiting batch away."""
    here, form, number = visit(request), await read_form(request), positive_id(transfer_id)
    await operations.discard(here.context, number, positive_id(form.get("version", "")))
    return see_other("/transfers", done="transfer-discarded")


async def transfer_tasks(context: TenantContext, today: date) -> Sequence[Task]:  # noqa: ARG001  (every source gets it)
    """Batches that were checked and wait for somebody to apply them."""
    if context.role not in ADMINISTRATING:
        return []
    return [
        Task(
            one.effective_on,
            f"人事異動を反映する: {one.title}",
            f"{one.doing_count}人",
            f"/transfers/{one.id}",
            "確かめる",
        )
        for one in await queries.waiting(context.tenant_id)
    ]


async def _sent_rows(request: Request[Any, Any, Any], pasted: str) -> list[operations.Row]:
    """The rows of the sent file, or the pasted ones when there is none. Raises VirusFound, UploadsRest, Invalid."""
    sent = (await request.form()).get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return rows_of_text(pasted)
    upload = await read_upload(request, "file", policy().upload_max_bytes)
    await check_upload(upload.content, visit(request), upload.file_name)
    return await parsed_rows(upload.content, upload.file_name)


def _form(
    request: Request[Any, Any, Any], values: Mapping[str, str], refused: Invalid | Conflict | None = None
) -> Response[Any]:
    return render(
        request,
        "transfers/form.html",
        title="異動の表を送る",
        lead="送ったあとに違いを確かめてから反映します。送っただけでは何も変わりません。",
        breadcrumb=[*TRAIL, ("人事異動", "/transfers"), ("異動の表を送る", None)],
        help_page="transfers",
        status=status_of(refused),
        errors=field_messages(refused),
        values=values,
    )


async def _page(
    request: Request[Any, Any, Any], one: TransferView, refused: Invalid | Conflict | None = None
) -> Response[Any]:
    here = visit(request)
    lines = await queries.lines(here.context.tenant_id, one.id)
    shown = request.query_params.get("kind", "")
    work = await _open_work(here.context, one, lines)
    return render(
        request,
        "transfers/page.html",
        title=one.title,
        breadcrumb=[*TRAIL, ("人事異動", "/transfers"), (one.title, None)],
        help_page="transfers",
        status=status_of(refused),
        errors=field_messages(refused),
        one=one,
        state=STATES[one.state],
        tabs=tabs(one, shown),
        lines=[line_row(line, work) for line in lines if shown not in KINDS or line.kind is Kind(shown)],
        begun=one.effective_on <= here.now.date(),
    )


async def _open_work(context: TenantContext, one: TransferView, lines: Sequence[LineView]) -> dict[int, dict[str, int]]:
    """What waits for each person who names a successor, while it has not been handed over."""
    if one.handed_over_at is not None or one.state not in {"checked", "applying", "applied"}:
        return {}
    leaving = [line.person_id for line in lines if line.successor_id and line.person_id]
    return {person_id: await handing_over.open_work(context, person_id) for person_id in leaving}


MODULE = Module(
    name="transfers",
    handlers=(
        transfer_list,
        workbook,
        new_transfer,
        check_transfer,
        transfer_page,
        rejected,
        check_again,
        apply_transfer,
        undo_transfer,
        discard,
    ),
    templates=Path(__file__).parent / "templates",
    tasks=(transfer_tasks,),
    action_labels={
        "check_transfer": "人事異動の表を確認",
        "discard_transfer": "人事異動の表を破棄",
        "start_transfer": "人事異動の反映を開始",
        "stop_transfer": "人事異動の反映を中止",
        "apply_transfer": "人事異動を反映",
        "transfer_person": "人事異動で役割を変更",
        "undo_transfer": "人事異動を取り消し",
        "undo_transfer_of_person": "人事異動の取り消しで役割を戻す",
        "hand_over": "未完了の仕事を引き継ぎ",
    },
)
