"""The way in: the same answer for every reason, only to pages of ours, and never a failure."""

import re
import time
from datetime import date
from typing import Any

import psycopg
import pytest

from tenants.access import operations as access
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.web.headers import HEADERS
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import NOW, PASSWORD, World
from tests.walls.asgi import ABSENT, Answer, Client

FINANCE = ("280003", Role.PREFECTURE_FINANCE)


async def _try(app: Any, email: str, password: str, **more: str) -> tuple[Answer, Client]:
    client = Client(app)
    page = await client.send("GET", "/sign-in", remember=True)
    match = re.search(rb'name="csrf_token" value="([^"]+)"', page.body)
    assert match
    fields = {"csrf_token": match.group(1).decode(), "email": email, "password": password, **more}
    return await client.send("POST", "/sign-in", fields, remember=True), client


def _plain(answer: Answer, *said: str) -> bytes:
    """The answer without what was typed and without random numbers."""
    body = answer.body
    for text in said:
        body = body.replace(text.encode(), b"X")
    return re.sub(
        rb"[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16}|[0-9]{1,2}:[0-9]{2}", b"", body
    )


class TestSignIn:
    async def test_answers_the_same_for_every_reason(self, app: Any, world: World, database: ClonedDatabase):
        async with open_door(world.pool, Scope.IDENTITY):
            await access.register_person(world.finance, "no.role@example.lg.jp", "役割なし", PASSWORD, NOW)
            ended = await access.register_person(world.finance, "ended@example.lg.jp", "終了", PASSWORD, NOW)
            await access.give_role(
                world.finance, ended, world.tenants["281000"], Role.TOWN_STAFF, date(2020, 4, 1), date(2021, 3, 31)
            )
            gone = await access.register_person(world.finance, "disabled@example.lg.jp", "停止", PASSWORD, NOW)
            await access.give_role(world.finance, gone, world.tenants["281000"], Role.TOWN_STAFF, date(2020, 4, 1))
            await access.disable_person(world.finance, gone, NOW)
        answers = []
        for email, password in (
            ("nobody@example.lg.jp", PASSWORD),
            (world.people[FINANCE][1], "wrong password"),
            ("no.role@example.lg.jp", PASSWORD),
            ("ended@example.lg.jp", PASSWORD),
            ("disabled@example.lg.jp", PASSWORD),
        ):
            answer, client = await _try(app, email, password)
            assert "yui" not in client.cookies
            answers.append((answer.status, _plain(answer, email), tuple(name for name, _ in answer.headers)))
        assert set(answers) == {answers[0]}
        assert answers[0][0] == 422

    async def test_takes_its_time_also_for_unknown_people(self, app: Any, world: World):
        def spread(times: list[float]) -> float:
            return sorted(times)[len(times) // 2]

        seconds: dict[str, list[float]] = {world.people[FINANCE][1]: [], "nobody@example.lg.jp": []}
        for _ in range(5):
            for email, times in seconds.items():
                started = time.perf_counter()
                await _try(app, email, "wrong password")
                times.append(time.perf_counter() - started)
        known, unknown = (spread(times) for times in seconds.values())
        assert unknown > known / 3, "an unknown address is answered without hashing"

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            ("\x00", "x"),
            ("a\x00b@example.jp", PASSWORD),
            ("x" * 100_000, "x"),
            ("あ@例え.jp", "パスワード" * 60),
            ("' OR 1=1 --", "' OR 1=1 --"),
            ("%s%n", "\x00"),
            ("a@b", "y" * 1_000_000),
            ("{{7*7}}", "{{7*7}}"),
            (" ", " "),
            ("", ""),
        ],
    )
    async def test_refuses_strange_input_without_failing(self, app: Any, email: str, password: str):
        answer, client = await _try(app, email, password)
        assert answer.status in {413, 422}
        assert "yui" not in client.cookies

    async def test_refuses_half_characters_without_failing(self, app: Any):
        client = Client(app)
        page = await client.send("GET", "/sign-in", remember=True)
        match = re.search(rb'name="csrf_token" value="([^"]+)"', page.body)
        assert match
        for text in (b"%ED%A0%80", b"%FF%FE", b"\xed\xa0\x80", b"%F0%9F"):
            body = b"csrf_token=" + match.group(1) + b"&email=" + text + b"&password=" + text
            assert (await client.send("POST", "/sign-in", body)).status in {400, 422}

    @pytest.mark.parametrize(
        "next_url",
        [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "\\\\evil.example",
            "/\r\nSet-Cookie: yui=x",
            "/あ",
            "evil",
            " //evil.example",
        ],
    )
    async def test_leads_only_to_pages_of_ours(self, app: Any, world: World, next_url: str):
        answer, _ = await _try(app, world.people[FINANCE][1], PASSWORD, next=next_url)
        assert (answer.status, answer.header("location")) == (303, "/")

    async def test_leads_back_to_where_the_person_wanted_to_go(self, app: Any, world: World):
        answer, _ = await _try(app, world.people[FINANCE][1], PASSWORD, next="/programs?page=2")
        assert answer.header("location") == "/programs?page=2"

    async def test_takes_no_form_of_another_browser_or_site(self, app: Any, world: World, database: ClonedDatabase):
        mine, other = Client(app), Client(app)
        page = await other.send("GET", "/sign-in", remember=True)
        await mine.send("GET", "/sign-in", remember=True)
        match = re.search(rb'name="csrf_token" value="([^"]+)"', page.body)
        assert match
        token = match.group(1).decode()
        fields = {"csrf_token": token, "email": world.people[FINANCE][1], "password": PASSWORD}
        assert (await mine.send("POST", "/sign-in", fields)).status == 403
        assert (await Client(app).send("POST", "/sign-in", fields)).status == 403
        assert (await other.send("POST", "/sign-in", {**fields, "csrf_token": "合言葉"})).status == 403
        for headers in (
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"sec-fetch-site": ABSENT, "origin": "https://evil.example"},
        ):
            assert (await other.send("POST", "/sign-in", fields, headers)).status == 403
        with psycopg.connect(database.superuser) as connection:
            assert connection.execute("SELECT count(*) FROM session").fetchone() == (0,)
        assert (await other.send("POST", "/sign-in", fields)).status == 303


