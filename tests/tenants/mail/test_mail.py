"""Notices and mails: who is told what, each mail once, whatever happens to the worker or the server."""

import asyncio
import os
import re
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from jinja2 import UndefinedError

from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.errors import NotFound
from tenants.mail import queries
from tenants.mail.delivery import MailServer
from tenants.mail.operations import (
    NothingToSendAgain,
    choose_frequency,
    notify,
    read_all_notices,
    read_notice,
    send_again,
    send_to_address,
)
from tenants.mail.rules import LEASE, Frequency, MailState, MailTemplate, next_try
from tenants.mail.sweeps import send_due, write_digests
from tests.factories.browsers import new_browser
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import World
from tests.tenants.mail.mail_servers import mail_server

TOWN, OTHER = "281000", "283011"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=JST)


@pytest.fixture
def template(tmp_path: Path) -> MailTemplate:
    folder = tmp_path / "tests" / "mail"
    folder.mkdir(parents=True)
    (folder / "told.txt").write_text("【結】{{ title }}\n\n{{ title }} について。\n", encoding="utf-8")
    return MailTemplate(folder / "told.txt")


async def _tell(world: World, template: MailTemplate, title: str = "計算", code: str = TOWN, **options: Any) -> None:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        person = world.people[code, Role.TOWN_FINANCE][0]
        await notify(
            world.finance,
            [person],
            template,
            {"title": title},
            "/statements",
            NOW,
            tenant_id=world.tenants[code],
            **options,
        )


async def _choose(world: World, frequency: Frequency, code: str = TOWN) -> None:
    async with open_door(world.pool, Scope.TOWN, world.tenants[code]):
        await choose_frequency(world.context(code, Role.TOWN_FINANCE), frequency)


async def _notices(world: World, code: str = TOWN, role: Role = Role.TOWN_FINANCE) -> list[queries.NoticeView]:
    async with open_door(world.pool, Scope.TOWN, world.tenants[code], read_only=True):
        return await queries.notices(world.context(code, role))


async def _mails(world: World, code: str = TOWN) -> list[queries.MailLine]:
    async with open_door(world.pool, Scope.TOWN, world.tenants[code], read_only=True):
        return await queries.mails(world.tenants[code])


class TestTemplate:
    def test_gives_subject_and_body(self, template: MailTemplate):
        text = template.text({"title": "負担金"})
        assert (text.subject, text.body, template.name) == ("【結】負担金", "負担金 について。", "tests/told")

    def test_keeps_a_persons_text_on_its_line(self, template: MailTemplate):
        text = template.text({"title": "A\r\nBcc: x@example.com\x00\u202e"})
        assert text.subject == "【結】A Bcc: x@example.com"

    def test_refuses_a_missing_value(self, template: MailTemplate):
        with pytest.raises(UndefinedError):
            template.text({})


class TestNotify:
    async def test_puts_a_notice_before_the_person_and_nobody_else(self, world: World, template: MailTemplate):
        await _tell(world, template)
        assert [one.subject for one in await _notices(world)] == ["【結】計算"]
        assert await _notices(world, role=Role.TOWN_STAFF) == []
        assert await _notices(world, OTHER) == []

    async def test_waits_for_the_daily_mail_unless_chosen_otherwise(self, world: World, template: MailTemplate):
        await _tell(world, template)
        assert await _mails(world) == []
        await _choose(world, Frequency.NOW)
        await _tell(world, template, "次")
        assert [one.subject for one in await _mails(world)] == ["【結】次"]
        await _choose(world, Frequency.NEVER)
        await _tell(world, template, "その次")
        assert len(await _mails(world)) == 1

    async def test_writes_at_once_about_what_cannot_wait(self, world: World, template: MailTemplate):
        await _choose(world, Frequency.NEVER)
        await _tell(world, template, digest=False)
        assert len(await _mails(world)) == 1

    async def test_forgets_people_who_are_disabled(
        self, world: World, template: MailTemplate, owner: psycopg.Connection, database: ClonedDatabase
    ):
        with psycopg.connect(database.superuser, autocommit=True) as connection:
            connection.execute("UPDATE person SET disabled_at = now()")
        await _tell(world, template, digest=False)
        assert (await _notices(world), await _mails(world)) == ([], [])

    async def test_of_another_person_cannot_be_read(self, world: World, template: MailTemplate):
        await _tell(world, template)
        notice = (await _notices(world))[0]
        for code, role in ((TOWN, Role.TOWN_STAFF), (OTHER, Role.TOWN_FINANCE)):
            with pytest.raises(NotFound):
                async with open_door(world.pool, Scope.TOWN, world.tenants[code]):
                    await read_notice(world.context(code, role), notice.id, NOW)


