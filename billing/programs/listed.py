"""Programs as a list."""

from billing.runs.queries import STATE_NOW
from billing.runs.rules import STATES
from tenants.calendar import fiscal_year_label
from tenants.database.engine import current_door
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, own_rows
from tenants.web.routes import PREFECTURE

_LAST_RUN = (
    f"coalesce((SELECT {STATE_NOW} FROM run r WHERE r.tenant_id = p.tenant_id AND r.program_id = p.id "  # noqa: S608  (our own words)
    "ORDER BY r.number DESC LIMIT 1), '')"
)
_NO_RUN = "none"
"""Stands for the empty state in addresses: an empty value there means that nothing is asked."""


PROGRAMS = register(
    ListSpec(
        name="programs",
        caption="事業",
        url="/programs",
        source="FROM program p",
        columns=(
            Column(
                "fiscal_year",
                "年度",
                "p.fiscal_year",
                "code",  # 令和8年度(2026) stays on one line
                value=lambda row: fiscal_year_label(row["fiscal_year"]),
                sortable=True,
                filter=Filter.CHOICE,
                ordered_as="figure",
            ),
            Column(
                "title",
                "事業名",
                "p.title",
                sortable=True,
                searched=True,
                row_header=True,
                url=lambda row: f"/programs/{row['list_key']}",
            ),
            Column(
                "members",
                "構成団体",
                "(SELECT count(*) FROM program_member m WHERE m.tenant_id = p.tenant_id AND m.program_id = p.id)",
                "figure",
                unit="団体",
                sortable=True,
            ),
            Column(
                "cost_yen",
                "経費の計",
                "(SELECT coalesce(sum(c.amount_yen), 0)::bigint FROM cost c "
                "WHERE c.tenant_id = p.tenant_id AND c.program_id = p.id)",
                "yen",
                sortable=True,
            ),
            Column(
                "last_run",
                "計算の状態",
                f"coalesce(nullif({_LAST_RUN}, ''), '{_NO_RUN}')",
                "status",
                value=lambda row: STATES[row["last_run"].replace(_NO_RUN, "")].label,
                cell=lambda row: STATES[row["last_run"].replace(_NO_RUN, "")],
                filter=Filter.CHOICE,
                choices=tuple((code or _NO_RUN, status.label) for code, status in STATES.items()),
            ),
            Column("due_date", "納期限", "p.due_date", "date", shown=False),
        ),
        roles=PREFECTURE,
        base=own_rows("p"),
        key="p.id",
        order="-fiscal_year",
        search_hint="事業名の一部",
        empty_text="事業がまだありません。",
    )
)


async def program_list_of_today() -> ListSpec:
    """The list with the years there are."""
    rows = await current_door().execute("SELECT DISTINCT fiscal_year FROM program ORDER BY fiscal_year DESC")
    years = [(str(row["fiscal_year"]), fiscal_year_label(row["fiscal_year"])) for row in rows]
    return PROGRAMS.with_choices("fiscal_year", years)
