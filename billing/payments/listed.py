"""Payments as lists: those of one program, and all of the prefecture's with who must be reminded."""

from dataclasses import replace
from typing import Any

from billing.payments.queries import SUMS
from billing.payments.rules import STATUSES
from tenants.calendar import fiscal_year_label
from tenants.context import TenantContext
from tenants.lists.registry import register, register_family
from tenants.lists.rules import Column, Filter, ListSpec, Row
from tenants.web.rendering import Status
from tenants.web.routes import PREFECTURE

_TODAY = "(now() AT TIME ZONE 'Asia/Tokyo')::date"
_STATUS = f"""(CASE WHEN v.yen = c.yen THEN 'paid'
 WHEN v.yen < c.yen THEN CASE WHEN c.yen <= 0 THEN 'refund' ELSE 'over' END
 WHEN v.due_date < {_TODAY} THEN 'overdue' WHEN c.yen > 0 THEN 'partly' ELSE 'unpaid' END)"""
"""The same as ``rules.status_code``; a test holds the two together."""


def _status(row: Row) -> Status:
    return STATUSES[row["status"]]


_COLUMNS = (
    Column(
        "tenant",
        "団体",
        "t.name",
        searched=True,
        row_header=True,
        url=lambda row: f"/payments/{row['list_key']}",
    ),
    Column("code", "団体コード", "t.code", "code", sortable=True, searched=True, shown=False),
    Column("number", "期", "p.number", "figure", sortable=True),
    Column("due_date", "納期限", "v.due_date", "date", filter=Filter.PERIOD),
    Column("levied_yen", "調定額", "v.yen", "yen", sortable=True),
    Column("received_yen", "収納額", "c.yen", "yen", sortable=True),
    Column("open_yen", "残額", "(v.yen - c.yen)", "yen", sortable=True),
    Column(
        "status",
        "状態",
        _STATUS,
        "status",
        value=lambda row: _status(row).label,
        cell=_status,
        filter=Filter.CHOICE,
        choices=tuple((code, one.label) for code, one in STATUSES.items()),
    ),
    Column("reminded_on", "督促した日", "w.reminded_on", "date"),
    Column("pay_by", "督促の期限", "w.pay_by", "date", shown=False),
)


def _all(context: TenantContext) -> tuple[list[str], list[Any]]:
    return ["p.prefecture_id = {}"], [context.tenant_id]


ALL_PAYMENTS = register(
    ListSpec(
        name="payments",
        caption="収納の状況",
        url="/payments",
        source=f"FROM payment p JOIN tenant t ON t.id = p.tenant_id {SUMS}",
        columns=(
            _COLUMNS[0],
            Column("title", "事業", "p.title", sortable=True, searched=True),
            Column(
                "fiscal_year",
                "所属年度",
                "p.fiscal_year",
                value=lambda row: fiscal_year_label(row["fiscal_year"]),
                ordered_as="figure",
                sortable=True,
            ),
            *_COLUMNS[1:],
        ),
        roles=PREFECTURE,
        base=_all,
        key="p.id",
        order="code",
        search_hint="団体、団体コード、事業の一部",
        empty_text="調定した負担金はまだありません。",
    )
)


def payment_list_of(program_id: int) -> ListSpec:
    """The charged instalments of one program."""

    def base(context: TenantContext) -> tuple[list[str], list[Any]]:
        return ["p.prefecture_id = {}", "p.program_id = {}"], [context.tenant_id, program_id]

    return replace(
        ALL_PAYMENTS,
        name=f"payments/{program_id}",
        url=f"/programs/{program_id}/payments",
        columns=_COLUMNS,
        base=base,
        order="code",
        search_hint="団体、団体コードの一部",
        empty_text="まだ調定していません。計算を承認し、負担金算定書がそろったら、下の「調定する」から始めます。",
    )


register_family("payments", payment_list_of)
