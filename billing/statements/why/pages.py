"""Pages of 「なぜこの金額ですか」: a town's own statement, and the prefecture's preview of a member in a run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.programs import queries as programs
from billing.programs.tabs import program_trail
from billing.runs import queries as runs
from billing.statements import queries
from billing.statements.pages import READERS, statement_trail
from billing.statements.why.preview import preview_content
from billing.statements.why.rules import Section, facts_of, why_sections
from tenants.calendar import fiscal_year_label
from tenants.web.answers import render
from tenants.web.form_data import positive_id
from tenants.web.modules import Module
from tenants.web.routes import PREFECTURE, page
from tenants.web.visit import visit

_TITLE = "なぜこの金額ですか"


@page("/statements/{statement_id:str}/why", roles=READERS)
async def statement_why(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:
    """Every step of one statement."""
    line, content = await queries.statement(positive_id(statement_id))
    back = f"/statements/{line.id}"
    return _explain(
        request,
        content,
        title=f"{line.title} {_TITLE}",
        breadcrumb=await statement_trail(visit(request).context, line, (_TITLE, None)),
        back=back,
        facts=[
            ("団体", line.tenant_name),
            ("所属年度", fiscal_year_label(line.fiscal_year)),
            ("段階", line.stage_label),
            ("文書番号", line.document_number),
        ],
    )


@page("/runs/{run_id:str}/members/{member_code:str}/why", roles=PREFECTURE)
async def member_why(
    request: Request[Any, Any, Any], run_id: FromPath[str], member_code: FromPath[str]
) -> Response[Any]:
    """Every step of one member's figures in a run, as the member will see them."""
    run = await runs.run(positive_id(run_id))
    content = await preview_content(run, member_code, visit(request).now)
    program, name = await programs.program(run.program_id), content["member_name"]
    back = f"/runs/{run.id}/members/{member_code}"
    return _explain(
        request,
        content,
        title=f"{name} {run.title} {_TITLE}",
        breadcrumb=program_trail(program, (run.stage_label, f"/runs/{run.id}"), (name, back), (_TITLE, None)),
        back=back,
        facts=[("団体", name), ("所属年度", fiscal_year_label(run.fiscal_year)), ("段階", run.stage_label)],
    )


def _explain(
    request: Request[Any, Any, Any],
    content: Any,
    *,
    title: str,
    breadcrumb: Sequence[tuple[str, str | None]],
    back: str,
    facts: Sequence[tuple[str, str]],
) -> Response[Any]:
    sections = why_sections(content)
    told = facts_of(content)
    return render(
        request,
        "why/page.html",
        title=title,
        lead="請求額までの計算を、順にすべて示します。電卓で同じ計算をすれば、同じ額になります。",
        breadcrumb=breadcrumb,
        help_page="statements",
        sections=sections,
        contents=_contents(sections),
        numbers={step.anchor: step.number for one in sections for step in one.steps},
        facts=facts,
        back=back,
        invoice_yen=content["invoice_yen"],
        complete=told is not None,
        published=bool(told and told["published"]),
    )


def _contents(sections: Sequence[Section]) -> list[tuple[str, str]]:
    """The sections as a table of contents: (address on the page, words)."""
    return [(f"#{one.anchor}", one.title) for one in sections]


MODULE = Module(
    name="why",
    handlers=(statement_why, member_why),
    templates=Path(__file__).parent / "templates",
)
