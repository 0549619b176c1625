"""Administering people on the real database: dates, stopping, the walls between towns, who must stay."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tenants.access import operations as access
from tenants.access.queries import memberships_of
from tenants.audit.queries import Wanted, traces
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Conflict, Invalid, NotFound
from tenants.people import operations, queries
from tenants.people.operations import OwnMembership
from tenants.people.rules import LastAdministrator
from tests.factories.browsers import new_browser
from tests.factories.worlds import World
from tests.tenants.people.people_cell import LIMITS, OTHER, TOWN, as_admin, line_of, now, today

DAY = timedelta(days=1)


class TestPeople:
    async def test_are_the_organisations_own_and_nobody_elses(self, world: World):
        async with as_admin(world) as context:
            found = await queries.people(context.tenant_id, now(), LIMITS)
            assert {one.id for one in found} == {
                person for (code, _), (person, _) in world.people.items() if code == TOWN
            }
            stranger, _ = world.people[OTHER, Role.TOWN_STAFF]
            with pytest.raises(NotFound):
                await queries.person(context.tenant_id, stranger, now(), LIMITS)

    async def test_of_another_town_cannot_be_touched(self, world: World):
        line = await line_of(world, Role.TOWN_STAFF, OTHER)
        with pytest.raises(NotFound):
            async with as_admin(world) as context:
                await operations.end_role(context, line.id, line.version, now())
        for act in (operations.change_period, operations.change_role):
            value: Any = today() if act is operations.change_period else Role.TOWN_FINANCE
            with pytest.raises(NotFound):
                async with as_admin(world) as context:
                    await act(context, line.id, value, today(), line.version, now())
        with pytest.raises(NotFound):
            async with as_admin(world) as context:
                await operations.suspend_person(context, line.person_id, "理由", now())
        with pytest.raises(NotFound):
            async with as_admin(world) as context:
                await operations.begin_role(context, line.person_id, Role.TOWN_STAFF, today(), None, now())

    async def test_show_when_they_signed_in_and_how_many_browsers_are_open(self, app: Any, world: World):
        person_id, email = world.people[TOWN, Role.TOWN_STAFF]
        async with new_browser(app, email), as_admin(world) as context:
            one = await queries.person(context.tenant_id, person_id, now(), LIMITS)
        assert one.sessions == 1
        assert one.last_sign_in_at is not None
        assert now() - one.last_sign_in_at < timedelta(minutes=5)


class TestRole:
    async def test_begins_beside_another(self, world: World):
        person_id, _ = world.people[TOWN, Role.TOWN_STAFF]
        async with as_admin(world) as context:
            await operations.begin_role(context, person_id, Role.TOWN_FINANCE, today(), None, now())
        async with open_door(world.pool, Scope.IDENTITY, read_only=True):
            assert {one.role for one in await memberships_of(person_id, today())} == {
                Role.TOWN_STAFF,
                Role.TOWN_FINANCE,
            }

    async def test_of_the_prefecture_is_never_given_by_a_town(self, world: World):
        person_id, _ = world.people[TOWN, Role.TOWN_ADMIN]
        for role in (Role.PREFECTURE_ADMIN, Role.PREFECTURE_FINANCE, Role.LIAISON):
            with pytest.raises(Invalid, match="使えない役割"):
                async with as_admin(world) as context:
                    await operations.begin_role(context, person_id, role, today(), None, now())

    async def test_of_an_outsider_needs_a_last_day(self, world: World):
        person_id, _ = world.people[TOWN, Role.TOWN_STAFF]
        for role in (Role.CONSULTANT, Role.FIELD_CREW):
            with pytest.raises(Invalid, match="終了日が必要"):
                async with as_admin(world) as context:
                    await operations.begin_role(context, person_id, role, today(), None, now())

    async def test_changes_into_another_on_a_day(self, world: World):
        line = await line_of(world, Role.TOWN_STAFF)
        async with as_admin(world) as context:
            await operations.change_role(context, line.id, Role.TOWN_FINANCE, today() + 10 * DAY, line.version, now())
        async with open_door(world.pool, Scope.IDENTITY, read_only=True):
            for days, roles in ((9, {Role.TOWN_STAFF}), (10, {Role.TOWN_FINANCE})):
                held = await memberships_of(line.person_id, today() + days * DAY)
                assert {one.role for one in held} == roles

    async def test_ends_with_this_day_and_can_begin_again(self, world: World):
        line = await line_of(world, Role.TOWN_STAFF)
        async with as_admin(world) as context:
            await operations.end_role(context, line.id, line.version, now())
        async with open_door(world.pool, Scope.IDENTITY, read_only=True):
            assert len(await memberships_of(line.person_id, today())) == 1
            assert await memberships_of(line.person_id, today() + DAY) == []
        later = now() + 5 * DAY
        async with as_admin(world) as context:
            again = await operations.begin_role(context, line.person_id, Role.TOWN_STAFF, later.date(), None, later)
        assert again == line.id

    async def test_changed_meanwhile_is_not_overwritten(self, world: World):
        line = await line_of(world, Role.TOWN_STAFF)
        async with as_admin(world) as context:
            await operations.change_period(context, line.id, today(), None, line.version, now())
        with pytest.raises(EditedMeanwhile):
            async with as_admin(world) as context:
                await operations.end_role(context, line.id, line.version, now())

    async def test_changes_stand_in_the_trail(self, world: World):
        line = await line_of(world, Role.TOWN_STAFF)
        async with as_admin(world) as context:
            await operations.change_period(context, line.id, today(), today() + DAY, line.version, now())
            (trace,) = await traces(context.tenant_id, Wanted(action="change_membership"))
        assert ("valid_to", "", str(today() + DAY)) in trace.changes


class TestLastAdministrator:
    async def test_cannot_leave_by_any_way(self, world: World):
        line = await line_of(world, Role.TOWN_ADMIN)
        ways = (
            lambda context: operations.end_role(context, line.id, line.version, now()),
            lambda context: operations.change_period(context, line.id, today(), today() + DAY, line.version, now()),
            lambda context: operations.change_role(
                context, line.id, Role.TOWN_STAFF, today() + DAY, line.version, now()
            ),
        )
        for way in ways:
            with pytest.raises(LastAdministrator):
                async with as_admin(world) as context:
                    await way(context)

    async def test_may_leave_once_there_are_two(self, world: World):
        line = await line_of(world, Role.TOWN_ADMIN)
        staff, _ = world.people[TOWN, Role.TOWN_STAFF]
        async with as_admin(world) as context:
            await operations.begin_role(context, staff, Role.TOWN_ADMIN, today(), None, now())
            await operations.end_role(context, line.id, line.version, now())

    async def test_is_still_there_when_two_remove_each_other_at_once(self, world: World):
        line = await line_of(world, Role.TOWN_ADMIN)
        staff, _ = world.people[TOWN, Role.TOWN_STAFF]
        async with as_admin(world) as context:
            second = await operations.begin_role(context, staff, Role.TOWN_ADMIN, today(), None, now())

        async def end(membership_id: int, version: int) -> None:
            async with as_admin(world) as context:
                await operations.end_role(context, membership_id, version, now())

        done = await asyncio.gather(end(line.id, line.version), end(second, 1), return_exceptions=True)
        assert sorted(type(one).__name__ for one in done) == ["LastAdministrator", "NoneType"]

    async def test_cannot_stop_themself(self, world: World):
        with pytest.raises(OwnMembership):
            async with as_admin(world) as context:
                await operations.suspend_person(context, context.person_id, "手違い", now())


class TestSuspension:
    async def test_ends_the_open_browser_at_its_next_request(self, app: Any, world: World):
        person_id, email = world.people[TOWN, Role.TOWN_STAFF]
        async with new_browser(app, email) as one:
            assert (await one.get("/")).status_code == 200
            async with as_admin(world) as context:
                await operations.suspend_person(context, person_id, "端末の紛失", now())
            assert (await one.get("/")).status_code == 303
            assert (await one.sign_in(email)).status_code == 422

    async def test_leaves_the_person_in_other_organisations(self, app: Any, world: World):
        person_id, email = world.people[TOWN, Role.TOWN_STAFF]
        async with open_door(world.pool, Scope.IDENTITY):
            other = world.context(OTHER, Role.TOWN_ADMIN)
            await access.give_role(other, person_id, other.tenant_id, Role.TOWN_STAFF, today())
        async with as_admin(world) as context:
            await operations.suspend_person(context, person_id, "端末の紛失", now())
        async with new_browser(app, email) as one:
            assert "猪名川町" in (await one.get("/")).text

    async def test_is_lifted_with_the_old_dates(self, world: World):
        line = await line_of(world, Role.TOWN_STAFF)
        async with as_admin(world) as context:
            await operations.suspend_person(context, line.person_id, "確認中", now())
            await operations.resume_person(context, line.person_id, now())
        assert (await line_of(world, Role.TOWN_STAFF)).standing == line.standing
        with pytest.raises(Conflict, match="停止されていません"):
            async with as_admin(world) as context:
                await operations.resume_person(context, line.person_id, now())
