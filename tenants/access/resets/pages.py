"""Pages of administrators: サインインの管理, ask for a reset, confirm one, the slip, let people try again."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.access.attempts.operations import reopen_town, unlock
from tenants.access.links.rules import LINK_LIFE
from tenants.access.resets import operations
from tenants.access.resets.queries import guarded, guarded_people, open_reset, open_resets, town_is_closed
from tenants.access.resets.rules import (
    GUARDIANS,
    LONGEST_REASON,
    REQUEST_LIFE,
    Guarded,
    ResetView,
    What,
    check_may_ask,
    may_decide,
)
from tenants.calendar import JST
from tenants.context import TenantContext
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.second_factor.queries import required_roles
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import Faults, field_messages, one_of, positive_id, read_form, required_text, status_of
from tenants.web.modules import Module, NavigationEntry, Task
from tenants.web.rendering import Status
from tenants.web.routes import act, page
from tenants.web.visit import visit

_HERE = ("サインインの管理", "/access")
_WHATS = {what.value: what for what in What}


@page("/access", roles=GUARDIANS)
async def overview(request: Request[Any, Any, Any]) -> Response[Any]:
    """Who is kept out and why, what waits for a second person, for whom the second factor is required."""
    here = visit(request)
    people = await guarded_people(here.context, here.now)
    return render(
        request,
        "access/overview.html",
        title="サインインの管理",
        lead="サインインできない人を助け、2段階認証を必須にする役割を決めます。",
        breadcrumb=[("今週やること", "/"), ("サインインの管理", None)],
        help_page="my-account",
        people=[(one, _state(one)) for one in people],
        resets=[(one, may_decide(one, here.context)) for one in await open_resets(here.context)],
        closed=await town_is_closed(here.context, here.now),
        required=[role.label for role in sorted(await required_roles(here.context))],
        me=here.context.person_id,
    )


@act("/access/{person_id:str}/unlocking", roles=GUARDIANS)
async def let_try_again(request: Request[Any, Any, Any], person_id: FromPath[str]) -> Response[Any]:
    """Takes the waiting time away."""
    here = visit(request)
    person = await guarded(here.context, positive_id(person_id), here.now)
    await unlock(here.context, person.person_id, person.email, person.name)
    return see_other("/access", done="unlocked")


@act("/access/reopening", roles=GUARDIANS)
async def reopen(request: Request[Any, Any, Any]) -> Response[Any]:
    """Takes the organisation's waiting time away."""
    here = visit(request)
    await reopen_town(here.context, here.now)
    return see_other("/access", done="reopened")


@page("/access/{person_id:str}/reset", roles=GUARDIANS)
async def reset_form(request: Request[Any, Any, Any], person_id: FromPath[str]) -> Response[Any]:
    """The form to ask for a reset."""
    here = visit(request)
    person = await guarded(here.context, positive_id(person_id), here.now)
    check_may_ask(here.context, person)
    return _ask_form(request, person, {}, None)


@act("/access/{person_id:str}/reset", roles=GUARDIANS)
async def ask(request: Request[Any, Any, Any], person_id: FromPath[str]) -> Response[Any]:
    """Asks a second administrator."""
    here, form = visit(request), await read_form(request)
    person = await guarded(here.context, positive_id(person_id), here.now)
    try:
        async with savepoint():
            faults = Faults()
            what = one_of(form, "what", "再設定するもの", _WHATS, faults)
            reason = required_text(form, "reason", "理由", faults, longest=LONGEST_REASON)
            faults.raise_if_any()
            await operations.ask_reset(here.context, person.person_id, What(what), reason, here.now)
    except (Invalid, Conflict) as refused:
        return _ask_form(request, person, dict(form), refused)
    return see_other("/access", done="reset-asked")


@page("/access/resets/{reset_id:str}", roles=GUARDIANS)
async def reset(request: Request[Any, Any, Any], reset_id: FromPath[str]) -> Response[Any]:
    """One request, to confirm or decline."""
    here = visit(request)
    found = await open_reset(here.context, positive_id(reset_id))
    return _decision_page(request, found, None)


