"""Pages of people: what administrators see and do, what the prefecture may, what waits this week."""

import re
from typing import Any

import pytest

from tenants.context import Role
from tests.factories.browsers import new_browser
from tests.factories.worlds import World
from tests.tenants.people.people_cell import NEW_PASSWORD, OTHER, TOWN, as_admin, line_of, now, today

ADMIN = (TOWN, Role.TOWN_ADMIN)


class TestList:
    async def test_shows_and_filters_the_towns_people(self, app: Any, world: World):
        async with new_browser(app, world.people[ADMIN][1]) as one:
            page = await one.get("/people")
            assert "利用者 5人" in page.text
            assert "管理者が1人です" in page.text
            assert OTHER not in page.text
            filtered = await one.get("/people", params={"q": "FINANCE", "role": "town_finance", "state": "利用中"})
            assert "利用者 1人(全5人のうち)" in filtered.text
            assert (await one.get("/people", params={"q": "\x00\ud7ff" * 50})).status_code == 200

    @pytest.mark.parametrize("role", [Role.TOWN_STAFF, Role.TOWN_FINANCE, Role.CONSULTANT, Role.FIELD_CREW])
    async def test_is_for_administrators(self, app: Any, world: World, role: Role):
        async with new_browser(app, world.people[TOWN, role][1]) as one:
            for path in ("/people", "/people/1", "/people/invitations", "/people/organisations"):
                assert (await one.get(path)).status_code == 403

    async def test_asks_this_week_for_a_second_administrator(self, app: Any, world: World):
        async with new_browser(app, world.people[ADMIN][1]) as one:
            assert "管理者をもう一人決める" in (await one.get("/")).text


class TestPerson:
    async def test_is_invited_given_a_role_stopped_and_let_go_on(self, app: Any, world: World):
        person_id, email = world.people[TOWN, Role.TOWN_STAFF]
        line = await line_of(world, Role.TOWN_STAFF)
        async with new_browser(app, world.people[ADMIN][1]) as one:
            page = (await one.get(f"/people/{person_id}")).text
            assert email in page
            assert f'href="/access/{person_id}/reset"' in page
            assert (await one.get(f"/access/{person_id}/reset")).status_code == 200
            assert "/reset" not in (await one.get(f"/people/{world.people[ADMIN][0]}")).text
            fields = {"role": "town_finance", "valid_from": str(today()), "valid_to": ""}
            assert (await one.get(f"/people/{person_id}/roles/new")).status_code == 200
            assert (await one.post(f"/people/{person_id}/roles", fields)).status_code == 303
            assert (await one.get(f"/people/memberships/{line.id}")).status_code == 200
            period = {"valid_from": str(today()), "valid_to": "令和9年3月31日", "version": str(line.version)}
            assert (await one.post(f"/people/memberships/{line.id}/period", period)).status_code == 303
            assert (await one.post(f"/people/memberships/{line.id}/period", period)).status_code == 409
            assert (await one.post(f"/people/{person_id}/suspension", {"reason": ""})).status_code == 422
            assert (await one.post(f"/people/{person_id}/suspension", {"reason": "確認中"})).status_code == 303
            page = await one.get(f"/people/{person_id}")
            assert "確認中" in page.text
            assert (await one.post(f"/people/{person_id}/resumption")).status_code == 303
            gone = await one.post(f"/people/memberships/{line.id}/end", {"version": str(line.version + 3)})
            assert gone.status_code == 303, gone.text

    async def test_says_why_the_last_administrator_stays(self, app: Any, world: World):
        line = await line_of(world, Role.TOWN_ADMIN)
        async with new_browser(app, world.people[ADMIN][1]) as one:
            answer = await one.post(f"/people/memberships/{line.id}/end", {"version": str(line.version)})
            assert answer.status_code == 409
            assert "管理者が一人もいなくなる" in answer.text
            for path, fields in (
                ("role", {"role": "town_staff", "from_day": str(today())}),
                ("period", {"valid_from": str(today()), "valid_to": str(today())}),
            ):
                answer = await one.post(
                    f"/people/memberships/{line.id}/{path}", {**fields, "version": str(line.version)}
                )
                assert answer.status_code == 409

    async def test_of_another_town_is_not_found(self, app: Any, world: World):
        person_id, _ = world.people[OTHER, Role.TOWN_STAFF]
        line = await line_of(world, Role.TOWN_STAFF, OTHER)
        async with new_browser(app, world.people[ADMIN][1]) as one:
            missing = await one.get("/people/900000000000000001")
            for path in (f"/people/{person_id}", f"/people/memberships/{line.id}", f"/people/{person_id}/roles/new"):
                answer = await one.get(path)
                assert answer.status_code == missing.status_code == 404
            for path in (
                f"/people/{person_id}/suspension",
                f"/people/{person_id}/resumption",
                f"/people/{person_id}/roles",
            ):
                assert (await one.post(path, {"reason": "理由"})).status_code == 404


