"""Counted attempts: exact also at once, growing pauses, then a lock; every refusal hashes once and looks the same."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tenants.access import passwords
from tenants.access.attempts.operations import count_attempt, count_town_failure, town_must_wait
from tenants.access.attempts.rules import (
    FORGET_AFTER,
    LOCK,
    LOCK_AT,
    TOWN_LIMIT,
    Count,
    Kind,
    after_attempt,
    after_town_failure,
    delay_after,
    must_wait,
)
from tenants.access.operations import Origin, disable_person
from tenants.access.rules import SessionLimits
from tenants.access.signing_in.operations import SignInRefused, sign_in
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import Pool, open_door
from tests.factories.browsers import new_browser
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import PASSWORD, World

TOWN = "281000"
STAFF = (TOWN, Role.TOWN_STAFF)
LIMITS = SessionLimits(timedelta(minutes=30), timedelta(hours=10))
ORIGIN = Origin("0123456789abcdef", "127.0.0.1")
_RANDOM = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16}|[0-9]{1,2}:[0-9]{2}")
THEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def _now() -> datetime:
    return datetime.now(JST)


def _after(failures: int, at: datetime = THEN) -> Count:
    count = Count(0, 0, at, at, None)
    while count.failures < failures:
        at = max(at, count.blocked_until or at)
        count = after_attempt(count, at)
    return count


class TestDelay:
    def test_grows_and_ends_in_a_lock(self):
        seconds = [int(delay_after(failures).total_seconds()) for failures in range(1, 13)]
        assert seconds == [0, 0, 0, 0, 5, 10, 20, 40, 80, 900, 900, 900]

    def test_lets_a_guesser_try_about_a_hundred_times_a_day(self):
        count, now, tries = Count(0, 0, THEN, THEN, None), THEN, 0
        while now < THEN + timedelta(days=1):
            count = after_attempt(count, now)
            tries += 1
            now = count.blocked_until or now
        assert tries <= 106

    def test_refuses_unseen_while_one_must_wait(self):
        locked = _after(LOCK_AT)
        again = after_attempt(locked, locked.last_failed_at + timedelta(minutes=1))
        assert (again.failures, again.refused, again.blocked_until) == (LOCK_AT, 1, locked.blocked_until)
        assert not must_wait(locked, locked.last_failed_at + LOCK)

    def test_forgets_the_failures_of_yesterday(self):
        locked = _after(LOCK_AT)
        assert after_attempt(locked, locked.last_failed_at + FORGET_AFTER).failures == 1

    def test_closes_a_town_until_its_window_is_over(self):
        count = Count(0, 0, THEN, THEN, None)
        for second in range(TOWN_LIMIT):
            assert not must_wait(count, THEN + timedelta(seconds=second))
            count = after_town_failure(count, THEN + timedelta(seconds=second))
        assert must_wait(count, THEN + timedelta(minutes=14))
        assert not must_wait(count, THEN + timedelta(minutes=15))


class TestCount:
    async def test_is_exact_for_sixty_four_attempts_at_once(
        self, pool: Pool, world: World, database: ClonedDatabase, monkeypatch: pytest.MonkeyPatch
    ):
        compared = []

        def compare(password_hash: str | None, password: str) -> bool:
            compared.append(password_hash)
            return False

        monkeypatch.setattr(passwords, "_matches", compare)  # argon2 64 times would only measure the machine
        email = world.people[STAFF][1]
        tries = [sign_in(pool, email, "wrong", THEN, LIMITS, ORIGIN) for _ in range(64)]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert {type(one) for one in answers} == {SignInRefused}
        with psycopg.connect(database.superuser) as connection:
            row = connection.execute(
                "SELECT failure_count, refused_count FROM attempt_count WHERE kind = 'password'"
            ).fetchone()
        assert row is not None
        # Five are looked at, the fifth makes everybody wait; the others meet nobody's hash, in the same time.
        assert row == (5, 59)
        assert len(compared) == 64
        assert sum(one is not None for one in compared) == 5

    async def test_stays_although_the_answer_refuses(self, app: Any, world: World, database: ClonedDatabase):
        async with new_browser(app) as one:
            for _ in range(2):
                assert (await one.sign_in(world.people[STAFF][1], "wrong password")).status_code == 422
        with psycopg.connect(database.superuser) as connection:
            assert connection.execute("SELECT failure_count FROM attempt_count WHERE kind = 'password'").fetchall() == [
                (2,)
            ]

    async def test_is_forgotten_by_the_right_password(self, app: Any, world: World, database: ClonedDatabase):
        async with new_browser(app) as one:
            await one.sign_in(world.people[STAFF][1], "wrong password")
            assert (await one.sign_in(world.people[STAFF][1])).status_code == 303
        with psycopg.connect(database.superuser) as connection:
            assert connection.execute("SELECT count(*) FROM attempt_count WHERE kind = 'password'").fetchone() == (0,)

    async def test_closes_a_town_for_the_right_password_too(self, pool: Pool, world: World):
        tenant_id, now = world.tenants[TOWN], _now()
        for _ in range(TOWN_LIMIT):
            async with open_door(pool, Scope.IDENTITY):
                full = await count_town_failure([tenant_id], now)
        assert full == [tenant_id]
        with pytest.raises(SignInRefused):
            await sign_in(pool, world.people[STAFF][1], PASSWORD, now, LIMITS, ORIGIN)
        other = world.people["283011", Role.TOWN_STAFF][1]
        assert await sign_in(pool, other, PASSWORD, now, LIMITS, ORIGIN)
        async with open_door(pool, Scope.IDENTITY):
            assert not await town_must_wait([tenant_id], now + timedelta(minutes=15))


class TestRefusals:
    async def test_of_every_kind_hash_once_and_look_the_same(
        self, app: Any, pool: Pool, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        """A robust measure of time: how many hashes each way takes, not what a busy machine's clock says."""
        locked, disabled = world.people["283011", Role.TOWN_STAFF][1], world.people["284467", Role.TOWN_STAFF]
        async with open_door(pool, Scope.IDENTITY):
            for _ in range(LOCK_AT):
                await count_attempt(Kind.PASSWORD, locked, _now())
            await disable_person(world.finance, disabled[0], _now())
        hashed: list[bool] = []
        original = passwords._HASHER.verify

        class Counting:
            def verify(self, stored: str, given: bytes) -> bool:
                hashed.append(stored == passwords._NOBODY)
                return original(stored, given)

        monkeypatch.setattr(passwords, "_HASHER", Counting())
        seen = {}
        for name, email, password in (
            ("wrong", world.people[STAFF][1], "wrong password"),
            ("unknown", "nobody@example.lg.jp", PASSWORD),
            ("locked", locked, PASSWORD),
            ("disabled", disabled[1], PASSWORD),
            ("endless", world.people[STAFF][1], "x" * 5_000),
        ):
            hashed.clear()
            async with new_browser(app) as one:
                answer = await one.sign_in(email, password)
            assert len(hashed) == 1, name
            body = answer.text.replace(email, "X")
            plain = re.sub(
                r"[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16}|[0-9]{1,2}:[0-9]{2}", "", body
            )
            headers = sorted(key for key in answer.headers)
            seen[name] = (answer.status_code, plain, tuple(headers))
        assert len(set(seen.values())) == 1


