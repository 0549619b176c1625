"""The history of imports as a list: what can be searched, narrowed and exported of it."""

from typing import Any

from tenants.context import TenantContext
from tenants.files.rules import WORKERS
from tenants.imports.queries import kind_names
from tenants.imports.rules import State, kind_named
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, Row

_STATES = tuple((state.value, state.status.label) for state in State)


def _base(context: TenantContext) -> tuple[list[str], list[Any]]:
    return ["b.tenant_id = {}", "b.kind = ANY({})"], [context.tenant_id, kind_names(context)]


def _kind_label(row: Row) -> str:
    kind = kind_named(row["kind"])
    return kind.label if kind is not None else str(row["kind"])


HISTORY = register(
    ListSpec(
        name="imports",
        caption="取り込みの履歴",
        url="/imports",
        source="FROM import_batch b",
        columns=(
            Column(
                "created_at",
                "送った日時",
                "b.created_at",
                "datetime",
                sortable=True,
                filter=Filter.PERIOD,
                row_header=True,
                url=lambda row: f"/imports/{row['import_id']}",
            ),
            Column("kind", "種類", "b.kind", value=_kind_label),
            Column("title", "取り込む先", "b.title", searched=True),
            Column("file_name", "ファイル", "b.file_name", searched=True),
            Column(
                "state",
                "状態",
                "b.state",
                "status",
                value=lambda row: State(row["state"]).status.label,
                cell=lambda row: State(row["state"]).status,
                filter=Filter.CHOICE,
                choices=_STATES,
            ),
            Column("new_count", "新規", "b.new_count", "figure", unit="行"),
            Column("change_count", "変更", "b.change_count", "figure", unit="行"),
            Column("wrong_count", "誤り", "b.wrong_count", "figure", unit="行"),
            Column("person_name", "送った人", "b.person_name", searched=True),
            Column("applied_at", "取り込んだ日時", "b.applied_at", "datetime", shown=False),
        ),
        extra=("b.id AS import_id",),
        roles=WORKERS,
        base=_base,
        key="b.id",
        order="-created_at",
        search_hint="取り込む先、ファイル、送った人の一部",
        empty_text="まだ取り込みはありません。",
    )
)
