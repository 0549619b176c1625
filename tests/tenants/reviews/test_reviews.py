"""Reviews of accounts: a line for every role, decisions that take effect, the night after, the signed report."""

import hashlib
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pypdf
import pytest

from tenants.access.queries import memberships_of
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.errors import Conflict, Invalid, NotFound
from tenants.jobs import runner
from tenants.jobs.rules import State
from tenants.people.rules import LastAdministrator
from tenants.reviews import operations, queries
from tenants.reviews.operations import NotOpen
from tenants.reviews.pages import review_tasks
from tenants.reviews.paper import review_pdf
from tenants.reviews.rules import Decision, content_sha256, progress
from tenants.reviews.sweeps import stop_overdue
from tests.factories.browsers import new_browser, running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.workers import storage_of, storage_settings
from tests.factories.worlds import World
from tests.tenants.people.people_cell import LIMITS, OTHER, TOWN, as_admin, line_of, now, today

DAY = timedelta(days=1)


async def _open(world: World, code: str = TOWN) -> int:
    async with as_admin(world, code) as context:
        return await operations.open_review(context, "令和8年度の棚卸し", today() + 30 * DAY, now(), LIMITS)


async def _lines(world: World, review_id: int) -> dict[Role, Any]:
    async with as_admin(world) as context:
        return {one.role: one for one in await queries.lines(context.tenant_id, review_id)}


async def _decide(
    world: World, review_id: int, role: Role, decision: Decision, new_role: Role | None = None, note: str = ""
) -> None:
    line = (await _lines(world, review_id))[role]
    async with as_admin(world) as context:
        await operations.decide(context, review_id, line.id, decision, new_role, note, now())


async def _holds(world: World, role: Role, days: int = 0) -> set[Role]:
    person_id, _ = world.people[TOWN, role]
    async with open_door(world.pool, Scope.IDENTITY, read_only=True):
        return {one.role for one in await memberships_of(person_id, today() + days * DAY)}


class TestReview:
    async def test_has_a_line_for_every_role_with_what_helps_to_decide(self, app: Any, world: World):
        async with new_browser(app, world.people[TOWN, Role.TOWN_STAFF][1]):
            review_id = await _open(world)
        lines = await _lines(world, review_id)
        assert set(lines) == {Role.TOWN_STAFF, Role.TOWN_FINANCE, Role.TOWN_ADMIN, Role.CONSULTANT, Role.FIELD_CREW}
        assert lines[Role.TOWN_STAFF].last_sign_in_at is not None
        assert lines[Role.TOWN_FINANCE].long_unused(now())
        assert progress(list(lines.values())) == (0, 5)

    async def test_is_one_at_a_time(self, world: World):
        await _open(world)
        with pytest.raises(Conflict, match="終わっていない棚卸し"):
            await _open(world)
        await _open(world, OTHER)

    async def test_needs_a_deadline_ahead(self, world: World):
        with pytest.raises(Invalid, match="期限"):
            async with as_admin(world) as context:
                await operations.open_review(context, "棚卸し", today() - DAY, now(), LIMITS)

    async def test_of_another_town_is_not_found(self, world: World):
        review_id = await _open(world)
        line = (await _lines(world, review_id))[Role.TOWN_STAFF]
        for act in (
            lambda context: operations.decide(context, review_id, line.id, Decision.KEEP, None, "", now()),
            lambda context: operations.close_review(context, review_id, now()),
        ):
            with pytest.raises(NotFound):
                async with as_admin(world, OTHER) as context:
                    await act(context)

    async def test_is_a_task_of_this_week(self, world: World):
        await _open(world)
        async with as_admin(world) as context:
            (task,) = await review_tasks(context, today())
        assert task.detail == "未判断 5件"


class TestDecision:
    async def test_takes_effect(self, world: World):
        review_id = await _open(world)
        await _decide(world, review_id, Role.TOWN_STAFF, Decision.CHANGE, Role.TOWN_FINANCE, "異動のため")
        await _decide(world, review_id, Role.TOWN_FINANCE, Decision.REMOVE)
        await _decide(world, review_id, Role.TOWN_ADMIN, Decision.KEEP)
        assert await _holds(world, Role.TOWN_STAFF) == {Role.TOWN_FINANCE}
        assert await _holds(world, Role.TOWN_FINANCE, 0) == {Role.TOWN_FINANCE}
        assert await _holds(world, Role.TOWN_FINANCE, 1) == set()
        lines = await _lines(world, review_id)
        assert lines[Role.TOWN_STAFF].note == "異動のため"
        assert lines[Role.TOWN_STAFF].decision_text == "役割を変更(市町 財政担当)"
        with pytest.raises(Conflict, match="すでに変えられています"):
            await _decide(world, review_id, Role.TOWN_STAFF, Decision.KEEP)

    async def test_to_change_names_the_new_role(self, world: World):
        review_id = await _open(world)
        with pytest.raises(Invalid, match="変更後の役割"):
            await _decide(world, review_id, Role.TOWN_STAFF, Decision.CHANGE)

    async def test_never_removes_the_last_administrator(self, world: World):
        review_id = await _open(world)
        with pytest.raises(LastAdministrator):
            await _decide(world, review_id, Role.TOWN_ADMIN, Decision.REMOVE)


