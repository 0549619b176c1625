"""The page on which scenarios are compared by town, and the same as a workbook."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from billing.runs.queries import last_approved
from billing.scenarios import queries
from billing.scenarios.comparison.chart import chart_of
from billing.scenarios.comparison.exports import comparison_xlsx
from billing.scenarios.comparison.queries import APPROVED, PROGRAM, comparison
from billing.scenarios.comparison.rules import MARKS, Comparison, Row
from billing.scenarios.rules import MOST_COMPARED
from tenants.errors import NotFound
from tenants.web.answers import download, render
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE, page

_HERE = "/programs/{program_id:str}/scenarios/comparison"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@page(_HERE, roles=PREFECTURE)
async def compare_scenarios(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Up to four scenarios by town against the program as it stands or its last approved run."""
    program = await programs.program(positive_id(program_id))
    ids, base = asked_ids(request), asked_base(request)
    all_scenarios = await queries.scenarios(program.id)
    has_approved = await last_approved(program.id) is not None
    too_many = len(ids) > MOST_COMPARED
    shown = await comparison(program, ids, base) if ids and not too_many else None
    message = f"比べられるのは{MOST_COMPARED}件までです(いまは{len(ids)}件)。選び直してください。"
    return render(
        request,
        "scenarios/comparison.html",
        title=f"{program.title} 試算の比較",
        breadcrumb=program_trail(program, ("試算", f"/programs/{program.id}/scenarios"), ("比較", None)),
        help_page="scenarios",
        status=422 if too_many else 200,
        errors={"ids": message} if too_many else {},
        tabs=program_tabs(program, "/scenarios"),
        here=f"/programs/{program.id}/scenarios/comparison",
        options=[(one.id, one.name) for one in all_scenarios],
        ids=ids,
        bases=[(PROGRAM, "いまの登録内容"), *([(APPROVED, "最後に承認した計算")] if has_approved else [])],
        base=base,
        most_compared=MOST_COMPARED,
        **_shown(program, shown, ids, base),
    )


@page(_HERE + "/xlsx", roles=PREFECTURE)
async def comparison_workbook(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The same comparison as xlsx."""
    program = await programs.program(positive_id(program_id))
    ids = asked_ids(request)
    if not 0 < len(ids) <= MOST_COMPARED:
        raise NotFound
    found = await comparison(program, ids, asked_base(request))
    content = comparison_xlsx(found, program.title, program.fiscal_year)
    return download(content, file_name=f"scenarios-{program.id}.xlsx", content_type=_XLSX)


def asked_ids(request: Request[Any, Any, Any]) -> list[int]:
    """The scenarios asked for (``?ids=1&ids=2`` or ``?ids=1,2``), each once; raises NotFound for what is no number."""
    texts = [one for text in request.query_params.getall("ids", []) for one in text.split(",") if one.strip()]
    return list(dict.fromkeys(positive_id(one.strip()) for one in texts))


def asked_base(request: Request[Any, Any, Any]) -> str:
    """What the scenarios are compared with; anything unknown is the program as it stands."""
    return APPROVED if request.query_params.get("base") == APPROVED else PROGRAM


def _shown(program: ProgramView, found: Comparison | None, ids: Sequence[int], base: str) -> dict[str, Any]:
    if found is None:
        return {"comparison": None}
    asked = "&".join([*(f"ids={one}" for one in ids), f"base={base}"])
    return {
        "comparison": found,
        "columns": _columns(found, "団体"),
        "other_columns": _columns(found, "区分"),
        "rows": [_line(one) for one in found.rows],
        "total": _line(found.total),
        "others": [_line(one) for one in found.others],
        "chart": chart_of(found),
        "xlsx_url": f"/programs/{program.id}/scenarios/comparison/xlsx?{asked}",
        "missing": [side for side in found.sides if side.result is None],
    }


def _columns(found: Comparison, heading: str) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = [
        {"key": "name", "label": heading, "row_header": True},
        {"key": "yen-0", "label": MARKS[0], "kind": "yen"},
    ]
    for side in range(1, len(found.sides)):
        columns += [
            {"key": f"yen-{side}", "label": MARKS[side], "kind": "yen"},
            {"key": f"difference-{side}", "label": f"{MARKS[side]}の差", "kind": "yen"},
            {"key": f"rate-{side}", "label": f"{MARKS[side]}の増減", "kind": "rate"},
        ]
    return columns


def _line(row: Row) -> dict[str, Any]:
    line: dict[str, Any] = {"name": row.name}
    for side, figure in enumerate(row.figures):
        line[f"yen-{side}"] = figure.yen
        line[f"difference-{side}"] = figure.difference_yen
        line[f"rate-{side}"] = figure.shown_rate
    return line


HANDLERS = (compare_scenarios, comparison_workbook)
