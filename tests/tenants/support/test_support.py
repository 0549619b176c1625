"""Support access: a reason, half an hour, a banner, nothing changed, and every look in both trails."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.lists import queries as lists
from tenants.lists.rules import read_wanted
from tenants.mail import queries as mail
from tenants.support.listed import OUTSIDE
from tenants.web.form_data import Faults
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World

TOWN, OTHER, PREFECTURE = "281000", "283011", "280003"
REASON = "財政担当の田原町役場から画面の見方の質問があったため"


def _operator(world: World) -> str:
    return world.people[PREFECTURE, Role.PREFECTURE_ADMIN][1]


async def _begin(one: Browser, world: World, role: str = "town_admin", reason: str = REASON) -> Any:
    return await one.post("/support", {"tenant": str(world.tenants[TOWN]), "role": role, "reason": reason})


async def _views(world: World, code: str = TOWN) -> list[str]:
    async with open_door(world.pool, Scope.TOWN, world.tenants[code], read_only=True):
        wanted = read_wanted(OUTSIDE, {"action": ["support_view"]}, Faults())
        found = await lists.fetch(world.context(code, Role.TOWN_ADMIN), OUTSIDE, wanted)
    return [row["subject_label"] for row in found.rows if row["action"] == "support_view"]


class TestSupport:
    async def test_shows_the_town_under_a_banner_and_writes_every_look_into_both_trails(
        self, app: Any, world: World, owner: psycopg.Connection, database: Any
    ):
        async with new_browser(app, _operator(world)) as one:
            begun = await _begin(one, world)
            assert (begun.status_code, begun.headers["location"]) == (303, "/")
            page = await one.get("/audit")
            assert "支援の閲覧中" in page.text
            assert "神戸市" in page.text
            await one.get("/notices")
        assert set(await _views(world)) >= {"操作記録(/audit)", "お知らせ(/notices)"}
        assert await _views(world, OTHER) == []
        with psycopg.connect(database.superuser) as connection:
            rows = connection.execute(
                "SELECT tenant_id, acting_tenant_id, role FROM audit_event "
                "WHERE action = 'support_view' AND subject_id = '/audit'"
            ).fetchall()
        assert sorted(rows) == [(1, 1, "prefecture_admin"), (world.tenants[TOWN], 1, "prefecture_admin")]

    async def test_leaves_titles_and_the_lists_taken_away_in_the_towns_trail(
        self, app: Any, world: World, database: Any
    ):
        person_id, _ = world.people[TOWN, Role.TOWN_STAFF]
        async with new_browser(app, _operator(world)) as one:
            await _begin(one, world)
            assert (await one.get(f"/people/{person_id}")).status_code == 200
            assert (await one.get("/audit?export=csv")).status_code == 200
        with psycopg.connect(database.superuser) as behind:
            labels = behind.execute(
                "SELECT tenant_id, subject_label FROM audit_event WHERE action = 'support_view' "
                "AND subject_id = ANY(%s) ORDER BY id",
                ([f"/people/{person_id}", "/audit"],),
            ).fetchall()
        town = [label for tenant_id, label in labels if tenant_id == world.tenants[TOWN]]
        assert town[0].endswith(f"(/people/{person_id})")
        assert town[1] == "/audit(書き出し)"
        own = [label for tenant_id, label in labels if tenant_id == 1]
        assert own == [f"/people/{person_id}", "/audit(書き出し)"]

    async def test_changes_nothing(self, app: Any, world: World):
        async with new_browser(app, _operator(world)) as one:
            await _begin(one, world)
            for path in ("/notices/reading", "/me/mail", "/organisation"):
                refused = await one.post(path, {"frequency": "never"})
                assert refused.status_code == 422, path
                assert "支援の閲覧中は、内容を変えられません" in refused.text

    async def test_ends_by_hand_and_gives_the_operator_back(self, app: Any, world: World):
        async with new_browser(app, _operator(world)) as one:
            await _begin(one, world)
            ended = await one.post("/support/closing")
            assert ended.headers["location"].startswith("/support?done=")
            page = await one.get("/support")
            assert "支援の閲覧中" not in page.text
            assert REASON in page.text
            assert (await one.get("/outsiders")).status_code == 403
            assert (await one.post("/support/closing")).status_code == 404

    async def test_ends_by_itself_after_half_an_hour(self, app: Any, world: World, database: Any):
        async with new_browser(app, _operator(world)) as one:
            await _begin(one, world)
            with psycopg.connect(database.superuser, autocommit=True) as connection:
                connection.execute(
                    "UPDATE support_access SET opened_at = opened_at - %s, ends_at = ends_at - %s",
                    (timedelta(minutes=30), timedelta(minutes=30)),
                )
            page = await one.get("/tenants")
            assert page.status_code == 200
            assert "支援の閲覧中" not in page.text

    async def test_tells_the_towns_administrators_at_once(self, app: Any, world: World):
        async with new_browser(app, _operator(world)) as one:
            await _begin(one, world)
        async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN], read_only=True):
            told = await mail.notices(world.context(TOWN, Role.TOWN_ADMIN))
            written = await mail.mails(world.tenants[TOWN])
        assert REASON in told[0].body
        assert [one.address for one in written] == [world.people[TOWN, Role.TOWN_ADMIN][1]]

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"reason": "確認"}, "10文字から500文字"),
            ({"reason": "あ" * 501}, "10文字から500文字"),
            ({"tenant": "1"}, "市町を選んでください"),
            ({"tenant": "999999"}, "市町を選んでください"),
            ({"role": "consultant"}, "役割の画面を見るかを選んでください"),
        ],
    )
    async def test_refuses_what_explains_nothing(self, app: Any, world: World, fields: dict[str, str], message: str):
        async with new_browser(app, _operator(world)) as one:
            given = {"tenant": str(world.tenants[TOWN]), "role": "town_admin", "reason": REASON, **fields}
            refused = await one.post("/support", given)
            assert refused.status_code == 422
            assert message in refused.text

    async def test_belongs_to_operators_and_to_nobody_elses_session(self, app: Any, world: World):
        for key in ((PREFECTURE, Role.LIAISON), (TOWN, Role.TOWN_ADMIN)):
            async with new_browser(app, world.people[key][1]) as one:
                assert (await _begin(one, world)).status_code == 403
        async with new_browser(app, _operator(world)) as first, new_browser(app, _operator(world)) as second:
            await _begin(first, world)
            assert "支援の閲覧中" not in (await second.get("/support")).text

    async def test_lets_the_operator_sign_out_in_the_prefectures_name(self, app: Any, world: World, database: Any):
        async with new_browser(app, _operator(world)) as one:
            await _begin(one, world)
            assert (await one.post("/sign-out")).status_code == 303
        with psycopg.connect(database.superuser) as connection:
            rows = connection.execute("SELECT tenant_id, role FROM audit_event WHERE action = 'sign_out'").fetchall()
        assert rows == [(1, "prefecture_admin")]


class TestOutsiders:
    async def test_shows_a_town_what_others_did_and_not_its_own(self, app: Any, world: World):
        async with new_browser(app, _operator(world)) as one:
            await _begin(one, world)
            await one.get("/jobs")
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as town:
            page = await town.get("/outsiders")
            assert REASON in page.text
            assert "支援のため画面を閲覧" in page.text
            assert "サインイン</td>" not in page.text
        async with new_browser(app, world.people[OTHER, Role.TOWN_ADMIN][1]) as other:
            assert REASON not in (await other.get("/outsiders")).text
