"""Runs of all programs as a list."""

from billing.runs.queries import STATE_NOW
from billing.runs.rules import STAGES, STATES
from tenants.calendar import fiscal_year_label
from tenants.database.engine import current_door
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, own_rows
from tenants.web.routes import PREFECTURE

RUNS = register(
    ListSpec(
        name="runs",
        caption="計算",
        url="/runs",
        source="FROM run r",
        columns=(
            Column(
                "fiscal_year",
                "年度",
                "r.fiscal_year",
                value=lambda row: fiscal_year_label(row["fiscal_year"]),
                sortable=True,
                filter=Filter.CHOICE,
                ordered_as="figure",
            ),
            Column(
                "title",
                "事業名",
                "r.title",
                sortable=True,
                searched=True,
                row_header=True,
                url=lambda row: f"/runs/{row['list_key']}",
            ),
            Column(
                "stage",
                "段階",
                "r.stage",
                value=lambda row: f"{STAGES[row['stage']]}(第{row['number']}回)",
                filter=Filter.CHOICE,
                choices=tuple(STAGES.items()),
            ),
            Column(
                "state",
                "状態",
                STATE_NOW,
                "status",
                value=lambda row: STATES[row["state"]].label,
                cell=lambda row: STATES[row["state"]],
                filter=Filter.CHOICE,
                choices=tuple((code, status.label) for code, status in STATES.items() if code),
            ),
            Column("prepared_at", "計算した日時", "r.prepared_at", "datetime", sortable=True, filter=Filter.PERIOD),
            Column("prepared_by", "作成", "r.prepared_by", searched=True),
            Column("approved_by", "承認", "r.approved_by", value=lambda row: row["approved_by"] or None, searched=True),
            Column("approved_at", "承認した日時", "r.approved_at", "datetime", shown=False),
            Column("document_number", "文書番号", "r.document_number", searched=True, shown=False),
        ),
        extra=("r.number",),
        roles=PREFECTURE,
        base=own_rows("r"),
        key="r.id",
        order="-prepared_at",
        search_hint="事業名、作成・承認した人、文書番号の一部",
        empty_text="まだ計算していません。事業の「計算と承認」から始めます。",
    )
)


async def run_list_of_today() -> ListSpec:
    """The list with the years there are."""
    rows = await current_door().execute("SELECT DISTINCT fiscal_year FROM run ORDER BY fiscal_year DESC")
    years = [(str(row["fiscal_year"]), fiscal_year_label(row["fiscal_year"])) for row in rows]
    return RUNS.with_choices("fiscal_year", years)
