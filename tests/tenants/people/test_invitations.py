"""Invitations: who may be invited, what an answer reveals, accepting once, the slip and the mail."""

import re
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tenants.access.queries import memberships_of
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.errors import Invalid, NotFound
from tenants.people.acceptance import operations as acceptance
from tenants.people.invitations import operations, queries
from tenants.people.invitations.operations import NoLongerOpen
from tenants.people.invitations.rules import INVITATION_LIFE, NewInvitation, code_of
from tests.factories.browsers import Browser, new_browser
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import PASSWORD, World
from tests.tenants.people.people_cell import NEW_PASSWORD, OTHER, TOWN, as_admin, now, today

SECRET = "x" * 40
DAY = timedelta(days=1)
NEWCOMER = "newcomer@city.example.lg.jp"


async def _invite(world: World, email: str = NEWCOMER, role: Role = Role.TOWN_STAFF, **more: Any) -> tuple[int, str]:
    """The id and the code of an invitation into the town."""
    new = NewInvitation(email, "新任 一郎", (role,), more.get("valid_from", today()), more.get("valid_to"))
    async with as_admin(world) as context:
        invitation_id = await operations.invite(context, new, now())
        one = await queries.invitation(context.tenant_id, invitation_id)
    return invitation_id, code_of(one.code_handle, SECRET)


async def _answer(browser: Browser, code: str, **fields: str) -> Any:
    page = await browser.get(f"/invitations/{code}")
    match = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    return await browser.post(f"/invitations/{code}", fields, csrf=match.group(1) if match else "x")


def _first(password: str = NEW_PASSWORD) -> dict[str, str]:
    return {"comes": "first", "password": password, "password_again": password}