class TestDigest:
    async def test_gathers_what_is_unread_into_one_mail(self, world: World, template: MailTemplate):
        for title in ("一", "二", "三"):
            await _tell(world, template, title)
        async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
            await read_notice(
                world.context(TOWN, Role.TOWN_FINANCE),
                (await queries.notices(world.context(TOWN, Role.TOWN_FINANCE)))[0].id,
                NOW,
            )
        assert await write_digests(world.pool, NOW) == 1
        assert await write_digests(world.pool, NOW) == 0
        with mail_server() as (server, postbox):
            assert await send_due(world.pool, server, lambda: NOW) == 1
        text = postbox.taken[0].get_content()
        assert "・【結】一" in text
        assert "・【結】二" in text
        assert "三" not in text
        assert "https://yui.example/notices" in text

    async def test_is_not_written_for_what_was_read(self, world: World, template: MailTemplate):
        await _tell(world, template)
        async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
            await read_all_notices(world.context(TOWN, Role.TOWN_FINANCE), NOW)
        assert await write_digests(world.pool, NOW) == 0


async def _invite(world: World, template: MailTemplate, address: str, title: str = "招待") -> None:
    async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
        context = world.context(TOWN, Role.TOWN_ADMIN)
        await send_to_address(context, address, template, {"title": title}, "/welcome/x", NOW)


class TestSendDue:
    async def test_hands_each_mail_to_the_server_once(self, world: World, template: MailTemplate):
        for number in range(5):
            await _invite(world, template, f"new{number}@example.lg.jp")
        with mail_server() as (server, postbox):
            rounds = await asyncio.gather(*(send_due(world.pool, server, lambda: NOW) for _ in range(3)))
            assert sum(rounds) == 5
            assert await send_due(world.pool, server, lambda: NOW) == 0
        assert sorted(one["To"] for one in postbox.taken) == [f"new{number}@example.lg.jp" for number in range(5)]
        assert {one["Auto-Submitted"] for one in postbox.taken} == {"auto-generated"}
        assert len({one["Message-ID"] for one in postbox.taken}) == 5
        assert {one.state for one in await _mails(world)} == {MailState.SENT}

    async def test_gives_up_an_address_the_server_does_not_know_and_goes_on(self, world: World, template: MailTemplate):
        await _invite(world, template, "nobody@example.lg.jp")
        await _invite(world, template, "somebody@example.lg.jp")
        with mail_server() as (server, postbox):
            postbox.on_recipient = lambda address: "550 no such user" if address.startswith("nobody") else "250 OK"
            assert await send_due(world.pool, server, lambda: NOW) == 1
        states = {one.address: (one.state, one.error_text) for one in await _mails(world)}
        assert states["somebody@example.lg.jp"][0] is MailState.SENT
        assert states["nobody@example.lg.jp"][0] is MailState.FAILED
        assert "550" in states["nobody@example.lg.jp"][1]

    async def test_tries_again_later_when_the_server_is_away_or_busy(self, world: World, template: MailTemplate):
        await _invite(world, template, "new@example.lg.jp")
        away = MailServer("127.0.0.1", 1, "none", "", "", "yui@pref.example.lg.jp", "")
        assert await send_due(world.pool, away, lambda: NOW) == 0
        with mail_server() as (server, postbox):
            assert await send_due(world.pool, server, lambda: NOW) == 0
            postbox.on_text = lambda: "451 later"
            assert await send_due(world.pool, server, lambda: NOW + timedelta(minutes=2)) == 0
            postbox.on_text = lambda: "250 OK"
            assert await send_due(world.pool, server, lambda: NOW + timedelta(hours=1)) == 1
        assert [(one.state, one.attempts) for one in await _mails(world)] == [(MailState.SENT, 3)]
        assert len(postbox.taken) == 1

    async def test_gives_up_after_a_day(self, world: World, template: MailTemplate):
        await _invite(world, template, "new@example.lg.jp")
        away, now = MailServer("127.0.0.1", 1, "none", "", "", "yui@pref.example.lg.jp", ""), NOW
        for attempt in range(1, 9):
            await send_due(world.pool, away, lambda now=now: now)
            now = next_try(attempt, now) or now
        assert [one.state for one in await _mails(world)] == [MailState.FAILED]
        assert timedelta(hours=12) < now - NOW < timedelta(days=2)

    @pytest.mark.parametrize(
        ("moment", "arrived", "state"),
        [("recipient", 1, MailState.SENT), ("text", 1, MailState.UNKNOWN)],
    )
    async def test_sends_nothing_twice_when_its_worker_is_killed(
        self,
        world: World,
        template: MailTemplate,
        database: ClonedDatabase,
        moment: str,
        arrived: int,
        state: MailState,
    ):
        await _invite(world, template, "new@example.lg.jp")
        with mail_server() as (server, postbox):
            worker = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.tenants.mail.sending_process", database.application, str(server.port)
            )

            def kill(*_: Any) -> str:
                os.kill(worker.pid, signal.SIGKILL)
                return "250 OK"

            if moment == "recipient":
                postbox.on_recipient = kill
            else:
                postbox.on_text = kill
            assert await worker.wait() == -signal.SIGKILL
            postbox.on_recipient, postbox.on_text = lambda _: "250 OK", lambda: "250 OK"
            later = datetime.now(JST) + LEASE + timedelta(minutes=1)
            for _ in range(3):
                await send_due(world.pool, server, lambda: later)
        assert len(postbox.taken) == arrived
        assert [one.state for one in await _mails(world)] == [state]


