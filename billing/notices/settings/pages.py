"""The page under the tab 「納入・収納」: what the program's notices say."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.notices.settings import operations, queries
from billing.notices.settings.forms import setting_input, setting_values
from billing.notices.settings.rules import ADDRESSEES, STAGES, TAXES, NoticeSetting
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import positive_id, read_form, status_of
from tenants.web.modules import Module
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.stale import Value, messages_with_both, version_to_send
from tenants.web.visit import visit

OFFICERS = frozenset({Role.PREFECTURE_FINANCE})
say_when_done({"collection-saved": "納入・収納の設定を保存しました。次に発行する納入通知書から使います。"})


@page("/programs/{program_id:str}/collection", roles=PREFECTURE)
async def collection(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """What the program's notices say, and what is missing."""
    return await _page(request, await programs.program(positive_id(program_id)))


@act("/programs/{program_id:str}/collection", roles=OFFICERS)
async def save_collection(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Saves what the program's notices say; what is undecided may stay empty."""
    form = await read_form(request)
    program = await programs.program(positive_id(program_id))
    typed: dict[str, Value] = {**form, "stages": tuple(form.all("stages"))}
    try:
        async with savepoint():
            version = form.get("version", "")
            wanted = setting_input(form)
            await operations.save_setting(
                visit(request).context, program.id, wanted, int(version) if version == "0" else positive_id(version)
            )
    except (Invalid, Conflict) as refused:
        return await _page(request, program, typed, refused)
    return see_other(f"/programs/{program.id}/collection", done="collection-saved")


async def _page(
    request: Request[Any, Any, Any],
    program: ProgramView,
    typed: Mapping[str, Value] | None = None,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    setting, version = await queries.setting(program.id)
    saved: dict[str, Value] = {**setting_values(setting), "stages": setting.stages}
    values = {**saved, **(typed or {})}
    ticked: Collection[str] = values["stages"]
    return render(
        request,
        "notice_settings/page.html",
        title=f"{program.title} 納入・収納",
        lead="納入通知書に載せる歳入科目・納入場所・発行者などです。決まっていない欄は空けたまま保存できます。",
        breadcrumb=program_trail(program, ("納入・収納", None)),
        help_page="papers",
        status=status_of(refused),
        errors=messages_with_both(refused, typed or {}, saved),
        tabs=program_tabs(program, "/collection"),
        program=program,
        may_edit=visit(request).context.role in OFFICERS,
        missing=setting.missing,
        values=values,
        ticked=ticked,
        facts=_facts(setting),
        version=version_to_send(refused, typed or {}, version),
        addressees=list(ADDRESSEES.items()),
        taxes=list(TAXES.items()),
        stages=list(STAGES.items()),
    )


def _facts(setting: NoticeSetting) -> list[tuple[str, str | None]]:
    """The setting in words, for those who may only read it."""
    stages = "、".join(STAGES[code] for code in setting.stages)
    return [
        ("歳入科目", setting.revenue_item if setting.account else None),
        ("納入場所", setting.place or None),
        ("納入の請求の事由", setting.cause or None),
        ("承認したら発行する段階", stages or None),
        ("宛名", setting.manager_title if setting.addressee == "manager" else ADDRESSEES["head"]),
        ("発行者", setting.issuer or None),
        ("所管・担当", " ".join(one for one in (setting.department, setting.officer) if one) or None),
        ("電話番号", setting.phone or None),
        ("税区分", TAXES[setting.tax_category]),
        (
            "登録番号",
            f"{setting.registration_number}({setting.registration_account})" if setting.registration_number else None,
        ),
    ]


MODULE = Module(
    name="notice_settings",
    handlers=(collection, save_collection),
    templates=Path(__file__).parent / "templates",
    action_labels={"save_notice_setting": "納入・収納の設定を保存"},
)
