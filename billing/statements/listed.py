"""A town's statements as a list."""

from billing.runs.rules import STAGES
from billing.statements.queries import STANDINGS
from tenants.calendar import fiscal_year_label
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, Row, own_rows
from tenants.web.routes import TOWN_MONEY


def _files(row: Row) -> list[dict[str, str]]:
    url = f"/statements/{row['list_key']}"
    return [{"label": "Excel", "url": f"{url}/xlsx"}, {"label": "PDF", "url": f"{url}/pdf"}]


STATEMENTS = register(
    ListSpec(
        name="statements",
        caption="負担金算定書",
        url="/statements",
        source="FROM statement s LEFT JOIN statement_withdrawal w "
        "ON w.tenant_id = s.tenant_id AND w.statement_id = s.id",
        columns=(
            Column(
                "title",
                "事業",
                "s.title",
                sortable=True,
                searched=True,
                row_header=True,
                url=lambda row: f"/statements/{row['list_key']}",
            ),
            Column(
                "fiscal_year",
                "所属年度",
                "s.fiscal_year",
                value=lambda row: fiscal_year_label(row["fiscal_year"]),
                sortable=True,
                filter=Filter.CHOICE,
                ordered_as="figure",
            ),
            Column(
                "stage",
                "段階",
                "s.stage",
                value=lambda row: f"{STAGES[row['stage']]}(第{row['run_number']}回)",
                filter=Filter.CHOICE,
                choices=tuple(STAGES.items()),
            ),
            Column(
                "standing",
                "状態",
                "CASE WHEN w.id IS NULL THEN 'issued' ELSE 'withdrawn' END",
                "status",
                value=lambda row: STANDINGS[row["standing"]].label,
                cell=lambda row: STANDINGS[row["standing"]],
                filter=Filter.CHOICE,
                choices=tuple((code, status.label) for code, status in STANDINGS.items()),
            ),
            Column("invoice_yen", "負担金", "s.invoice_yen", "yen", sortable=True),
            Column("difference_yen", "通知済みとの差", "s.difference_yen", "yen", sortable=True),
            Column("due_date", "納期限", "s.due_date", "date", filter=Filter.PERIOD),
            Column("document_number", "文書番号", "s.document_number", searched=True, shown=False),
            Column("issued_at", "発行した日時", "s.issued_at", "datetime", sortable=True, shown=False),
            Column("files", "書類", "true", "actions", cell=_files, exported=False),
        ),
        extra=("s.run_number",),
        roles=TOWN_MONEY,
        base=own_rows("s"),
        key="s.id",
        order="-issued_at",
        search_hint="事業、文書番号の一部",
        empty_text="負担金の通知はまだありません。県が計算を承認すると、ここに並びます。",
    )
)


async def statement_list_of(context: TenantContext) -> ListSpec:
    """The list with the years the town has statements for."""
    rows = await current_door().execute(
        "SELECT DISTINCT fiscal_year FROM statement WHERE tenant_id = $1 ORDER BY fiscal_year DESC",
        (context.tenant_id,),
    )
    years = [(str(row["fiscal_year"]), fiscal_year_label(row["fiscal_year"])) for row in rows]
    return STATEMENTS.with_choices("fiscal_year", years)
