"""The grants of all programs as a list for the prefecture: where each stands, what is open, what is due."""

from datetime import date

from billing.grant_procedures.steps import queries
from billing.grant_procedures.steps.queries import GrantGlance
from billing.grant_procedures.steps.rules import STATES, standing, waiting
from billing.grants.rules import FUNDERS
from tenants.calendar import fiscal_year_label
from tenants.context import TenantContext
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, Row, loaded_rows
from tenants.web.rendering import Status
from tenants.web.routes import PREFECTURE

_NEVER = date(2199, 3, 31)
"""Orders grants without a deadline last; the last year this product knows."""


async def _load(context: TenantContext) -> list[Row]:  # noqa: ARG001  (every list is loaded for somebody)
    return [_row(one) for one in await queries.glances()]


def _row(one: GrantGlance) -> Row:
    now = standing(one.steps)
    due = one.procedure.next_due(now)
    return {
        "list_key": one.id,
        "url": one.url,
        "name": one.name,
        "program": one.program_title,
        "program_url": f"/programs/{one.program_id}",
        "fiscal_year": one.fiscal_year,
        "funder": one.funder,
        "state": "closed" if now.is_closed else now.state,
        "waits": bool(waiting(one.steps)),
        "due": due[1] if due else _NEVER,
        "due_word": due[0] if due else "",
        "granted_yen": now.granted_yen,
        "received_yen": now.received_yen,
        "to_receive_yen": now.to_receive_yen,
        "to_repay_yen": now.to_repay_yen,
    }


def _state(row: Row) -> list[Status]:
    waiting = [Status("確認待ち", "warning")] if row["waits"] else []
    return [STATES[row["state"]], *waiting]


GRANTS = register(
    ListSpec(
        name="grant_procedures",
        caption="交付金の手続き",
        url="/grant-procedures",
        source="",
        columns=(
            Column("name", "交付金", "name", sortable=True, searched=True, row_header=True, url=lambda row: row["url"]),
            Column("program", "事業", "program", sortable=True, searched=True, url=lambda row: row["program_url"]),
            Column(
                "fiscal_year",
                "年度",
                "fiscal_year",
                "code",
                value=lambda row: fiscal_year_label(row["fiscal_year"]),
                sortable=True,
                ordered_as="figure",
            ),
            Column(
                "funder",
                "財源",
                "funder",
                value=lambda row: FUNDERS[row["funder"]],
                filter=Filter.CHOICE,
                choices=tuple(FUNDERS.items()),
            ),
            Column(
                "state",
                "状態",
                "state",
                "status",
                value=lambda row: "、".join(one.label for one in _state(row)),
                cell=_state,
                filter=Filter.CHOICE,
                choices=tuple((code, status.label) for code, status in STATES.items()),
            ),
            Column(
                "due",
                "次の期限",
                "due",
                "date",
                value=lambda row: None if row["due"] == _NEVER else row["due"],
                sortable=True,
            ),
            Column("due_word", "期限のもの", "due_word"),
            Column("granted_yen", "決定・確定額", "granted_yen", "yen", sortable=True),
            Column("received_yen", "受領額", "received_yen", "yen"),
            Column("to_receive_yen", "未受領", "to_receive_yen", "yen", sortable=True),
            Column("to_repay_yen", "要返還", "to_repay_yen", "yen", sortable=True),
        ),
        roles=PREFECTURE,
        base=loaded_rows,
        key="list_key",
        order="-fiscal_year",
        load=_load,
        search_hint="交付金、事業の一部",
        empty_text="交付金がまだありません。事業の「交付金」で登録すると、ここに並びます。",
    )
)
