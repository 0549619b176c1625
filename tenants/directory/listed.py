"""The organisations of the cell as a list."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.directory.rules import TenantKind
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, Row
from tenants.web.routes import PREFECTURE


def _base(_: TenantContext) -> tuple[list[str], list[Any]]:
    return ["true"], []


def _kind(row: Row) -> str:
    return TenantKind(row["kind"]).label


def _members(row: Row) -> str:
    return "、".join(row["members"])


ORGANISATIONS = register(
    ListSpec(
        name="tenants",
        caption="団体",
        url="/tenants",
        source="FROM tenant t",
        columns=(
            Column("code", "団体コード", "t.code", "code", sortable=True, searched=True),
            Column(
                "name",
                "名称",
                "t.name",
                "custom",
                row_header=True,
                searched=True,
                url=lambda row: f"/tenants/{row['list_key']}",
                ordered_as="text",
            ),
            Column("kana", "よみ", "t.kana", sortable=True, shown=False, searched=True),
            Column("region", "圏域", "t.region", sortable=True, filter=Filter.CHOICE),
            Column(
                "kind",
                "種別",
                "t.kind",
                value=_kind,
                filter=Filter.CHOICE,
                choices=tuple((one.value, one.label) for one in TenantKind),
            ),
            Column(
                "members",
                "構成団体",
                "(SELECT coalesce(array_agg(m.name ORDER BY m.code), '{}') FROM union_member u "
                "JOIN tenant m ON m.id = u.member_id WHERE u.union_id = t.id)",
                value=_members,
            ),
            Column(
                "modules",
                "使う業務",
                "(SELECT coalesce(array_agg(e.module ORDER BY e.module), '{}') FROM entitlement e "
                "WHERE e.tenant_id = t.id)",
                "custom",
                value=lambda row: "、".join(row["modules"]),
            ),
            Column("active_from", "利用開始", "t.active_from", "date", sortable=True, shown=False),
            Column("active_to", "利用終了", "t.active_to", "date", shown=False),
        ),
        roles=PREFECTURE,
        base=_base,
        key="t.id",
        order="code",
        search_hint="名称、よみ、コード",
        empty_text="団体がまだ登録されていません。",
    )
)


async def organisations(labels: Mapping[str, str]) -> ListSpec:
    """The list with the regions there are and the names of the modules."""
    rows = await current_door().execute("SELECT DISTINCT region FROM tenant WHERE region <> '' ORDER BY region")
    spec = ORGANISATIONS.with_choices("region", [(row["region"], row["region"]) for row in rows])

    def modules(row: Row) -> str:
        return "、".join(labels.get(code, code) for code in row["modules"])

    columns = tuple(replace(one, value=modules) if one.key == "modules" else one for one in spec.columns)
    return replace(spec, columns=columns)
