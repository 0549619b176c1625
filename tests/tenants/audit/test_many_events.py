"""Many events written at once stand in the trails as if each had been written alone."""

from typing import Any

import psycopg
import pytest

from tenants.audit.trail import Event, Subject, record, record_many
from tenants.context import Role, Scope
from tenants.database.transaction import UnrecordedWriteError, open_door
from tenants.directory.tables import Entitlement
from tests.factories.worlds import World

TOWN, PREFECTURE = "281000", "280003"
_COLUMNS = (
    "SELECT tenant_id, acting_tenant_id, about_tenant_id, person_id, person_name, role, action, subject, "
    "subject_label, before, after, request_id, address, via FROM audit_event WHERE subject_id = %s ORDER BY tenant_id"
)


def _event(number: int, **fields: Any) -> Event:
    return Event(Subject("invitation", f"many-{number}", f"{number} 人目"), **fields)


class TestManyEvents:
    @pytest.mark.parametrize(
        ("scope", "code", "role"),
        [
            (Scope.TOWN, TOWN, Role.TOWN_ADMIN),
            (Scope.PREFECTURE, PREFECTURE, Role.PREFECTURE_ADMIN),
        ],
    )
    async def test_stand_as_each_alone_would(self, world: World, database: Any, scope: Scope, code: str, role: Role):
        context, town = world.context(code, role), world.tenants[TOWN]
        fields = {"before": {"email": "a@example.jp", "password": "秘密"}, "after": {"roles": ["town_staff"]}}
        async with open_door(world.pool, scope, context.tenant_id):
            subject = Subject("invitation", "alone", "1 人目")
            await record(context, "invite_person", subject, **fields, tenant_id=town)
            await record_many(context, "invite_person", [_event(1, **fields)], tenant_id=town)
        with psycopg.connect(database.superuser) as behind:
            alone, many = (behind.execute(_COLUMNS, (one,)).fetchall() for one in ("alone", "many-1"))
        assert alone == many
        assert len(many) == (1 if scope is Scope.TOWN else 2)
        assert "秘密" not in str(many)

    async def test_keep_their_order_over_portions(self, world: World, database: Any):
        context = world.context(TOWN, Role.TOWN_ADMIN)
        async with open_door(world.pool, Scope.TOWN, context.tenant_id):
            await record_many(context, "invite_person", [_event(number) for number in range(2_005)])
        with psycopg.connect(database.superuser) as behind:
            rows = behind.execute("SELECT subject_id FROM audit_event WHERE subject_id LIKE 'many-%' ORDER BY id")
            assert [row[0] for row in rows.fetchall()] == [f"many-{number}" for number in range(2_005)]

    async def test_none_at_all_is_no_record_of_a_write(self, world: World):
        context = world.finance
        with pytest.raises(UnrecordedWriteError, match="entitlement"):  # noqa: PT012  (the door raises when it closes)
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                await Entitlement.insert(Entitlement(tenant_id=world.tenants[TOWN], module="leaks"))
                await record_many(context, "entitle", [])

    async def test_one_is_the_record_of_a_write(self, world: World):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await Entitlement.insert(Entitlement(tenant_id=world.tenants[TOWN], module="leaks"))
            await record_many(world.finance, "entitle", [Event(Subject("entitlement", "leaks"))])
        async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
            assert await Entitlement.exists().where(Entitlement.module == "leaks")