class TestInvitation:
    async def test_lets_somebody_new_in_once(self, app: Any, world: World):
        _, code = await _invite(world)
        async with new_browser(app) as one:
            done = await _answer(one, code, **_first())
            assert (done.status_code, done.headers["location"]) == (303, "/sign-in?done=invitation-accepted")
            assert (await one.sign_in(NEWCOMER, NEW_PASSWORD)).status_code == 303
            assert "神戸市" in (await one.get("/")).text
            assert (await one.get(f"/invitations/{code}")).status_code == 404

    async def test_tells_who_invited_when_it_is_accepted(self, app: Any, world: World):
        _, code = await _invite(world)
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as admin, new_browser(app) as one:
            assert "新任 一郎さんが招待を受けました" not in (await admin.get("/notices")).text
            assert (await _answer(one, code, comes="known", password="wrong wrong wrong")).status_code == 422
            assert "新任 一郎さんが招待を受けました" not in (await admin.get("/notices")).text
            assert (await _answer(one, code, **_first())).status_code == 303
            assert (await admin.get("/notices")).text.count("あなたが招待した新任 一郎さん") == 1
        async with new_browser(app, world.people[OTHER, Role.TOWN_ADMIN][1]) as other:
            assert "新任 一郎" not in (await other.get("/notices")).text

    async def test_tells_todays_administrators_when_who_invited_is_none_anymore(
        self, app: Any, world: World, database: ClonedDatabase
    ):
        _, code = await _invite(world)
        (inviter_id, inviter), (deputy_id, deputy) = (
            world.people[TOWN, role] for role in (Role.TOWN_ADMIN, Role.TOWN_FINANCE)
        )
        with psycopg.connect(database.superuser) as behind:  # as a transfer to another town leaves it
            behind.execute("UPDATE membership SET role = 'town_admin' WHERE person_id = %s", (deputy_id,))
            moved = "UPDATE membership SET tenant_id = %s, role = 'town_staff' WHERE person_id = %s"
            behind.execute(moved, (world.tenants[OTHER], inviter_id))
        async with new_browser(app, inviter) as gone, new_browser(app, deputy) as here, new_browser(app) as one:
            assert (await _answer(one, code, **_first())).status_code == 303
            assert "が招待した新任 一郎さん" in (await here.get("/notices")).text
            assert "あなたが招待した" not in (await here.get("/notices")).text
            assert "新任 一郎" not in (await gone.get("/notices")).text
        with psycopg.connect(database.superuser) as behind:
            told = behind.execute("SELECT person_id FROM notice WHERE subject LIKE '%%新任 一郎%%'").fetchall()
        assert told == [(deputy_id,)]

    async def test_accepted_stays_so_when_nobody_can_be_told(
        self, app: Any, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        async def broken(*_: Any) -> None:
            raise ConnectionError("the database is away")

        monkeypatch.setattr(acceptance, "notify", broken)
        _, code = await _invite(world)
        async with new_browser(app) as one:
            assert (await _answer(one, code, **_first())).status_code == 303
            assert (await one.sign_in(NEWCOMER, NEW_PASSWORD)).status_code == 303
        assert "was not told" in caplog.text

    async def test_adds_to_somebody_who_is_known_only_with_their_own_password(self, app: Any, world: World):
        person_id, email = world.people[OTHER, Role.TOWN_STAFF]
        _, code = await _invite(world, email)
        async with new_browser(app) as one:
            stolen = await _answer(one, code, **_first())
            assert stolen.status_code == 422
            wrong = await _answer(one, code, comes="known", password="not my password")
            assert wrong.status_code == 422
            async with open_door(world.pool, Scope.IDENTITY, read_only=True):
                assert len(await memberships_of(person_id, today())) == 1
            assert (await _answer(one, code, comes="known", password=PASSWORD)).status_code == 303
            assert (await one.sign_in(email)).status_code == 303
            async with open_door(world.pool, Scope.IDENTITY, read_only=True):
                assert len(await memberships_of(person_id, today())) == 2

    async def test_never_tells_the_town_whether_the_address_is_known(self, app: Any, world: World):
        _, email = world.people[OTHER, Role.TOWN_STAFF]
        seen = []
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as admin, new_browser(app) as stranger:
            for address in (NEWCOMER, email):
                fields = {"name": "招待 花子", "email": address, "roles": "town_staff", "valid_from": str(today())}
                sent = await admin.post("/people/invitations", fields)
                place = sent.headers["location"].split("?")[0]
                page = await admin.get(place)
                slip = await admin.get(f"{place}/slip")
                code = re.search(r'slip__code">([^<]+)<', slip.text).group(1)
                offer = await stranger.get(f"/invitations/{code}")
                refused = await _answer(stranger, code, comes="known", password="wrong wrong wrong")
                seen.append(
                    [(one.status_code, _without_traces(one.text, address)) for one in (page, slip, offer, refused)]
                )
        assert seen[0] == seen[1]

    async def test_of_somebody_who_is_here_is_refused(self, world: World):
        _, email = world.people[TOWN, Role.TOWN_STAFF]
        with pytest.raises(Invalid, match="すでにこの団体の利用者"):
            await _invite(world, email)

    async def test_twice_is_refused(self, world: World):
        await _invite(world)
        with pytest.raises(Invalid, match="まだ受けられていない招待"):
            await _invite(world)

    async def test_of_an_outsider_needs_a_last_day(self, world: World):
        with pytest.raises(Invalid, match="終了日が必要"):
            await _invite(world, role=Role.FIELD_CREW)
        await _invite(world, role=Role.FIELD_CREW, valid_to=today() + DAY)

    async def test_of_a_prefecture_role_is_refused_also_by_the_database(self, world: World):
        with pytest.raises(Invalid):
            await _invite(world, role=Role.PREFECTURE_ADMIN)
        new = NewInvitation(NEWCOMER, "名前", (Role.PREFECTURE_ADMIN,), today(), None)
        with pytest.raises(Invalid):
            async with as_admin(world) as context:
                await operations.write_invitation(context, context.tenant_id, new, now())

    async def test_works_no_more_after_its_time(self, world: World):
        _, code = await _invite(world)
        later = now() + INVITATION_LIFE
        assert await acceptance.invitation_for(world.pool, code, SECRET, later - timedelta(minutes=1)) is not None
        assert await acceptance.invitation_for(world.pool, code, SECRET, later + timedelta(minutes=1)) is None

    async def test_issued_again_kills_the_code_before(self, world: World):
        invitation_id, code = await _invite(world)
        async with as_admin(world) as context:
            await operations.issue_again(context, invitation_id, now())
            fresh = code_of((await queries.invitation(context.tenant_id, invitation_id)).code_handle, SECRET)
        assert await acceptance.invitation_for(world.pool, code, SECRET, now()) is None
        assert await acceptance.invitation_for(world.pool, fresh, SECRET, now()) is not None

    async def test_withdrawn_is_dead_and_stays_so(self, world: World):
        invitation_id, code = await _invite(world)
        async with as_admin(world) as context:
            await operations.withdraw(context, invitation_id, now())
        assert await acceptance.invitation_for(world.pool, code, SECRET, now()) is None
        with pytest.raises(NoLongerOpen):
            async with as_admin(world) as context:
                await operations.issue_again(context, invitation_id, now())

    async def test_of_another_town_is_not_found(self, world: World):
        invitation_id, _ = await _invite(world)
        for act in (operations.withdraw, operations.issue_again):
            with pytest.raises(NotFound):
                async with as_admin(world, OTHER) as context:
                    await act(context, invitation_id, now())
        async with as_admin(world, "280003") as context:
            with pytest.raises(NotFound):
                await queries.invitation(world.tenants[TOWN], invitation_id)

    async def test_by_mail_goes_to_the_outbox_with_its_code(self, world: World, database: ClonedDatabase):
        invitation_id, code = await _invite(world)
        async with as_admin(world) as context:
            await operations.send_by_mail(context, invitation_id, SECRET, now())
        with psycopg.connect(database.superuser) as connection:
            row = connection.execute("SELECT address, url, subject FROM mail").fetchone()
        assert row == (NEWCOMER, f"/invitations/{code}", "【結】団体2 から利用の招待".replace("団体2", "神戸市"))

    async def test_counts_wrong_passwords_like_signing_in(self, app: Any, world: World):
        _, email = world.people[OTHER, Role.TOWN_STAFF]
        _, code = await _invite(world, email)
        async with new_browser(app) as one:
            for _ in range(5):
                await _answer(one, code, comes="known", password="wrong wrong wrong")
            assert (await _answer(one, code, comes="known", password=PASSWORD)).status_code == 422


def _without_traces(text: str, address: str) -> str:
    """A page without what differs between any two invitations."""
    text = text.replace(address, "ADDRESS")
    return re.sub(
        r'value="[^"]{20,}"|/(?:people/)?invitations/[0-9A-Za-z-]+|slip__code">[^<]+<|slip-\d+|<code>[0-9a-f]{16}</code>|'
        r"[0-9]{1,2}:[0-9]{2}|招待しました[^<]*",
        "",
        text,
    )
