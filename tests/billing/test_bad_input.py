"""Bad input, one named case each: refused with a Japanese sentence at its place, nothing stored half, never a fault."""

import asyncio
import html
import re
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from billing.apportionment.case import CaseRefused, parse_case
from billing.bases import operations as bases
from billing.runs import operations as runs
from tenants.access import operations as access
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.directory import operations as directory
from tenants.directory.rules import TenantKind
from tests.billing.apportionment.full_case import REFUSALS, changed
from tests.billing.bad_inputs import CASES, COST, Bad
from tests.factories.browsers import Browser, new_browser
from tests.factories.databases import ClonedDatabase, fingerprint
from tests.factories.people import NewTenantFactory
from tests.factories.programs import found_basis, found_calculable, found_cost, found_key, found_program
from tests.factories.worlds import NOW, PASSWORD, World

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
TODAY = NOW.astimezone(JST)


@dataclass(frozen=True)
class Place:
    """A program of two towns with a filled basis, a key and an eligible cost; and the same of another program."""

    program: int
    basis: int
    key: int
    cost: int
    other_basis: int
    other_key: int
    other_cost: int
    stranger: int
    """The tenant number of a town that takes no part."""


@pytest.fixture
async def place(world: World) -> Place:
    program, other = await found_program(world, "漏水調査"), await found_program(world, "よその事業")
    basis, other_basis = [await found_basis(world, one, {"281000": "300", "283011": "100"}) for one in (program, other)]
    return Place(
        program,
        basis,
        await found_key(world, program, basis),
        await found_cost(world, program, "解析", eligible=True),
        other_basis,
        await found_key(world, other, other_basis),
        await found_cost(world, other, "よその経費", eligible=True),
        world.tenants["284467"],
    )


def filled(text: str, place: Place, world: World) -> str:
    values = {**{name: getattr(place, name) for name in Place.__dataclass_fields__}, "kobe": world.tenants["281000"]}
    return re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), text)


class TestPages:
    @pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.name)
    async def test_refuse(self, finance: Browser, world: World, database: ClonedDatabase, place: Place, bad: Bad):
        path = bad.path[1:] if bad.path.startswith("!") else f"/programs/{place.program}" + bad.path
        fields = {filled(name, place, world): filled(text, place, world) for name, text in bad.fields.items()}
        before = fingerprint(database)
        answer = await finance.post(filled(path, place, world), fields)
        assert answer.status_code == bad.status, answer.text
        said = html.unescape(answer.text)
        assert bad.words in said
        if bad.field:
            field = filled(bad.field, place, world)
            message = re.search(rf'id="error-{field}">(.*?)</p>', said, re.DOTALL)
            assert message, f"nothing is said at {field}"
            assert bad.words in message[1]
            assert f'href="#field-{field}"' in answer.text
        assert JAPANESE.search(said)
        assert fingerprint(database) == before

    async def test_read_full_width_digits_blanks_and_yen_signs_as_the_number_they_are(
        self, finance: Browser, world: World, place: Place, behind: psycopg.Connection
    ):
        here = f"/programs/{place.program}"
        for number, text in enumerate(
            ("５２，０００，００１円", " 52,000,001 円 ", "￥５２０００００１", "52 000 001\u3000円")
        ):
            answer = await finance.post(f"{here}/costs", {**COST, "name": f"経費{number}", "amount_yen": text})
            assert answer.status_code == 303, (text, answer.text)
        rows = "神戸市\t１，４９８，８２５\u3000人\r\n２８３０１１　２８２８９\r\n"
        answer = await finance.post(f"{here}/bases/{place.basis}/paste", {"rows": rows, "version": "2"})
        assert answer.status_code == 303, answer.text
        amounts = behind.execute("SELECT DISTINCT amount_yen FROM cost WHERE name LIKE '経費_'").fetchall()
        values = behind.execute("SELECT value FROM basis_value WHERE basis_id = %s ORDER BY member_id", (place.basis,))
        assert amounts == [(52_000_001,)]
        assert values.fetchall() == [("1498825",), ("28289",)]

    async def test_answer_a_foreign_number_byte_for_byte_like_a_missing_one(self, finance: Browser, place: Place):
        here = f"/programs/{place.program}"
        for foreign in (f"bases/{place.other_basis}", f"keys/{place.other_key}", f"costs/{place.other_cost}/edit"):
            answers = [await finance.get(f"{here}/{path}") for path in (foreign, re.sub(r"\d+", "987654321", foreign))]
            assert [one.status_code for one in answers] == [404, 404]
            assert answers[0].content == answers[1].content


