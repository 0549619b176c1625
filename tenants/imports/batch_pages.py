"""Pages of one import: what was read, which column is what, what every row would do; apply it, take it back."""

from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.context import TenantContext
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid, NotFound
from tenants.imports import operations, queries, storing
from tenants.imports.exports import XLSX
from tenants.imports.forms import field_of, read_heading, read_mapping, same_choice
from tenants.imports.listed import HISTORY
from tenants.imports.matching import match_columns
from tenants.imports.rules import BatchView, Outcome, Place, State
from tenants.imports.storing import FilesGone
from tenants.jobs import queries as jobs
from tenants.jobs.rules import JobView
from tenants.web.answers import download, render, render_partial, say_when_done, see_other, wants_partial
from tenants.web.form_data import Faults, field_messages, positive_id, read_form, required_text, status_of
from tenants.web.routes import act, page
from tenants.web.visit import site, visit

_FORMATS = {"xlsx": "Excel", "csv": "CSV", "tsv": "タブ区切りの文字", "csv-semicolon": "セミコロン区切りの文字"}
_ENCODINGS = {"utf-8": "UTF-8", "utf-8-bom": "UTF-8(BOM付き)", "utf-16": "UTF-16", "cp932": "Shift_JIS(CP932)"}
_LONGEST_REASON = 200
_SHOWN_CELLS = 6
"""Cells of a row that tell it from others when a person says which one is the heading."""
say_when_done(
    {
        "import-discarded": "破棄しました。何も変わっていません。",
        "import-back": "前の状態に戻しました。",
    }
)


@page("/imports/{import_id:str}", roles=HISTORY.roles)
async def import_page(request: Request[Any, Any, Any], import_id: FromPath[str]) -> Response[Any]:
    """One import; while a job works on it, the part that changes is served alone at the same URL."""
    here = visit(request)
    one = await queries.batch(here.context, positive_id(import_id))
    if wants_partial(request):
        answer = render_partial(request, "imports/_progress.html", one=one, job=await _job(here.context, one))
        if not one.state.busy:
            answer.headers["hx-refresh"] = "true"
        return answer
    return await _page(request, one)


@act("/imports/{import_id:str}/columns", roles=HISTORY.roles)
async def choose_columns(request: Request[Any, Any, Any], import_id: FromPath[str]) -> Response[Any]:
    """Takes the person's word on headings and columns; a job checks the rows anew."""
    here, form = visit(request), await read_form(request)
    one = await queries.batch(here.context, positive_id(import_id))
    kind = operations.kind_for(here.context, one.kind)
    place = await kind.place(here.context, one.target)
    try:
        async with savepoint():
            preview = await _preview(request, one)
            head: dict[int, list[str]] = dict(preview["head"])
            heading = read_heading(form, list(head))
            if heading != one.heading_number and same_choice(form, place.columns, one.mapping):
                mapping = match_columns(head[heading], place.columns)
            else:
                mapping = read_mapping(form, place.columns, preview["width"])
            version = positive_id(form.get("version", ""))
            await operations.choose_columns(here.context, one.id, heading, mapping, version)
    except (Invalid, Conflict) as refused:
        return await _page(request, one, refused, dict(form))
    return see_other(f"/imports/{one.id}")


@act("/imports/{import_id:str}/application", roles=HISTORY.roles)
async def apply(request: Request[Any, Any, Any], import_id: FromPath[str]) -> Response[Any]:
    """Asks for the good rows to go in."""
    here, form, number = visit(request), await read_form(request), positive_id(import_id)
    try:
        async with savepoint():
            await operations.start_applying(here.context, number, positive_id(form.get("version", "")))
    except (Invalid, Conflict) as refused:
        return await _page(request, await queries.batch(here.context, number), refused)
    return see_other(f"/imports/{number}")


@act("/imports/{import_id:str}/reversal", roles=HISTORY.roles)
async def undo(request: Request[Any, Any, Any], import_id: FromPath[str]) -> Response[Any]:
    """Asks for everything the import did to be taken back."""
    here, form, number = visit(request), await read_form(request), positive_id(import_id)
    try:
        async with savepoint():
            faults = Faults()
            reason = required_text(form, "reason", "理由", faults, longest=_LONGEST_REASON, one_line=True)
            faults.raise_if_any()
            await operations.start_undoing(here.context, number, reason, positive_id(form.get("version", "")))
    except (Invalid, Conflict) as refused:
        return await _page(request, await queries.batch(here.context, number), refused, dict(form))
    return see_other(f"/imports/{number}")


@act("/imports/{import_id:str}/disposal", roles=HISTORY.roles)
async def discard(request: Request[Any, Any, Any], import_id: FromPath[str]) -> Response[Any]:
    """Throws away an import that has changed nothing."""
    here, form, number = visit(request), await read_form(request), positive_id(import_id)
    await operations.discard(here.context, number, positive_id(form.get("version", "")))
    return see_other("/imports", done="import-discarded")


@act("/imports/{import_id:str}/return", roles=HISTORY.roles)
async def go_back(request: Request[Any, Any, Any], import_id: FromPath[str]) -> Response[Any]:
    """Puts an import back to where it waited, after its job was stopped."""
    here, form, number = visit(request), await read_form(request), positive_id(import_id)
    await operations.go_back(here.context, number, positive_id(form.get("version", "")))
    return see_other(f"/imports/{number}", done="import-back")