class TestTheNightAfter:
    async def test_stops_what_nobody_decided_but_the_last_administrator(self, app: Any, world: World):
        review_id = await _open(world)
        await _decide(world, review_id, Role.TOWN_FINANCE, Decision.KEEP)
        async with new_browser(app, world.people[TOWN, Role.TOWN_STAFF][1]) as one:
            assert await stop_overdue(world.pool, now() + 30 * DAY) == 0
            assert (await one.get("/")).status_code == 200
            assert await stop_overdue(world.pool, now() + 31 * DAY) == 3
            assert (await one.get("/")).status_code == 303
        assert await stop_overdue(world.pool, now() + 31 * DAY) == 0
        held = {role: bool(await _holds(world, role)) for role in (Role.TOWN_STAFF, Role.TOWN_FINANCE, Role.TOWN_ADMIN)}
        assert held == {Role.TOWN_STAFF: False, Role.TOWN_FINANCE: True, Role.TOWN_ADMIN: True}
        lines = await _lines(world, review_id)
        assert lines[Role.TOWN_ADMIN].decision is Decision.OPEN
        assert (await line_of(world, Role.TOWN_STAFF)).suspended_reason

    async def test_can_be_made_good_by_deciding_to_keep(self, world: World):
        review_id = await _open(world)
        await stop_overdue(world.pool, now() + 31 * DAY)
        await _decide(world, review_id, Role.TOWN_STAFF, Decision.KEEP)
        assert await _holds(world, Role.TOWN_STAFF) == {Role.TOWN_STAFF}


class TestClosing:
    async def test_waits_for_every_decision(self, world: World):
        review_id = await _open(world)
        with pytest.raises(Conflict, match="まだ判断していない役割が5件"):
            async with as_admin(world) as context:
                await operations.close_review(context, review_id, now())

    async def test_keeps_a_report_that_shows_who_decided_and_its_fingerprint(
        self, database: ClonedDatabase, world: World, bucket: Any
    ):
        review_id = await _open(world)
        for role in await _lines(world, review_id):
            await _decide(world, review_id, role, Decision.KEEP, note="確認済み")
        async with as_admin(world) as context:
            job_id = await operations.close_review(context, review_id, now())
        tools = runner.Tools(world.pool, lambda *_: None, storage_of(bucket), "兵庫県", sample_data=True)
        for _ in range(2):
            assert await runner.run(tools, world.tenants[TOWN], job_id) is State.DONE
        async with as_admin(world) as context:
            one = await queries.review(context.tenant_id, review_id)
            assert one.content_sha256 == content_sha256(one, await queries.lines(context.tenant_id, review_id))
        assert one.state == "closed"
        with pytest.raises(NotOpen):
            await _decide(world, review_id, Role.TOWN_STAFF, Decision.KEEP)
        settings = settings_for(database, **storage_settings(bucket))
        async with running_app(settings) as app, new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as browser:
            page = await browser.get(f"/reviews/{review_id}")
            assert one.content_sha256 in page.text
            pdf = (await browser.get(f"/reviews/{review_id}/report")).content
        assert hashlib.sha256(pdf).hexdigest() == one.paper_sha256
        text = "".join(part.extract_text() for part in pypdf.PdfReader(io.BytesIO(pdf)).pages).replace("\n", "")
        for word in ("利用者の棚卸し", "確認済み", "情報セキュリティ責任者", one.content_sha256[:20], "神戸市"):
            assert word in text, word

    async def test_gives_another_fingerprint_for_another_note(self, world: World):
        review_id = await _open(world)
        async with as_admin(world) as context:
            one = await queries.review(context.tenant_id, review_id)
            lines = await queries.lines(context.tenant_id, review_id)
        other = [replace(lines[0], note="変えた"), *lines[1:]]
        assert content_sha256(one, lines) != content_sha256(one, other)
        assert review_pdf(one, lines, "神戸市", "兵庫県", "").startswith(b"%PDF")


class TestPages:
    async def test_lead_through_a_review(self, app: Any, world: World):
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            assert (await one.get("/reviews")).status_code == 200
            assert (await one.get("/reviews/new")).status_code == 200
            assert (await one.post("/reviews", {"title": "", "deadline": "いつか"})).status_code == 422
            sent = await one.post("/reviews", {"title": "棚卸し", "deadline": str(today() + 10 * DAY)})
            place = sent.headers["location"].split("?")[0]
            again = await one.post("/reviews", {"title": "棚卸し", "deadline": str(today() + 10 * DAY)})
            assert again.status_code == 409
            assert "半年以上利用なし" in (await one.get(place)).text
            assert "判断する" in (await one.get("/")).text
            for role, line in (await _lines(world, int(place.rsplit("/", 1)[1]))).items():
                url = f"{place}/lines/{line.id}"
                assert line.email in (await one.get(url)).text
                assert (await one.post(url, {"decision": "suspended"})).status_code == 422
                assert (await one.post(url, {"decision": "keep", "note": "字" * 201})).status_code == 422
                if role is Role.TOWN_ADMIN:
                    assert (await one.post(url, {"decision": "remove"})).status_code == 409
                    assert (await one.post(f"{place}/closure")).status_code == 409
                assert (await one.post(url, {"decision": "keep", "note": "確認"})).status_code == 303
            assert "終了して報告書を作る" in (await one.get(place)).text
            assert (await one.get(f"{place}/report")).status_code == 404
            assert (await one.post(f"{place}/closure")).status_code == 303
            assert "報告書を作成中" in (await one.get(place)).text

    async def test_are_for_administrators(self, app: Any, world: World):
        async with new_browser(app, world.people[TOWN, Role.TOWN_FINANCE][1]) as one:
            for path in ("/reviews", "/reviews/new", "/reviews/1", "/reviews/1/lines/1", "/reviews/1/report"):
                assert (await one.get(path)).status_code == 403