class TestSendAgain:
    async def test_sends_a_doubtful_mail_once_more_by_hand(
        self, world: World, template: MailTemplate, database: ClonedDatabase
    ):
        await _invite(world, template, "new@example.lg.jp")
        with psycopg.connect(database.superuser, autocommit=True) as connection:
            connection.execute("UPDATE mail SET state = 'unknown'")
        mail = (await _mails(world))[0]
        context = world.context(TOWN, Role.TOWN_ADMIN)
        async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
            await send_again(context, mail.id, NOW)
        with pytest.raises(NothingToSendAgain):
            async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
                await send_again(context, mail.id, NOW)
        with pytest.raises(NotFound):
            async with open_door(world.pool, Scope.TOWN, world.tenants[OTHER]):
                await send_again(world.context(OTHER, Role.TOWN_ADMIN), mail.id, NOW)


class TestPages:
    async def test_show_the_notice_open_it_and_count_it(self, app: Any, world: World, template: MailTemplate):
        await _tell(world, template, "<b>計算</b>")
        email = world.people[TOWN, Role.TOWN_FINANCE][1]
        async with new_browser(app, email) as one:
            assert "未読 1件" in (await one.get("/")).text
            page = await one.get("/notices")
            assert "&lt;b&gt;計算&lt;/b&gt;" in page.text
            action = re.search(r'action="(/notices/\d+/reading)"', page.text)
            answer = await one.post(action.group(1))
            assert (answer.status_code, answer.headers["location"]) == (303, "/statements")
            assert "未読はありません" in (await one.get("/")).text

    async def test_remember_how_often_to_write(self, app: Any, world: World):
        async with new_browser(app, world.people[TOWN, Role.TOWN_FINANCE][1]) as one:
            assert 'href="/me/mail"' in (await one.get("/me")).text
            refused = await one.post("/me/mail", {"frequency": "hourly"})
            assert refused.status_code == 422
            assert "メールの受け取り方を選んでください" in refused.text
            answer = await one.post("/me/mail", {"frequency": "never"})
            assert answer.status_code == 303
            page = await one.get("/me/mail")
            assert re.search(r'value="never"[^>]*checked', page.text)

    async def test_of_an_administrator_show_how_far_mails_got(
        self, app: Any, world: World, template: MailTemplate, database: ClonedDatabase
    ):
        await _invite(world, template, "new@example.lg.jp")
        with psycopg.connect(database.superuser, autocommit=True) as connection:
            connection.execute("UPDATE mail SET state = 'failed', error_message = 'だめでした。'")
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            page = await one.get("/mails")
            assert "だめでした。" in page.text
            action = re.search(r'action="(/mails/\d+/sending)"', page.text)
            assert (await one.post(action.group(1))).status_code == 303
            again = await one.post(action.group(1))
            assert again.status_code == 409
        async with new_browser(app, world.people[OTHER, Role.TOWN_ADMIN][1]) as other:
            assert "new@example.lg.jp" not in (await other.get("/mails")).text
            assert (await other.post(action.group(1))).status_code == 404
