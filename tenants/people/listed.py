"""An organisation's people as a list; short, and read in two scopes, so it is narrowed in memory."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tenants.access.rules import SessionLimits
from tenants.calendar import JST
from tenants.context import Role, TenantContext
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, Load, Row, loaded_rows
from tenants.people import queries
from tenants.people.invitations.rules import roles_text
from tenants.people.rules import ADMINISTRATING, PersonView, roles_of
from tenants.people.showing import second_factor_status

_STATES = ("利用中", "開始前", "休止中", "停止中", "終了", "取り消し")
_NO_LIMITS = SessionLimits(timedelta(), timedelta())
"""The list does not say how many browsers are signed in."""


def _row(one: PersonView, now: datetime) -> dict[str, Any]:
    today = now.date()
    state = one.status(today)
    return {
        "list_key": one.id,
        "name": one.name,
        "email": one.email,
        "role": tuple(role.value for role in one.roles_on(today)),
        "state": state.label,
        "shape": state,
        "last_sign_in_at": one.last_sign_in_at,
        "second_factor": one.second_factor,
        "factor_shape": second_factor_status(one),
    }


def _loading(now: datetime | None) -> Load:
    async def load(context: TenantContext) -> list[Row]:
        # A job that exports has no visit to take the time from.
        moment = now or datetime.now(JST)
        return [_row(one, moment) for one in await queries.people(context.tenant_id, moment, _NO_LIMITS)]

    return load


PEOPLE = register(
    ListSpec(
        name="people",
        caption="利用者",
        url="/people",
        source="",
        columns=(
            Column(
                "name",
                "氏名",
                "",
                searched=True,
                sortable=True,
                row_header=True,
                url=lambda row: f"/people/{row['list_key']}",
            ),
            Column("email", "メールアドレス", "", searched=True, sortable=True),
            Column(
                "role",
                "役割",
                "",
                sortable=True,
                value=lambda row: roles_text([Role(one) for one in row["role"]]) or None,
                filter=Filter.CHOICE,
                choices=tuple((role.value, role.label) for role in Role),
            ),
            Column(
                "state",
                "状態",
                "",
                "status",
                sortable=True,
                cell=lambda row: row["shape"],
                filter=Filter.CHOICE,
                choices=tuple((one, one) for one in _STATES),
            ),
            Column("last_sign_in_at", "最後のサインイン", "", "datetime"),
            Column(
                "second_factor",
                "2段階認証",
                "",
                "status",
                value=lambda row: row["factor_shape"].label,
                cell=lambda row: row["factor_shape"],
                filter=Filter.FLAG,
            ),
        ),
        roles=ADMINISTRATING,
        base=loaded_rows,
        load=_loading(None),
        key="id",
        order="name",
        counter="人",
        search_hint="氏名、メールアドレスの一部",
        empty_text="利用者はまだいません。",
    )
)


def people_list_at(now: datetime, tenant_id: int) -> ListSpec:
    """The list as it stands now, with the roles the organisation gives."""
    roles = [(role.value, role.label) for role in roles_of(tenant_id)]
    return replace(PEOPLE.with_choices("role", roles), load=_loading(now))
