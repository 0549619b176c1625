"""The costs of one program as a list, and how one stands in it."""

from dataclasses import replace
from typing import Any

from billing.costs.rules import CHARGES, TAX_RATES, borne_by
from tenants.context import TenantContext
from tenants.lists.registry import register_family
from tenants.lists.rules import Column, Filter, ListSpec, Row
from tenants.web.rendering import Status
from tenants.web.routes import PREFECTURE

_ELIGIBLE, _NOT_ELIGIBLE = Status("補助対象", "success"), Status("対象外")
_TAKES_PART = (
    "c.member_id IS NULL OR EXISTS (SELECT 1 FROM program_member m WHERE m.tenant_id = c.tenant_id "
    "AND m.program_id = c.program_id AND m.member_id = c.member_id)"
)


def _eligible(row: Row) -> Status:
    return _ELIGIBLE if row["eligible"] else _NOT_ELIGIBLE


def _borne(row: Row) -> str:
    return borne_by(row["charge_kind"], row["key_name"], row["member_name"], takes_part=row["takes_part"])


def _prices_url(here: str, row: Row) -> str | None:
    return f"{here}/{row['list_key']}/prices" if row["charge_kind"] == "tariff" else None


_COLUMNS = (
    Column("name", "経費の名前", "c.name", sortable=True, searched=True, row_header=True),
    Column("amount_yen", "経費(税込)", "c.amount_yen", "yen", sortable=True),
    Column("revenue_yen", "特定財源", "c.revenue_yen", "yen"),
    Column("net_yen", "差引", "(c.amount_yen - c.revenue_yen)", "yen", sortable=True),
    Column(
        "tax",
        "消費税率",
        "c.tax_rate",
        "code",
        value=lambda row: TAX_RATES.get(row["tax"], row["tax"]),
        filter=Filter.CHOICE,
        choices=tuple(TAX_RATES.items()),
    ),
    Column(
        "eligible",
        "補助対象",
        "c.eligible",
        "status",
        value=lambda row: _eligible(row).label,
        cell=_eligible,
        filter=Filter.FLAG,
    ),
    Column(
        "charge_kind",
        "負担のしかた",
        "c.charge_kind",
        value=_borne,
        filter=Filter.CHOICE,
        choices=tuple(CHARGES.items()),
    ),
    Column("entered", "登録順", "c.id", "code", sortable=True, shown=False, ordered_as="figure"),
)


def cost_list_of(program_id: int, *, may_edit: bool = False) -> ListSpec:
    """The costs of a program in the order they were entered; whoever may edit finds the way to each form in it."""
    here = f"/programs/{program_id}/costs"

    def base(context: TenantContext) -> tuple[list[str], list[Any]]:
        return ["c.tenant_id = {}", "c.program_id = {}"], [context.tenant_id, program_id]

    def actions(row: Row) -> list[dict[str, str]]:
        one = f"{here}/{row['list_key']}"
        return [{"label": "変える", "url": f"{one}/edit"}, {"label": "削除する", "url": f"{one}/deletion"}]

    columns = tuple(
        replace(one, url=lambda row: _prices_url(here, row)) if one.key == "charge_kind" else one for one in _COLUMNS
    )
    if may_edit:
        name, *others = columns
        linked = replace(name, url=lambda row: f"{here}/{row['list_key']}/edit")
        columns = (linked, *others, Column("actions", "操作", "true", "actions", cell=actions, exported=False))
    return ListSpec(
        name=f"costs/{program_id}",
        caption="経費",
        url=here,
        source="FROM cost c LEFT JOIN cost_key k ON k.tenant_id = c.tenant_id AND k.id = c.key_id "
        "LEFT JOIN tenant t ON t.id = c.member_id",
        columns=columns,
        extra=(
            "coalesce(k.name, '') AS key_name",
            "coalesce(t.name, '') AS member_name",
            f"({_TAKES_PART}) AS takes_part",
        ),
        roles=PREFECTURE,
        base=base,
        key="c.id",
        order="entered",
        search_hint="経費の名前の一部",
        empty_text="経費がまだありません。",
    )


register_family("costs", cost_list_of)
