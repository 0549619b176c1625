"""Pages of runs: start one, see its table and check; what is decided about it stands in ``billing.runs.decisions``."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath
from markupsafe import Markup

from billing.apportionment.case import CaseRefused
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from billing.runs import operations, queries
from billing.runs.decisions.queries import overrides, withdrawal
from billing.runs.decisions.rules import can_withdraw
from billing.runs.listed import run_list_of_today
from billing.runs.obstacles import obstacles
from billing.runs.problems import problem_rows
from billing.runs.rules import (
    OPEN_STATES,
    STAGES,
    RunFigures,
    RunHead,
    RunSurroundings,
    can_decide,
    can_submit,
    figures,
    prepared_by_same,
)
from billing.runs.tasks import run_tasks
from billing.statements import queries as statements
from billing.years.changes.queries import program_changes
from billing.years.stages import queries as years
from billing.years.stages.rules import StagePassed
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Invalid
from tenants.jobs import queries as jobs
from tenants.lists.listing import list_page
from tenants.web.answers import render, render_part, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, status_of
from tenants.web.kept import Kept
from tenants.web.modules import Module
from tenants.web.rendering import Notice
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.visit import visit

OFFICERS = frozenset({Role.PREFECTURE_FINANCE})
_FIGURES: Kept[RunFigures] = Kept(64)
_SETTLED: Kept[Markup] = Kept(64)
_TABLES: Kept[Markup] = Kept(64)
"""A prefecture has some dozen runs a year; 64 tables of 41 members take about 3 MB of a process."""
say_when_done(
    {
        "run-started": "計算を始めました。終わるとこの画面に結果が出ます。",
    }
)


@page("/runs", roles=PREFECTURE)
async def all_runs(request: Request[Any, Any, Any]) -> Response[Any]:
    """The runs of every program."""
    return await list_page(
        request,
        await run_list_of_today(),
        title="計算",
        lead="すべての事業の計算です。段階や状態で絞り込めます。",
        breadcrumb=[("今週やること", "/"), ("事業", "/programs"), ("計算", None)],
        help_page="apportionment",
        empty_link=("/programs", "事業を見る"),
    )


@page("/programs/{program_id:str}/runs", roles=PREFECTURE)
async def run_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's runs and the form that starts one."""
    return await _list(request, await programs.program(positive_id(program_id)), None)