class TestHeaders:
    @pytest.mark.parametrize(
        ("method", "target"),
        [
            ("GET", "/sign-in"),
            ("GET", "/"),
            ("GET", "/status"),
            ("GET", "/nowhere"),
            ("GET", "/static/frame.css"),
            ("GET", "/static/missing.css"),
            ("GET", "/static/..%2F..%2Fheaders.py"),
            ("GET", "/static/%00"),
            ("POST", "/sign-in"),
            ("POST", "/nowhere"),
            ("DELETE", "/sign-in"),
            ("OPTIONS", "/sign-in"),
            ("GET", "/%ED%A0%80"),
            ("GET", "/schema"),
            ("GET", "/schema/openapi.json"),
            ("GET", "/docs"),
        ],
    )
    async def test_stand_on_every_answer(self, app: Any, method: str, target: str):
        answer = await Client(app).send(method, target)
        assert answer.status < 500
        assert {name: answer.header(name) for name in HEADERS} == HEADERS
        assert answer.header("cache-control")
        assert not answer.header("server")
        assert (
            target.startswith("/static/frame")
            or "headers.py" in target
            or answer.status != 200
            or b"<html" in answer.body
        )

    async def test_allow_no_inline_script_or_style(self):
        policy = HEADERS["content-security-policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy

    @pytest.mark.parametrize("target", ["/static/..%2F..%2Fheaders.py", "/static/../headers.py", "/static//etc/passwd"])
    async def test_static_files_are_only_ours(self, app: Any, target: str):
        assert (await Client(app).send("GET", target)).status == 404