@act("/access/resets/{reset_id:str}/confirmation", roles=GUARDIANS)
async def confirm(request: Request[Any, Any, Any], reset_id: FromPath[str]) -> Response[Any]:
    """Does what was asked; a password's slip is the answer itself, because its link is shown once and kept nowhere."""
    here, number = visit(request), positive_id(reset_id)
    found = await open_reset(here.context, number)
    try:
        async with savepoint():
            done, token = await operations.confirm_reset(here.context, number, here.now)
    except Conflict as refused:
        return _decision_page(request, found, refused)
    if not token:
        return see_other("/access", done="reset-confirmed")
    return render(
        request,
        "access/slip.html",
        title="パスワード再設定の案内",
        lead="この案内は、いまだけ表示されます。印刷して封をし、本人に手渡してください。",
        reset=done,
        address=f"{str(request.base_url).rstrip('/')}/welcome/{token}",
        until=here.now + LINK_LIFE,
    )


@act("/access/resets/{reset_id:str}/refusal", roles=GUARDIANS)
async def decline(request: Request[Any, Any, Any], reset_id: FromPath[str]) -> Response[Any]:
    """Refuses a request."""
    here, number = visit(request), positive_id(reset_id)
    found = await open_reset(here.context, number)
    try:
        async with savepoint():
            await operations.decline_reset(here.context, number, here.now)
    except Conflict as refused:
        return _decision_page(request, found, refused)
    return see_other("/access", done="reset-declined")


async def reset_tasks(context: TenantContext, today: date) -> Sequence[Task]:  # noqa: ARG001  (every source gets it)
    """Requests that wait for this administrator, who is otherwise told nowhere when another organisation asks."""
    if context.role not in GUARDIANS:
        return []
    return [
        Task(
            (one.asked_at + REQUEST_LIFE).astimezone(JST).date(),
            f"{one.person_name}さんの{one.what.label}の再設定を確かめる",
            f"{one.asked_by_name}さんの申請",
            f"/access/resets/{one.id}",
            "確かめる",
        )
        for one in await open_resets(context)
        if may_decide(one, context)
    ]


def _ask_form(
    request: Request[Any, Any, Any], person: Guarded, typed: dict[str, str], refused: Invalid | Conflict | None
) -> Response[Any]:
    return render(
        request,
        "access/ask_reset.html",
        title=f"{person.name}さんの再設定を申請",
        lead="もう一人の管理者が確認すると、再設定されます。申請した人は自分で確認できません。",
        breadcrumb=[("今週やること", "/"), _HERE, ("再設定を申請", None)],
        status=status_of(refused),
        errors=field_messages(refused),
        person=person,
        whats=[(what.value, what.label) for what in What],
        typed=typed,
    )


def _decision_page(request: Request[Any, Any, Any], found: ResetView, refused: Conflict | None) -> Response[Any]:
    here = visit(request)
    return render(
        request,
        "access/reset.html",
        title=f"{found.person_name}さんの{found.what.label}の再設定",
        lead="本人からの依頼であることを、電話や対面で確かめてから決めてください。",
        breadcrumb=[("今週やること", "/"), _HERE, ("再設定の確認", None)],
        status=status_of(refused),
        errors=field_messages(refused),
        reset=found,
        may_decide=may_decide(found, here.context),
        over=found.is_over(here.now),
    )


def _state(one: Guarded) -> Status:
    if one.disabled:
        return Status("停止中", "danger")
    if one.blocked_until is not None:
        return Status("一時停止中", "warning")
    return Status("サインインできます", "success")


say_when_done(
    {
        "unlocked": "待ち時間を解きました。すぐにサインインできます。",
        "reopened": "団体の待ち時間を解きました。",
        "reset-asked": "再設定を申請しました。もう一人の管理者が確認するのを待っています。",
        "reset-confirmed": "2段階認証を取り消し、全端末でサインアウトしました。次のサインインから設定し直せます。",
        "reset-declined": "申請を断りました。",
    }
)

MODULE = Module(
    name="access_resets",
    handlers=(overview, let_try_again, reopen, reset_form, ask, reset, confirm, decline),
    templates=Path(__file__).parents[1] / "templates",
    navigation=(NavigationEntry("サインインの管理", "/access", GUARDIANS),),
    tasks=(reset_tasks,),
    action_labels={
        "unlock_account": "サインインの待ち時間を解除",
        "reopen_town": "団体のサインインの待ち時間を解除",
        "ask_access_reset": "再設定を申請",
        "confirm_access_reset": "再設定を確認",
        "decline_access_reset": "再設定の申請を却下",
    },
)