class TestLock:
    async def test_stands_in_the_towns_trail_and_an_administrator_takes_it_away(
        self, app: Any, pool: Pool, world: World, database: ClonedDatabase
    ):
        person_id, email = world.people[STAFF]
        now = _now() - timedelta(minutes=5)
        for number in range(LOCK_AT):
            with pytest.raises(SignInRefused):
                await sign_in(pool, email, "wrong", now, LIMITS, ORIGIN)
            now += delay_after(number + 1)
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as admin, new_browser(app) as one:
            assert (await one.sign_in(email)).status_code == 422
            assert "失敗が続いたサインインを一時停止" in (await admin.get("/audit")).text
            page = await admin.get("/access")
            assert "一時停止中" in page.text
            fields = {"idempotency_key": "0123456789"}
            assert (await admin.post(f"/access/{person_id}/unlocking", fields)).status_code == 303
            assert (await one.sign_in(email)).status_code == 303
        with psycopg.connect(database.superuser) as connection:
            rows = connection.execute(
                "SELECT action, count(*) FROM audit_event WHERE tenant_id = %s AND action LIKE '%%lock_account' "
                "GROUP BY 1 ORDER BY 1",
                (world.tenants[TOWN],),
            ).fetchall()
        assert rows == [("lock_account", 1), ("unlock_account", 1)]

    async def test_of_another_towns_person_is_not_found(self, app: Any, world: World):
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as admin:
            stranger = world.people["283011", Role.TOWN_STAFF][0]
            assert (await admin.post(f"/access/{stranger}/unlocking")).status_code == 404
