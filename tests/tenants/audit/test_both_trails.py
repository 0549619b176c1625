"""What the prefecture does to a town stands in both trails; what a town does stands in its own alone."""

from typing import Any

import psycopg

from tenants.audit.trail import Subject, record
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.directory import operations as directory
from tests.factories.browsers import new_browser
from tests.factories.worlds import World

TOWN, OTHER, PREFECTURE = "281000", "283011", "280003"
ADMIN = (PREFECTURE, Role.PREFECTURE_ADMIN)
_EVENTS = (
    "SELECT tenant_id, acting_tenant_id, about_tenant_id FROM audit_event WHERE subject_id = %s ORDER BY tenant_id"
)


async def _act_upon(world: World, code: str, module: str) -> None:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await directory.entitle(world.context(*ADMIN), world.tenants[code], module)


async def _act_alone(world: World, subject: str) -> None:
    context = world.context(TOWN, Role.TOWN_ADMIN)
    async with open_door(world.pool, Scope.TOWN, context.tenant_id):
        await record(context, "invite_person", Subject("invitation", subject, "町だけの件"))


class TestBothTrails:
    async def test_hold_what_the_prefecture_does_to_a_town(self, world: World, database: Any):
        await _act_upon(world, TOWN, "tried-module")
        town = world.tenants[TOWN]
        with psycopg.connect(database.superuser) as behind:
            assert behind.execute(_EVENTS, ("tried-module",)).fetchall() == [(1, 1, town), (town, 1, None)]

    async def test_name_the_town_on_the_prefectures_page_only(self, app: Any, world: World):
        await _act_upon(world, TOWN, "tried-module")
        async with new_browser(app, world.people[ADMIN][1]) as one:
            page = await one.get("/audit?action=entitle")
            assert "関係する団体: 神戸市" in page.text
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            page = await one.get("/audit?action=entitle")
            assert page.text.count('class="trail__entry"') >= 1
            assert "関係する団体" not in page.text
        async with new_browser(app, world.people[OTHER, Role.TOWN_ADMIN][1]) as one:
            assert "神戸市" not in (await one.get("/audit?action=entitle")).text


class TestTownsOwnTrail:
    async def test_is_read_by_nobody_of_the_prefecture(self, app: Any, world: World, database: Any):
        await _act_alone(world, "alone-1")
        town = world.tenants[TOWN]
        with psycopg.connect(database.superuser) as behind:
            assert behind.execute(_EVENTS, ("alone-1",)).fetchall() == [(town, town, None)]
        for role in (Role.LIAISON, Role.PREFECTURE_FINANCE, Role.PREFECTURE_ADMIN):
            async with open_door(world.pool, role.scope, 1, read_only=True) as door:
                assert await door.execute("SELECT 1 FROM audit_event WHERE subject_id = 'alone-1'") == []
                assert await door.execute("SELECT 1 FROM audit_event WHERE tenant_id = $1", (town,)) == []
                assert await door.execute("SELECT 1 FROM audit_word WHERE word = '町だけの件'") == []
        async with new_browser(app, world.people[ADMIN][1]) as one:
            for query in ("q=町だけの件", "q=町だけ", "action=invite_person"):
                page = await one.get(f"/audit?{query}")
                assert "町だけの件" not in page.text.replace('value="町だけの件"', "")
                assert 'class="trail__entry"' not in page.text
            export = await one.get("/audit?export=csv")
            assert "町だけの件" not in export.content.decode("utf-8-sig")
