"""Saved views: renamed, shared, opening their list; and the trail narrowed by who, what and whom it concerns."""

import re
from typing import Any

import psycopg

from tenants.audit.trail import Subject, record
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.factories.browsers import new_browser
from tests.factories.worlds import World

TOWN, OTHER, PREFECTURE = "281000", "283011", "280003"


async def _keep(one: Any, name: str, query: str) -> str:
    """Keeps a view through the form and answers the address of the page that changes it."""
    await one.post("/views", {"list": "audit", "query": query, "view_name": name})
    page = await one.get("/audit?q=x")
    return re.search(rf'href="(/views/\d+)">変更<span class="visually-hidden">\({name}\)', page.text)[1]


class TestViews:
    async def test_are_renamed_and_shared_by_their_person_alone(self, app: Any, world: World):
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            url = await _keep(one, "旧い名前", "q=a")
            assert "旧い名前" in (await one.get(url)).text
            changed = await one.post(url, {"view_name": "新しい名前", "shared": "1"})
            assert changed.headers["location"] == "/audit?q=a&done=view-changed"
            page = await one.get("/audit?q=x")
            assert "旧い名前" not in page.text
            assert re.search(r"新しい名前</a> <small>団体で共有", page.text)
            await _keep(one, "別の条件", "q=b")
            for name, said in (("別の条件", "同じ名前"), ("", "条件の名前"), ("x" * 61, "60文字")):
                refused = await one.post(url, {"view_name": name})
                assert refused.status_code == 422, name
                assert said in refused.text
        for stranger in ((OTHER, Role.TOWN_ADMIN), (TOWN, Role.TOWN_STAFF)):
            async with new_browser(app, world.people[stranger][1]) as other:
                assert (await other.get(url)).status_code == 404
                assert (await other.post(url, {"view_name": "乗っ取り"})).status_code == 404

    async def test_open_their_list_one_at_most_and_let_everything_be_seen(self, app: Any, world: World):
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            first, second = await _keep(one, "一つ目", "q=a"), await _keep(one, "二つ目", "q=b")
            await one.post(first, {"view_name": "一つ目", "first": "1"})
            assert (await one.get("/audit")).headers["location"] == "/audit?q=a"
            await one.post(second, {"view_name": "二つ目", "first": "1"})
            assert (await one.get("/audit")).headers["location"] == "/audit?q=b"
            page = await one.get("/audit?q=b")
            assert page.text.count("はじめに表示") == 1
            everything = re.search(r'class="filter__clear" href="([^"]+)"', page.text)[1]
            assert (await one.get(everything)).status_code == 200
            await one.post(second, {"view_name": "二つ目"})
            assert (await one.get("/audit")).status_code == 200
        async with new_browser(app, world.people[OTHER, Role.TOWN_ADMIN][1]) as other:
            assert (await other.get("/audit")).status_code == 200

    async def test_carry_the_token_of_whoever_looks_though_their_part_is_drawn_once(self, app: Any, world: World):
        tokens = set()
        for place in ((TOWN, Role.TOWN_ADMIN), (OTHER, Role.TOWN_ADMIN)):
            async with new_browser(app, world.people[place][1]) as one:
                await _keep(one, "同じ名前", "q=a")
                page = (await one.get("/audit?q=x")).text
                (forget,) = re.findall(r'<form method="post" id="(view-forget-\d+)"', page)
                own = await one.csrf_token()
                found = re.findall(r'name="csrf_token" value="([^"]+)" form="([^"]+)"', page)
                assert found == [(own, "view-save"), (own, forget)]
                assert set(re.findall(r'name="csrf_token" value="([^"]+)"', page)) == {own}
                tokens.add(own)
        assert len(tokens) == 2

    async def test_that_say_nothing_never_open_their_list(self, app: Any, world: World, database: Any):
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            await one.post("/views", {"list": "organisation-jobs", "query": "whose=all", "view_name": "すべて"})
            page = await one.get("/jobs?whose=all")
            url = re.search(r'href="(/views/\d+)">変更', page.text)[1]
            assert "はじめにこの条件で" not in (await one.get(url)).text
            await one.post(url, {"view_name": "すべて", "first": "1"})
            assert "はじめに表示" not in (await one.get("/jobs?whose=all")).text
            with psycopg.connect(database.superuser) as behind:
                behind.execute("UPDATE saved_view SET opens_first = true")
            assert (await one.get("/jobs?whose=all")).status_code == 200


class TestTrail:
    async def test_is_narrowed_by_person_and_subject_at_once(self, app: Any, world: World):
        context = world.context(TOWN, Role.TOWN_ADMIN)
        async with open_door(world.pool, Scope.TOWN, context.tenant_id):
            for number, label in enumerate(("浄水場の点検", "水道料金", "浄水場の増設")):
                await record(context, "sign_in", Subject("x", number, label))
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            for query, shown in (
                ("subject_label=浄水", ("浄水場の点検", "浄水場の増設")),
                (f"subject_label=浄水&q=点検&person_name={context.person_name[:5]}", ("浄水場の点検",)),
                ("subject_label=浄水&person_name=だれもいない", ()),
                ("person_name=%25", ()),
            ):
                page = (await one.get(f"/audit?{query}")).text
                for label in ("浄水場の点検", "水道料金", "浄水場の増設"):
                    assert (f"<span>{label}</span>" in page) == (label in shown), (query, label)
            table = await one.get("/audit?export=csv&subject_label=浄水")
            assert table.content.decode("utf-8-sig").count("浄水場") == 2

    async def test_narrowed_by_a_common_part_of_a_name_leaves_nothing_out(self, app: Any, world: World):
        context = world.context(TOWN, Role.TOWN_ADMIN)
        async with open_door(world.pool, Scope.TOWN, context.tenant_id):
            for number in range(45):
                await record(context, "sign_in", Subject("x", number, f"施設{number:03}"))
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            for query, count in (("施設", 45), ("施設04", 5), ("施設044", 1), ("ない施設", 0)):
                page = await one.get(f"/audit?subject_label={query}")
                assert page.text.count('class="trail__entry"') == count, query
                table = await one.get(f"/audit?subject_label={query}&export=csv-utf8")
                assert table.text.count("\r\n") == count + 1, query

    async def test_of_the_prefecture_is_narrowed_by_the_town_it_concerns(self, app: Any, world: World):
        context = world.context(PREFECTURE, Role.PREFECTURE_ADMIN)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            for code in (TOWN, OTHER):
                subject = Subject("x", 1, f"件-{code}")
                await record(context, "entitle", subject, tenant_id=world.tenants[code])
        async with new_browser(app, world.people[PREFECTURE, Role.PREFECTURE_ADMIN][1]) as one:
            page = (await one.get(f"/audit?about={world.tenants[TOWN]}&q=件")).text
            assert f"件-{TOWN}" in page
            assert f"件-{OTHER}" not in page
            assert (await one.get("/audit?about=999")).status_code == 422
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as town:
            assert 'name="about"' not in (await town.get("/audit")).text