class TestRuns:
    async def test_refuse_a_missing_basis_value_and_name_its_place(
        self, finance: Browser, world: World, place: Place, database: ClonedDatabase
    ):
        await found_cost(world, place.program, "按分", 10, charge_kind="key", key_id=place.key)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            gone: dict[int, str | None] = {world.tenants["283011"]: None}
            await bases.save_values(world.finance, place.program, place.basis, gone, 2, NOW)
        await self._refused(finance, place, database, "値がありません")

    async def test_refuse_a_basis_whose_values_add_to_zero(
        self, finance: Browser, world: World, place: Place, database: ClonedDatabase
    ):
        await found_cost(world, place.program, "按分", 10, charge_kind="key", key_id=place.key)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            zeros: dict[int, str | None] = {world.tenants[code]: "0" for code in ("281000", "283011")}
            await bases.save_values(world.finance, place.program, place.basis, zeros, 2, NOW)
        await self._refused(finance, place, database, "合計が0")

    async def _refused(self, finance: Browser, place: Place, database: ClonedDatabase, words: str) -> None:
        before = fingerprint(database)
        answer = await finance.post(f"/programs/{place.program}/runs", {"stage": "notice"})
        assert answer.status_code == 422, answer.text
        assert words in answer.text
        assert re.search(rf'href="/programs/{place.program}/(bases|keys)', answer.text)
        assert fingerprint(database) == before


class TestCaseFiles:
    @pytest.mark.parametrize(("path", "value", "code", "pointer"), REFUSALS)
    def test_are_refused_in_japanese(self, path: str, value: Any, code: str, pointer: str | None):
        with pytest.raises(CaseRefused) as refused:
            parse_case(changed(path, value))
        for problem in refused.value.problems:
            assert JAPANESE.search(problem.message), problem
            assert problem.message.endswith("。"), problem


NAMES = (
    "<script>alert(1)</script>町",
    "\"><img src=x onerror=alert(1)>村",
    "</title></td><svg/onload=alert(1)>市",
    "{{7*7}}${7*7}町",
    "=HYPERLINK(\"http://x\",\"x\")町",
)  # fmt: skip


class TestHtmlInATownsName:
    async def test_is_shown_as_the_words_it_is_on_every_page(
        self, stored_app: Any, world: World, work: Callable[[], Awaitable[None]]
    ):
        populations = {"281000": "300"}
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            for number, name in enumerate(NAMES):
                code = f"hostile-{number}"
                facts = NewTenantFactory(code=code, name=name, kind=TenantKind.UNION)
                world.tenants[code] = await directory.register_tenant(world.finance, facts)
                populations[code] = str(100 + number)
        program = await found_calculable(world, populations)
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
            run = (await one.post(f"/programs/{program}/runs", {"stage": "notice"})).headers["location"].split("?")[0]
            await work()
            here = f"/programs/{program}"
            pages = ["/tenants", *(f"{here}/{one}" for one in ("members", "bases", "keys", "costs/new", "keys/new")),
                     run, *(f"{run}/members/hostile-{number}" for number in range(len(NAMES)))]  # fmt: skip
            pages += set(
                re.findall(rf'href="({here}/(?:bases|keys)/\d+(?:/edit)?)"', (await one.get(f"{here}/bases")).text)
            )
            shown = set()
            for path in pages:
                page = await one.get(path)  # invalid HTML raises
                assert page.status_code == 200, path
                assert not re.search(r"<(script|img|svg)\b[^>]*(alert|onerror|onload|>alert)", page.text), path
                assert not any(name in page.text for name in NAMES if "<" in name), path
                assert "49町" not in page.text
                shown |= {name for name in NAMES if name in html.unescape(page.text)}
            assert shown == set(NAMES)


