"""Open invitations as a list; whether a code still works is a question to the clock, so it is narrowed in memory."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tenants.calendar import JST
from tenants.context import Role, TenantContext
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, Load, Row, loaded_rows
from tenants.people.invitations.queries import open_invitations
from tenants.people.invitations.rules import InvitationView
from tenants.people.rules import ADMINISTRATING, roles_of


def _row(one: InvitationView, now: datetime) -> dict[str, Any]:
    return {
        "list_key": one.id,
        "name": one.name,
        "email": one.email,
        "role": tuple(role.value for role in one.roles),
        "roles_text": one.roles_text,
        "period": one.period_text,
        "state": one.status(now, now.date()).label,
        "shape": one.status(now, now.date()),
        "expires_at": one.expires_at,
        "invited_by": one.invited_by_name,
    }


def _loading(now: datetime | None) -> Load:
    async def load(context: TenantContext) -> list[Row]:
        # A job that exports has no visit to take the time from.
        moment = now or datetime.now(JST)
        return [_row(one, moment) for one in await open_invitations(context.tenant_id)]

    return load


INVITATIONS = register(
    ListSpec(
        name="invitations",
        caption="返事待ちの招待",
        url="/people/invitations",
        source="",
        columns=(
            Column(
                "name",
                "氏名",
                "",
                searched=True,
                sortable=True,
                row_header=True,
                url=lambda row: f"/people/invitations/{row['list_key']}",
            ),
            Column("email", "メールアドレス", "", searched=True, sortable=True),
            Column(
                "role",
                "役割",
                "",
                sortable=True,
                value=lambda row: row["roles_text"],
                filter=Filter.CHOICE,
                choices=tuple((role.value, role.label) for role in Role),
            ),
            Column("period", "期間", ""),
            Column(
                "state",
                "状態",
                "",
                "status",
                sortable=True,
                cell=lambda row: row["shape"],
                filter=Filter.CHOICE,
                choices=(("返事待ち", "返事待ち"), ("期限切れ", "期限切れ")),
            ),
            Column("expires_at", "返事の期限", "", "datetime", sortable=True),
            Column("invited_by", "招待した人", "", searched=True),
        ),
        roles=ADMINISTRATING,
        base=loaded_rows,
        load=_loading(None),
        key="id",
        order="-expires_at",
        search_hint="氏名、メールアドレスの一部",
        empty_text="返事を待っている招待はありません。",
    )
)


def invitation_list_at(now: datetime, tenant_id: int) -> ListSpec:
    """The list as it stands now, with the roles the organisation gives."""
    roles = [(role.value, role.label) for role in roles_of(tenant_id)]
    return replace(INVITATIONS.with_choices("role", roles), load=_loading(now))
