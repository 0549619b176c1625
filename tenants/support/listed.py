"""What people from outside saw or did in a town, as a list; and the prefecture's own accesses."""

from typing import Any

from tenants.audit.labels import action_label, action_labels
from tenants.audit.listed import TRAIL
from tenants.context import Role, TenantContext, role_label
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, Row
from tenants.support.rules import OUTSIDERS, SUPPORT_ROLES

OPERATORS = frozenset({Role.PREFECTURE_ADMIN})
READERS = frozenset({Role.TOWN_ADMIN})
_OUTSIDE_ROLES = ", ".join(f"'{role.value}'" for role in OUTSIDERS)


def _town(context: TenantContext) -> tuple[list[str], list[Any]]:
    outside = f"(e.acting_tenant_id <> e.tenant_id OR e.role IN ({_OUTSIDE_ROLES}))"
    return ["e.tenant_id = {}", outside], [context.tenant_id]


def _everything(_: TenantContext) -> tuple[list[str], list[Any]]:
    return ["true"], []


def _organisation(row: Row) -> str:
    return f"{row['organisation']} {role_label(row['role'])}"


OUTSIDE = register(
    ListSpec(
        name="outsiders",
        caption="県・外部の人が行ったこと、見たもの",
        url="/outsiders",
        source="FROM audit_event e JOIN tenant t ON t.id = e.acting_tenant_id",
        columns=(
            Column(
                "occurred_at", "日時", "e.occurred_at", "datetime", sortable=True, filter=Filter.PERIOD, row_header=True
            ),
            Column("person_name", "氏名", "e.person_name"),
            Column("organisation", "所属と役割", "t.name", value=_organisation),
            Column(
                "action", "したこと", "e.action", value=lambda row: action_label(row["action"]), filter=Filter.CHOICE
            ),
            Column("subject_label", "対象", "nullif(e.subject_label, '')"),
        ),
        extra=("e.role",),
        roles=READERS,
        base=_town,
        key="e.id",
        order="-occurred_at",
        words=TRAIL.words,
        search_hint="氏名、対象の一部",
        empty_text="県や外部の人による閲覧や操作はまだありません。",
    )
)
ACCESSES = register(
    ListSpec(
        name="support-accesses",
        caption="支援の閲覧",
        url="/support/accesses",
        source="FROM support_access s JOIN tenant t ON t.id = s.tenant_id",
        columns=(
            Column(
                "opened_at", "開始", "s.opened_at", "datetime", sortable=True, filter=Filter.PERIOD, row_header=True
            ),
            Column("tenant_name", "市町", "t.name", sortable=True, searched=True),
            Column("person_name", "見た人", "s.person_name", searched=True),
            Column(
                "role",
                "見た画面",
                "s.role",
                value=lambda row: role_label(row["role"]),
                filter=Filter.CHOICE,
                choices=tuple((role.value, role.label) for role in SUPPORT_ROLES),
            ),
            Column("reason", "理由", "s.reason", searched=True),
            Column("ended_at", "終了(予定)", "least(coalesce(s.closed_at, s.ends_at), s.ends_at)", "datetime"),
        ),
        roles=OPERATORS,
        base=_everything,
        key="s.id",
        order="-opened_at",
        search_hint="市町、見た人、理由の一部",
        empty_text="まだ支援の閲覧はありません。",
    )
)


def outside_list() -> ListSpec:
    """The list with the choices of the day."""
    return OUTSIDE.with_choices("action", sorted(action_labels().items(), key=lambda item: item[1]))