OFFICERS, APPROVALS = 4, 64


class TestApprovals:
    @pytest.fixture
    async def run_id(self, world: World, work: Callable[[], Awaitable[None]]) -> int:
        """A computed run, sent for approval."""
        program = await found_calculable(world)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            number = await runs.start_run(world.finance, program, "notice", TODAY)
        await work()
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await runs.submit_run(world.finance, number, TODAY)
        return number

    async def test_of_many_officers_at_once_decide_once(
        self, app: Any, world: World, run_id: int, behind: psycopg.Connection
    ):
        async with AsyncExitStack() as stack:
            officers = [
                await stack.enter_async_context(new_browser(app, email)) for email in await _officers(world, OFFICERS)
            ]
            tokens = [await one.csrf_token() for one in officers]
            answers = await asyncio.gather(
                *(
                    officers[number % OFFICERS].post(
                        f"/runs/{run_id}/approval",
                        {"idempotency_key": str(uuid.uuid4())},
                        csrf=tokens[number % OFFICERS],
                    )
                    for number in range(APPROVALS)
                )
            )
        states = sorted(one.status_code for one in answers)
        assert states == [303] + [409] * (APPROVALS - 1)
        assert all("承認" in one.text for one in answers if one.status_code != 303)
        counted = {
            "decisions": "SELECT count(*) FROM audit_event WHERE action = 'approve_run'",
            "bundles": "SELECT count(*) FROM job WHERE name = 'billing.statements.bundle'",
            "batches": "SELECT count(*) FROM job WHERE name = 'billing.statements.make'",
            "runs": "SELECT count(*) FROM run WHERE state = 'approved'",
        }
        assert {name: behind.execute(sql).fetchone() for name, sql in counted.items()} == dict.fromkeys(counted, (1,))

    async def test_sent_again_are_answered_with_the_same_bytes(
        self, app: Any, world: World, run_id: int, database: ClonedDatabase
    ):
        key = {"idempotency_key": str(uuid.uuid4())}
        async with new_browser(app, world.people["280003:2", Role.PREFECTURE_FINANCE][1]) as two:
            csrf = await two.csrf_token()
            together = await asyncio.gather(*(two.post(f"/runs/{run_id}/approval", key, csrf=csrf) for _ in range(8)))
            after = fingerprint(database)
            later = [await two.post(f"/runs/{run_id}/approval", key, csrf=csrf) for _ in range(10)]
            answers = [(one.status_code, one.headers["location"], one.content) for one in (*together, *later)]
            assert len(set(answers)) == 1
            assert answers[0][0] == 303
            other = await two.post(f"/runs/{run_id}/approval", {**key, "reason": "別の内容"}, csrf=csrf)
            assert other.status_code == 422
            assert "別の内容ですでに受け付けています" in other.text
            assert fingerprint(database) == after


async def _officers(world: World, count: int) -> list[str]:
    """More finance officers of the prefecture, so that many different people may approve."""
    emails = [f"officer{number}@example.lg.jp" for number in range(count)]
    for email in emails:
        async with open_door(world.pool, Scope.IDENTITY):
            person_id = await access.register_person(world.finance, email, "県の財政担当", PASSWORD, NOW)
            await access.give_role(world.finance, person_id, 1, Role.PREFECTURE_FINANCE, TODAY.date())
    return emails