class TestInviting:
    async def test_refuses_with_the_reason_at_the_field_and_keeps_what_was_typed(self, app: Any, world: World):
        async with new_browser(app, world.people[ADMIN][1]) as one:
            answer = await one.post(
                "/people/invitations",
                {"name": "専門 太郎", "email": "no address", "roles": "consultant", "valid_from": str(today())},
            )
            assert answer.status_code == 422
            for text in ("メールアドレスの形が正しくありません", "終了日が必要です", "専門 太郎"):
                assert text in answer.text

    async def test_prints_a_slip_whose_code_can_be_typed(self, app: Any, world: World):
        async with new_browser(app, world.people[ADMIN][1]) as one, new_browser(app) as stranger:
            fields = {
                "name": "新任",
                "email": "n@city.example.lg.jp",
                "roles": "town_staff",
                "valid_from": str(today()),
            }
            place = (
                (await one.post("/people/invitations", {**fields, "by_mail": "1"})).headers["location"].split("?")[0]
            )
            assert "返事待ち" in (await one.get(place)).text
            for path in (f"{place}/slip", "/people/invitations/slips"):
                slip = await one.get(path)
                code = re.search(r'slip__code">([^<]+)<', slip.text).group(1)
            assert "n@city.example.lg.jp" in (await one.get("/people/invitations")).text
            wrong = await stranger.get("/invitations", params={"code": "ABCD"})
            assert wrong.status_code == 422
            led = await stranger.get("/invitations", params={"code": code.lower()})
            assert led.status_code == 303
            offer = await stranger.get(led.headers["location"])
            assert "神戸市からの招待" in offer.text
            for path in ("mails", "codes", "withdrawal"):
                assert (await one.post(f"{place}/{path}")).status_code == 303
            assert (await one.post(f"{place}/mails")).status_code == 409


class TestAppointment:
    async def test_gives_a_town_without_administrators_its_first_one(self, app: Any, world: World):
        line = await line_of(world, Role.TOWN_ADMIN, OTHER)
        prefecture = world.people["280003", Role.PREFECTURE_ADMIN][1]
        url = f"/people/organisations/{world.tenants[OTHER]}/administrator"
        fields = {
            "name": "初代 管理",
            "email": "first@town.example.lg.jp",
            "valid_from": str(today()),
            "reason": "前任者の急な退職",
        }
        async with new_browser(app, prefecture) as one, new_browser(app) as stranger:
            assert (await one.post(url, fields)).status_code == 409
            await _lose_administrator(world, line.id)
            assert "管理者のいない団体 1件" in (await one.get("/")).text
            assert (await one.post(url, {**fields, "reason": ""})).status_code == 422
            assert (await one.post(url, fields)).status_code == 303
            slip = await one.get(f"{url}/slip")
            code = re.search(r'slip__code">([^<]+)<', slip.text).group(1).replace("-", "")
            page = await stranger.get(f"/invitations/{code}")
            csrf = re.search(r'name="csrf_token" value="([^"]+)"', page.text).group(1)
            answer = {"comes": "first", "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
            assert (await stranger.post(f"/invitations/{code}", answer, csrf=csrf)).status_code == 303
            assert "初代 管理さんが招待を受けました" in (await one.get("/notices")).text
            await stranger.sign_in("first@town.example.lg.jp", NEW_PASSWORD)
            trail = await stranger.get("/audit")
            assert "前任者の急な退職" in trail.text
            assert "初代 管理" in (await one.get("/people/organisations")).text

    async def test_shows_the_prefecture_nothing_but_counts_and_administrators(self, app: Any, world: World):
        async with new_browser(app, world.people["280003", Role.PREFECTURE_ADMIN][1]) as one:
            page = (await one.get("/people/organisations")).text
            for role in (Role.TOWN_STAFF, Role.TOWN_FINANCE, Role.CONSULTANT):
                assert f"{role.label} {TOWN}" not in page
            assert f"{Role.TOWN_ADMIN.label} {TOWN}" in page
            assert "@" not in re.sub(r"<(head|header|footer).*?</\1>", "", page, flags=re.DOTALL)

    async def test_is_the_operators_alone(self, app: Any, world: World):
        for role in (Role.LIAISON, Role.PREFECTURE_FINANCE):
            async with new_browser(app, world.people["280003", role][1]) as one:
                assert (await one.get("/people/organisations")).status_code == 403


async def _lose_administrator(world: World, membership_id: int) -> None:
    """The town's only administrator is gone from the database's point of view."""
    from tenants.audit.trail import Subject, record
    from tenants.database.engine import current_door
    from tenants.database.transaction import as_identity

    async with as_admin(world, OTHER) as context:
        async with as_identity():
            await current_door().execute(
                "UPDATE membership SET suspended_at = $3, suspended_reason = 'x' WHERE tenant_id = $1 AND id = $2",
                (context.tenant_id, membership_id, now()),
            )
        await record(context, "suspend_membership", Subject("membership", membership_id))