@act("/programs/{program_id:str}/runs", roles=OFFICERS)
async def start_run(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Freezes the program and starts a calculation; problems are listed with the place to mend them."""
    form = await read_form(request)
    here = visit(request)
    program = await programs.program(positive_id(program_id))
    try:
        async with savepoint():
            reason = form.get("reason", "")
            run_id = await operations.start_run(here.context, program.id, form.get("stage", ""), here.now, reason)
    except (Invalid, StagePassed) as refused:
        return await _list(request, program, refused, form)
    return see_other(f"/runs/{run_id}", done="run-started")


@page("/runs/{run_id:str}", roles=PREFECTURE)
async def run_page(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """A run's table, its sum check and what may be done next."""
    return await show_run(request, positive_id(run_id), {})


@page("/runs/{run_id:str}/verification", roles=PREFECTURE)
async def verify_run(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Recomputes the stored case and says whether the stored result comes out again."""
    run = await queries.run(positive_id(run_id))
    same = await operations.recomputes_to_the_same(run)
    notice = (
        Notice("success", "再計算一致: 保存された入力から計算し直し、全団体の金額が1円単位まで一致しました。")
        if same
        else Notice("error", "再計算の結果が保存された結果と一致しません。県の運用管理者に連絡してください。")
    )
    return await show_run(request, run.id, {}, notice)


async def _list(
    request: Request[Any, Any, Any],
    program: ProgramView,
    refused: Invalid | StagePassed | None,
    typed: Mapping[str, str] | None = None,
) -> Response[Any]:
    problems = refused.problems if isinstance(refused, CaseRefused) else ()
    changed = await program_changes(program)
    reason = changed.reason(published=program.settings.shares_published)
    proposed = {"stage": changed.standing.stage, "reason": reason} if changed.standing else {}
    return render(
        request,
        "runs/list.html",
        title=f"{program.title} 計算と承認",
        lead="登録した内容を固定して、団体ごとの負担金を計算します。計算のあとに経費などを直しても、この結果は変わりません。",
        breadcrumb=program_trail(program, ("計算と承認", None)),
        help_page="apportionment",
        status=status_of(refused),
        errors={} if problems else field_messages(refused),
        tabs=program_tabs(program, "/runs"),
        program=program,
        may_edit=visit(request).context.role in OFFICERS,
        stages=list(STAGES.items()),
        typed={"stage": "", "reason": "", **(proposed if typed is None else typed)},
        continues=changed.standing is not None,
        year_changes=changed,
        problems=await problem_rows(program.id, [(one.pointer, one.message, one.code) for one in problems]),
        runs=[_row(one) for one in await queries.runs(program.id)],
    )


async def show_run(
    request: Request[Any, Any, Any],
    run_id: int,
    errors: Mapping[str, str],
    notice: Notice | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response[Any]:
    """The run's page; ``errors`` and ``typed`` are what a decision's form met and held."""
    run, around = await queries.run_on_page(run_id)
    program, complete = around.program, "archive" in around.papers
    own: dict[str, Any] = {"settled": None}
    if complete:
        own["settled"] = await _settled(request, run, around)
    else:
        own |= await _own_part(request, run, around, await _job(request, run.issue_job_id))
    issue_job = own.get("issue_job")
    return render(
        request,
        "runs/page.html",
        title=f"{run.title} {run.stage_label}",
        breadcrumb=program_trail(program, ("計算と承認", f"/programs/{program.id}/runs"), (run.stage_label, None)),
        help_page="apportionment",
        status=422 if errors else 200,
        errors=errors,
        typed=typed or {},
        withdrawal=await withdrawal(run.id) if run.state == "withdrawn" else None,
        may_withdraw=visit(request).context.role in OFFICERS
        and can_withdraw(run, visit(request).context.person_id, is_newest=around.is_newest),
        notices=[notice] if notice else [],
        no_longer=_no_longer(run, complete=complete or (issue_job is not None and issue_job["view"].finished)),
        **{"run": run, **own},
    )


async def _settled(request: Request[Any, Any, Any], run: RunHead, around: RunSurroundings) -> Markup:
    """The run's own part of the page once all its papers are there: nothing in it changes any more, for nobody."""
    key = run, around.papers
    drawn = {} if key in _SETTLED else await _own_part(request, run, around, None)
    return _SETTLED.get(
        key,
        lambda: render_part(request, "runs/_run.html", errors={}, typed={}, csrf_token="", idempotency_key="", **drawn),
    )


async def _own_part(
    request: Request[Any, Any, Any], run: RunHead, around: RunSurroundings, issue_job: dict[str, Any] | None
) -> dict[str, Any]:
    """What ``runs/_run.html`` takes beside the forms' tokens."""
    person_id, officer = visit(request).context.person_id, visit(request).context.role in OFFICERS
    shown, issued = await _figures(run), await statements.issued_by_run(run.id)
    year = await years.run_year(run)
    return {
        "run": run,
        "figures": shown,
        "grants_in_order": _grants(shown),
        "members_table": _members_table(request, run, shown, issued) if shown else None,
        "problems": await problem_rows(run.program_id, run.told_problems),
        "may_submit": officer and can_submit(run),
        "may_decide": officer and can_decide(run, person_id),
        "waits_for_another": officer and run.state == "submitted" and prepared_by_same(run, person_id),
        "compute_job": await _job(request, run.compute_job_id) if run.state == "computing" else None,
        "issue_job": issue_job,
        "issued": issued,
        "year": year,
        "passed_dates": year.passed_dates(visit(request).today) if run.state in OPEN_STATES else (),
        "papers": around.papers,
        "obstacles": await obstacles(run) if run.state in OPEN_STATES else [],
        "overrides": await overrides(run.id),
    }


def _no_longer(run: RunHead, *, complete: bool) -> set[str]:
    """What the page's address still says but the run has left behind, when the page is loaded again."""
    passed = set() if run.state == "computing" else {"run-started"}
    if run.state != "submitted":
        passed.add("run-submitted")
    if complete:
        passed.add("run-approved")
    return passed


async def _job(request: Request[Any, Any, Any], job_id: int | None) -> dict[str, Any] | None:
    """The job's progress; somebody else's job is shown without a link to it."""
    if job_id is None:
        return None
    view = await jobs.tenant_job(job_id)
    own = view.person_id == visit(request).context.person_id
    return {"view": view, "status": view.status, "url": f"/jobs/{view.id}" if own else None}


async def _figures(run: RunHead) -> RunFigures | None:
    """The figures of a computed run; its documents are read only when no run of the same hashes was shown before."""
    if run.result_sha256 is None:
        return None
    key = (run.case_sha256, run.result_sha256)
    whole = None if key in _FIGURES else await queries.run(run.id)
    case, result = (whole.case_json, whole.result_json or "") if whole else ("", "")
    return _FIGURES.get(key, lambda: figures(json.loads(case), json.loads(result)))


def _members_table(
    request: Request[Any, Any, Any], run: RunHead, shown: RunFigures, issued: Mapping[str, int]
) -> Markup:
    """The members' lines and their chart, kept: a run's case and result are frozen from its calculation on."""
    return _TABLES.get(
        (run.id, run.case_sha256, run.result_sha256, tuple(issued.items())),
        lambda: render_part(
            request,
            "runs/_members.html",
            run_id=run.id,
            figures=shown,
            issued=issued,
            bars=[{"label": one.name, "value": one.invoice_yen} for one in shown.members],
        ),
    )


def _grants(shown: RunFigures | None) -> list[dict[str, Any]]:
    if shown is None:
        return []
    return [{"name": name, "rate": rate, "amount_yen": amount} for name, rate, amount in shown.grants]


def _row(run: RunHead) -> dict[str, Any]:
    return {
        "label": run.stage_label,
        "url": f"/runs/{run.id}",
        "status": run.status,
        "prepared_at": run.prepared_at,
        "prepared_by": run.prepared_by,
        "approved_by": run.approved_by or None,
    }


MODULE = Module(
    name="runs",
    handlers=(all_runs, run_list, start_run, run_page, verify_run),
    templates=Path(__file__).parent / "templates",
    tasks=(run_tasks,),
    action_labels={
        "start_run": "計算を開始",
        "store_result": "計算結果を保存",
        "store_refusal": "計算できない点を保存",
    },
)
