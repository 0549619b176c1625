"""Pages of mail: a person's notices, how often to be written to, and for administrators how far mails got."""

from datetime import date
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.context import TenantContext
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.lists.listing import list_page
from tenants.mail import operations, queries
from tenants.mail.listed import ADMINISTRATORS, MAILS
from tenants.mail.rules import Frequency, MailState
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import Faults, field_messages, one_of, positive_id, read_form, status_of
from tenants.web.modules import Module, OwnLink, Summary
from tenants.web.routes import EVERYBODY, act, page
from tenants.web.visit import visit

_FREQUENCIES = {one.value: one.label for one in Frequency}
say_when_done(
    {
        "notices-read": "すべて既読にしました。",
        "mail-frequency-chosen": "メールの受け取り方を保存しました。",
        "mail-again": "もう一度送るように頼みました。",
    }
)


@page("/notices", roles=EVERYBODY)
async def notice_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The person's notices in this organisation, newest first."""
    context = visit(request).context
    found = await queries.notices(context, _before(request))
    shown = found[: queries.PAGE_SIZE]
    return render(
        request,
        "mail/notices.html",
        title="お知らせ",
        lead="あなたに宛てたお知らせです。メールを受け取れない場合も、ここですべて読めます。",
        breadcrumb=[("今週やること", "/"), ("お知らせ", None)],
        help_page="notices",
        notices_found=shown,
        any_unread=any(not one.read for one in shown),
        next_url=f"/notices?before={shown[-1].id}" if len(found) > queries.PAGE_SIZE else None,
        sees_mails=context.role in ADMINISTRATORS,
    )


@act("/notices/{notice_id:str}/reading", roles=EVERYBODY)
async def read_notice(request: Request[Any, Any, Any], notice_id: FromPath[str]) -> Response[Any]:
    """Marks a notice as read and opens the page it leads to."""
    here = visit(request)
    return see_other(await operations.read_notice(here.context, positive_id(notice_id), here.now))


@act("/notices/reading", roles=EVERYBODY)
async def read_all_notices(request: Request[Any, Any, Any]) -> Response[Any]:
    """Marks everything as read."""
    here = visit(request)
    await operations.read_all_notices(here.context, here.now)
    return see_other("/notices", done="notices-read")


@page("/me/mail", roles=EVERYBODY)
async def mail_preference(request: Request[Any, Any, Any]) -> Response[Any]:
    """How often the person wants mail."""
    frequency = await queries.frequency_of(visit(request).context.person_id)
    return _preference(request, frequency.value, None)


@act("/me/mail", roles=EVERYBODY)
async def choose_frequency(request: Request[Any, Any, Any]) -> Response[Any]:
    """Remembers the choice."""
    form = await read_form(request)
    try:
        faults = Faults()
        chosen = one_of(form, "frequency", "メールの受け取り方", _FREQUENCIES, faults)
        faults.raise_if_any()
        await operations.choose_frequency(visit(request).context, Frequency(chosen))
    except Invalid as refused:
        return _preference(request, form.get("frequency", ""), refused)
    return see_other("/me/mail", done="mail-frequency-chosen")


@page("/mails", roles=ADMINISTRATORS)
async def mail_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """How far the organisation's mails got."""
    return await _mails(request, None)


@act("/mails/{mail_id:str}/sending", roles=ADMINISTRATORS)
async def send_again(request: Request[Any, Any, Any], mail_id: FromPath[str]) -> Response[Any]:
    """Sends a mail that failed once more."""
    here = visit(request)
    try:
        async with savepoint():
            await operations.send_again(here.context, positive_id(mail_id), here.now)
    except Conflict as refused:
        return await _mails(request, refused)
    return see_other("/mails", done="mail-again")


def _preference(request: Request[Any, Any, Any], frequency: str, refused: Invalid | None) -> Response[Any]:
    return render(
        request,
        "mail/preference.html",
        title="メールの受け取り方",
        lead="お知らせをメールでも受け取るかどうかを選びます。お知らせはメールと関係なく「お知らせ」に残ります。",
        breadcrumb=[("今週やること", "/"), ("自分の設定", "/me"), ("メールの受け取り方", None)],
        help_page="notices",
        status=status_of(refused),
        errors=field_messages(refused),
        frequency=frequency,
        frequencies=list(_FREQUENCIES.items()),
    )


async def _mails(request: Request[Any, Any, Any], refused: Conflict | None) -> Response[Any]:
    return await list_page(
        request,
        MAILS,
        title="メールの送信状況",
        template="mail/mails.html",
        status=status_of(refused) if refused else 200,
        errors=field_messages(refused),
        lead="この団体から送ったメールが届いたかどうかを確かめ、送れなかったものをもう一度送れます。",
        breadcrumb=[("今週やること", "/"), ("メールの送信状況", None)],
        help_page="notices",
        empty_link=("/", "今週やることへ戻る"),
        may_send_again={MailState.FAILED, MailState.UNKNOWN},
    )


def _before(request: Request[Any, Any, Any]) -> int | None:
    text = request.query_params.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004  (64 bits)


async def _unread(context: TenantContext, _: date) -> list[Summary]:
    unread = await queries.unread_count(context)
    return [Summary("お知らせ", f"未読 {unread}件" if unread else "未読はありません", "/notices")]


MODULE = Module(
    name="mail",
    handlers=(notice_list, read_notice, read_all_notices, mail_preference, choose_frequency, mail_list, send_again),
    templates=Path(__file__).parent / "templates",
    summaries=(_unread,),
    me_links=(OwnLink("メールの受け取り方", "/me/mail", "お知らせをメールでいつ受け取るかを選びます"),),
    action_labels={"choose_mail_frequency": "メールの受け取り方を変更", "send_mail_again": "メールを再送"},
)
