"""Disputes as lists: a member's own, and for the prefecture those of everybody."""

from dataclasses import replace

from billing.disputes.rules import KINDS, OUTCOMES, STATES
from billing.runs.rules import STAGES
from tenants.calendar import fiscal_year_label
from tenants.database.engine import current_door
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, own_rows
from tenants.web.routes import PREFECTURE, TOWN_MONEY

_SOURCE = (
    "FROM dispute d JOIN statement s ON s.tenant_id = d.tenant_id AND s.id = d.statement_id "
    "JOIN tenant t ON t.id = d.tenant_id"
)
_NEWEST = "-opened_at"
_COLUMNS = (
    Column(
        "title",
        "事業",
        "s.title",
        sortable=True,
        searched=True,
        row_header=True,
        url=lambda row: f"/disputes/{row['list_key']}",
    ),
    Column("stage", "段階", "s.stage", value=lambda row: f"{STAGES[row['stage']]}(第{row['run_number']}回)"),
    Column(
        "kind",
        "種類",
        "d.kind",
        value=lambda row: KINDS[row["kind"]],
        filter=Filter.CHOICE,
        choices=tuple(KINDS.items()),
    ),
    Column("line_name", "行", "d.line_name", value=lambda row: row["line_name"] or "算定書の全体", searched=True),
    Column(
        "state",
        "状態",
        "d.state",
        "status",
        value=lambda row: STATES[row["state"]].label,
        cell=lambda row: STATES[row["state"]],
        filter=Filter.CHOICE,
        choices=tuple((code, status.label) for code, status in STATES.items()),
    ),
    Column("outcome", "結果", "d.outcome", value=lambda row: OUTCOMES.get(row["outcome"])),
    Column("opened_by", "出した人", "d.opened_by", searched=True),
    Column("opened_at", "受け付けた日時", "d.opened_at", "datetime", sortable=True, filter=Filter.PERIOD),
)

OWN = register(
    ListSpec(
        name="own_disputes",
        caption="照会・異議",
        url="/disputes",
        source=_SOURCE,
        columns=_COLUMNS,
        extra=("s.run_number",),
        roles=TOWN_MONEY,
        base=own_rows("d"),
        key="d.id",
        order=_NEWEST,
        search_hint="事業、行、出した人の一部",
        empty_text="照会・異議はまだありません。負担金算定書の画面から、行ごとに出せます。",
    )
)
ALL = register(
    replace(
        OWN,
        name="disputes",
        source=_SOURCE + " JOIN run r ON r.tenant_id = s.prefecture_id AND r.id = s.run_id "
        "JOIN program p ON p.tenant_id = r.tenant_id AND p.id = r.program_id",
        columns=(
            Column("tenant_name", "団体", "t.name", sortable=True, searched=True),
            Column(
                "program",
                "事業の絞り込み",
                "p.id::text",
                value=lambda row: row["title"],
                filter=Filter.CHOICE,
                shown=False,
                exported=False,
            ),
            *_COLUMNS,
        ),
        roles=PREFECTURE,
        base=lambda _: ([], []),
        search_hint="団体、事業、行、出した人の一部",
        empty_text="団体からの照会・異議はありません。",
    )
)


async def disputes_of_everybody() -> ListSpec:
    """The prefecture's list with the programs that have disputes."""
    rows = await current_door().execute(
        "SELECT DISTINCT p.id, p.title, p.fiscal_year FROM dispute d "
        "JOIN statement s ON s.tenant_id = d.tenant_id AND s.id = d.statement_id "
        "JOIN run r ON r.tenant_id = s.prefecture_id AND r.id = s.run_id "
        "JOIN program p ON p.tenant_id = r.tenant_id AND p.id = r.program_id ORDER BY p.fiscal_year DESC, p.title, p.id"
    )
    choices = [(str(row["id"]), f"{fiscal_year_label(row['fiscal_year'])} {row['title']}") for row in rows]
    return ALL.with_choices("program", choices)
