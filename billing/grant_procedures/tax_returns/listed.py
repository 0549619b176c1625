"""A town's consumption-tax returns as a list."""

from billing.grant_procedures.tax_returns import queries
from billing.grant_procedures.tax_returns.rules import ACCOUNTS, STATES, RequestView
from tenants.calendar import fiscal_year_label
from tenants.context import TenantContext
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, Row, loaded_rows
from tenants.web.routes import TOWN_MONEY


async def _load(context: TenantContext) -> list[Row]:
    return [_row(one) for one in await queries.requests_of_tenant(context.tenant_id)]


def _row(one: RequestView) -> Row:
    return {
        "list_key": one.id,
        "grant_name": one.grant_name,
        "program": one.program_title,
        "fiscal_year": one.fiscal_year,
        "account": one.account,
        "state": one.state,
        "due_date": one.due_date,
        "grant_yen": one.grant_yen,
        "return_yen": one.report.return_yen if one.report else None,
    }


TAX_RETURNS = register(
    ListSpec(
        name="tax_returns",
        caption="消費税の報告",
        url="/tax-returns",
        source="",
        columns=(
            Column(
                "grant_name",
                "交付金",
                "grant_name",
                sortable=True,
                searched=True,
                row_header=True,
                url=lambda row: f"/tax-returns/{row['list_key']}",
            ),
            Column("program", "事業", "program", searched=True),
            Column(
                "fiscal_year",
                "年度",
                "fiscal_year",
                "code",
                value=lambda row: fiscal_year_label(row["fiscal_year"]),
                sortable=True,
                ordered_as="figure",
            ),
            Column("account", "会計", "account", value=lambda row: ACCOUNTS[row["account"]]),
            Column(
                "state",
                "状態",
                "state",
                "status",
                value=lambda row: STATES[row["state"]].label,
                cell=lambda row: STATES[row["state"]],
                filter=Filter.CHOICE,
                choices=tuple((code, one.label) for code, one in STATES.items() if code != "unasked"),
            ),
            Column("due_date", "報告期限", "due_date", "date", sortable=True),
            Column("grant_yen", "交付金の額", "grant_yen", "yen"),
            Column("return_yen", "返還額", "return_yen", "yen"),
        ),
        roles=TOWN_MONEY,
        base=loaded_rows,
        key="list_key",
        order="-due_date",
        load=_load,
        search_hint="交付金、事業の一部",
        empty_text="報告の依頼はまだありません。県が依頼すると、ここに並びます。",
    )
)