@page("/imports/{import_id:str}/rejected", roles=HISTORY.roles)
async def rejected(request: Request[Any, Any, Any], import_id: FromPath[str]) -> Response[Any]:
    """The wrong rows as a workbook, with what is to be corrected."""
    here = visit(request)
    one = await queries.batch(here.context, positive_id(import_id))
    if one.returned_file_id is None:
        raise NotFound
    content = await storing.read_kept(here.context, site(request).storage, one.returned_file_id, here.now)
    return download(content, file_name=f"import-{one.id}-rejected.xlsx", content_type=XLSX)


async def _page(
    request: Request[Any, Any, Any],
    one: BatchView,
    refused: Invalid | Conflict | None = None,
    typed: dict[str, str] | None = None,
) -> Response[Any]:
    here = visit(request)
    kind = operations.kind_for(here.context, one.kind)
    place = await _place(here.context, one)
    preview, gone = None, False
    if one.preview_file_id is not None and not one.state.busy:
        try:
            preview = await _preview(request, one)
        except FilesGone:
            gone = True
    return render(
        request,
        "imports/page.html",
        title=f"{one.title}の取り込み",
        breadcrumb=[("今週やること", "/"), ("取り込み", "/imports"), (one.title, None)],
        help_page="imports",
        status=status_of(refused),
        errors=field_messages(refused),
        one=one,
        kind_label=kind.label,
        place_url=place.url if place else None,
        facts=_facts(one),
        gone=gone,
        kept_days=storing.KEPT_FOR.days,
        job=await _job(here.context, one) if one.state.busy else None,
        still=one.state.busy and await operations.stands_still(here.context, one),
        matching=_matching(one, place, preview, typed or {}) if place and preview else None,
        outcomes=_outcomes(request, one, preview) if preview and one.checked_sha256 else None,
        typed=typed or {},
    )


async def _place(context: TenantContext, one: BatchView) -> Place | None:
    """Where the rows go, or None when it is gone: the import then stays to be looked at."""
    try:
        return await operations.kind_for(context, one.kind).place(context, one.target)
    except NotFound:
        return None


async def _preview(request: Request[Any, Any, Any], one: BatchView) -> dict[str, Any]:
    here = visit(request)
    content = await storing.read_kept(here.context, site(request).storage, one.preview_file_id, here.now)
    facts: dict[str, Any] = storing.unpacked(content)
    return facts


async def _job(context: TenantContext, one: BatchView) -> JobView | None:
    """The job that works on it, if this person may see it."""
    try:
        return await jobs.job(context, one.job_id) if one.job_id is not None else None
    except NotFound:
        return None


def _facts(one: BatchView) -> list[tuple[str, str]]:
    read = "、".join(
        filter(
            None,
            [
                _FORMATS.get(one.format, ""),
                _ENCODINGS.get(one.encoding, ""),
                f"シート「{one.sheet}」" if one.sheet else "",
            ],
        )
    )
    facts = [("ファイル", one.file_name), ("送った人", one.person_name)]
    return [*facts, ("読み取り方", read)] if read else facts


def _matching(one: BatchView, place: Place, preview: dict[str, Any], typed: dict[str, str]) -> dict[str, Any] | None:
    """The choices of heading and columns, as far as they can still be made."""
    if one.state not in {State.MATCHING, State.CHECKED}:
        return None
    names = [*preview["headings"], *[""] * (preview["width"] - len(preview["headings"]))]
    options = [(str(at), f"{at + 1}列目 {name.strip()[:30]}".strip()) for at, name in enumerate(names)]
    return {
        "open": one.state is State.MATCHING or bool(typed),
        "heading": typed.get("heading", str(one.heading_number)),
        "headings": [
            (str(number), f"{number}行目 {'、'.join(cell[:20] for cell in cells if cell.strip())[:60]}")
            for number, cells in preview["head"]
        ],
        "options": options,
        "columns": [
            {
                "field": field_of(column),
                "label": column.label,
                "required": column.required,
                "hint": column.hint,
                "value": typed.get(field_of(column), str(one.mapping.get(column.key, ""))),
            }
            for column in place.columns
        ],
    }


def _outcomes(request: Request[Any, Any, Any], one: BatchView, preview: dict[str, Any]) -> dict[str, Any]:
    """The rows of one outcome, and the others as tabs; wrong rows come first, they need a person."""
    counted = [outcome for outcome in (Outcome.WRONG, *Outcome) if one.counts.of(outcome)]
    asked = request.query_params.get("show", "")
    first = counted[0] if counted else Outcome.NEW
    shown = Outcome(asked) if asked in set(Outcome) else first
    rows = preview["shown"].get(shown.value, [])
    return {
        "tabs": [
            {
                "label": outcome.status.label,
                "url": f"/imports/{one.id}?show={outcome.value}",
                "current": outcome is shown,
                "count": one.counts.of(outcome),
            }
            for outcome in Outcome
        ],
        "label": shown.status.label,
        "total": one.counts.of(shown),
        "wrong": shown is Outcome.WRONG,
        "rows": [{"number": number, "name": name, "words": words or None} for number, name, words in rows],
    }


HANDLERS = (import_page, choose_columns, apply, undo, discard, go_back, rejected)
