"""書類の確認: the issued paper is found, an altered one is not, and nobody learns anything else."""

import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from billing.notices.verification.rules import Mark, mark_of, mark_sha256, typed_code, typed_number
from billing.runs import operations as runs
from billing.runs.decisions.operations import withdraw_run
from billing.statements.issuing import approve_and_issue
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.factories.browsers import Browser, new_browser
from tests.factories.programs import found_calculable
from tests.factories.worlds import NOW, World

TODAY = NOW.astimezone(JST)
SAME = "発行したものと一致します"
OTHER = "一致しません。打ち間違い"
Work = Callable[[], Awaitable[None]]


class TestMark:
    def test_is_four_groups_of_five(self):
        assert re.fullmatch(r"([A-Z2-7]{5}-){3}[A-Z2-7]{5}", mark_of("R8-1-1-281000", 5, {"a": 1}).code)

    @given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
    def test_of_another_amount_is_another(self, one: int, other: int):
        same = mark_of("R8-1-1-281000", one, {}).code == mark_of("R8-1-1-281000", other, {}).code
        assert same == (one == other)

    def test_does_not_depend_on_the_order_of_what_is_said(self):
        assert mark_of("n", 1, {"a": 1, "b": 2}) == mark_of("n", 1, {"b": 2, "a": 1})

    def test_cannot_be_worked_out_without_the_salt(self):
        codes = {mark_of("n", 1, {"a": 1}, salt).code for salt in ("", "00" * 32, "01" * 32)}
        assert len(codes) == 3

    @given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=20, max_size=20))
    def test_is_read_however_it_is_typed(self, letters: str):
        wide = "".join(chr(ord(one) + 0xFEE0) for one in letters.lower())
        typed = f" {wide[:5]}‐{wide[5:10]} {wide[10:15]}ー{wide[15:]}　"
        assert typed_code(typed) == letters
        assert typed_code(letters.replace("O", "0").replace("I", "1").replace("B", "8")) == letters
        assert mark_sha256("ｒ８－１－1", 7, typed) == mark_sha256("R8-1-1", 7, letters)

    def test_number_keeps_its_hyphens(self):
        assert typed_number(" ｒ８ー１２－1 ") == "R8-12-1"


@pytest.fixture
async def stranger(stored_app: Any) -> AsyncIterator[Browser]:
    """Somebody who has never signed in."""
    async with new_browser(stored_app) as one:
        yield one


async def _token(one: Browser) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', (await one.get("/verify")).text)
    assert match
    return match.group(1)


async def check(one: Browser, number: str, amount: str, code: str) -> str:
    answer = await one.post("/verify", {"number": number, "amount": amount, "code": code}, csrf=await _token(one))
    assert answer.status_code == 200
    return answer.text


async def check_file(one: Browser, content: bytes) -> Any:
    return await one.client.post(
        "/verify/file",
        data={"csrf_token": await _token(one)},
        files={"file": ("算定書.pdf", content, "application/pdf")},
        headers={"sec-fetch-site": "same-origin"},
    )


@pytest.fixture
async def run_id(world: World, work: Work) -> int:
    """An approved run with issued statements of three members."""
    return await _issued(world, work, await found_calculable(world))


async def _issued(world: World, work: Work, program: int) -> int:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        run_id = await runs.start_run(world.finance, program, "notice", TODAY)
    await work()
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await runs.submit_run(world.finance, run_id, TODAY)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await approve_and_issue(world.approver, run_id, TODAY)
    await work()
    return run_id


async def _paper(world: World, stored_app: Any, code: str) -> tuple[bytes, Mark]:
    """The town's PDF, and the mark as somebody reads it from the sheet."""
    async with new_browser(stored_app, world.people[code, Role.TOWN_FINANCE][1]) as one:
        link = re.search(r'href="(/statements/\d+)"', (await one.get("/statements")).text)
        assert link
        pdf = (await one.get(link.group(1) + "/pdf")).content
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf)).pages)
    found = re.search(r"文書番号 (\S+)\s+金額 ([\d,]+)円\s+指紋 ([A-Z2-7-]{23})", text)
    assert found, text
    return pdf, Mark(found[1], int(found[2].replace(",", "")), found[3])


class TestAnIssuedPaper:
    async def test_is_found_by_what_it_prints_and_an_altered_one_is_not(
        self, run_id: int, world: World, stored_app: Any, stranger: Browser
    ):
        pdf, mark = await _paper(world, stored_app, "283011")
        assert mark.number.endswith("-283011")
        told = await check(stranger, f" {mark.number.lower()} ", f"{mark.amount_yen:,}円", mark.code.lower())
        assert SAME in told
        assert "取り消されていません" in told
        for number, amount, code in (
            (mark.number, f"{mark.amount_yen + 1}", mark.code),
            (mark.number.replace("283011", "281000"), f"{mark.amount_yen}", mark.code),
            (mark.number, f"{mark.amount_yen}", mark.code[::-1]),
        ):
            assert OTHER in await check(stranger, number, amount, code)
        assert SAME in (await check_file(stranger, pdf)).text
        altered = pdf.replace(b"%PDF-1", b"%PDF-2", 1)
        assert altered != pdf
        for content in (altered, pdf + b"\n", b"x"):
            assert OTHER in (await check_file(stranger, content)).text

    async def test_is_said_to_be_withdrawn_once_its_run_is(
        self, run_id: int, world: World, stored_app: Any, stranger: Browser
    ):
        pdf, mark = await _paper(world, stored_app, "281000")
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await withdraw_run(world.finance, run_id, "単価の誤り", TODAY)
        told = await check(stranger, mark.number, str(mark.amount_yen), mark.code)
        assert "取り消されました" in told
        assert SAME not in told
        assert "取り消されました" in (await check_file(stranger, pdf)).text


class TestWhatNobodyCanTryOut:
    """Whoever knows all of another member's figures but one must not find it by hashing every possible one."""

    async def test_the_code_of_a_paper_is_taken_with_the_salt_of_its_run(
        self, run_id: int, world: World, stored_app: Any, behind: psycopg.Connection
    ):
        _, mark = await _paper(world, stored_app, "283011")
        row = behind.execute(
            "SELECT s.content, r.case_sha256, r.result_sha256, encode(t.salt, 'hex') FROM statement s"
            " JOIN run r ON r.id = s.run_id JOIN run_salt t ON t.run_id = r.id JOIN tenant o ON o.id = s.tenant_id"
            " WHERE r.id = %s AND o.code = '283011'",
            (run_id,),
        ).fetchone()
        assert row
        content, case, result, salt = row
        said = {"statement": content, "input_sha256": case, "result_sha256": result}
        assert mark_of(mark.number, mark.amount_yen, said, salt) == mark
        assert mark_of(mark.number, mark.amount_yen, said) != mark

    @pytest.mark.parametrize("published", [False, True])
    async def test_members_papers_tell_the_hashes_of_everybodys_figures_only_where_these_are_published(
        self, published: bool, world: World, stored_app: Any, work: Work, behind: psycopg.Connection
    ):
        program = await found_calculable(world)
        behind.execute("UPDATE program SET shares_published = %s WHERE id = %s", (published, program))
        run_id = await _issued(world, work, program)
        pdf, _ = await _paper(world, stored_app, "283011")
        hashes = behind.execute("SELECT case_sha256, result_sha256 FROM run WHERE id = %s", (run_id,)).fetchone()
        assert hashes
        text = "".join("".join(sheet.extract_text().split()) for sheet in PdfReader(io.BytesIO(pdf)).pages)
        async with new_browser(stored_app, world.people["283011", Role.TOWN_FINANCE][1]) as one:
            link = re.search(r'href="(/statements/\d+)"', (await one.get("/statements")).text)
            assert link
            book = load_workbook(io.BytesIO((await one.get(link.group(1) + "/xlsx")).content))
        cells = "".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
        for one_hash in hashes:
            assert (one_hash in text) is published
            assert (one_hash in cells) is published


class TestTheCheck:
    async def test_makes_who_guesses_wait_and_counts_each_paper_apart(self, stranger: Browser):
        for amount in range(100, 105):
            assert OTHER in await check(stranger, "R8-1-1-281000", str(amount), "AAAAA-AAAAA-AAAAA-AAAAA")
        assert "しばらく確かめられません" in await check(stranger, "r8-1-1-281000", "105", "aaaaaaaaaaaaaaaaaaaa")
        assert OTHER in await check(stranger, "R8-1-1-283011", "100", "AAAAA-AAAAA-AAAAA-AAAAA")

    async def test_lets_nobody_without_the_paper_make_its_holder_wait(
        self, run_id: int, world: World, stored_app: Any, stranger: Browser
    ):
        _, mark = await _paper(world, stored_app, "283011")
        for _ in range(6):
            await check(stranger, mark.number, str(mark.amount_yen), "AAAAA-AAAAA-AAAAA-AAAAA")
        assert SAME in await check(stranger, mark.number, str(mark.amount_yen), mark.code)

    async def test_asks_for_what_is_missing_and_gives_the_rest_back(self, stranger: Browser):
        fields = {"number": "R8-1<b>", "amount": "ten", "code": ""}
        answer = await stranger.post("/verify", fields, csrf=await _token(stranger))
        assert answer.status_code == 422
        assert "指紋を入力してください" in answer.text
        assert "R8-1&lt;b&gt;" in answer.text
        assert (await check_file(stranger, b"")).status_code == 422
        assert (await check_file(stranger, b"x" * (5 * 1024**2 + 1))).status_code == 422

    async def test_answers_the_same_for_a_number_nobody_has_as_for_a_wrong_code(self, stranger: Browser):
        texts = [
            await check(stranger, number, "100", "AAAAA-AAAAA-AAAAA-AAAAA") for number in ("R8-1-1-281000", "x'; --")
        ]
        bodies = {re.sub(r"(value|問い合わせ用番号)[^<>]*", "", one) for one in texts}
        assert len({re.search(r'id="answer".*?</div>\s*</div>', one, re.DOTALL)[0] for one in bodies}) == 1  # type: ignore[index]

    async def test_refuses_a_form_that_is_not_ours(self, stranger: Browser):
        fields = {"number": "n", "amount": "1", "code": "c"}
        assert (await stranger.post("/verify", fields, csrf="forged")).status_code == 403


class TestTheTable:
    async def test_holds_hashes_and_shows_a_town_nothing(self, run_id: int, world: World, behind: psycopg.Connection):
        names = behind.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'issued_mark' ORDER BY 1"
        ).fetchall()
        assert [one[0] for one in names] == ["id", "issued_at", "mark_sha256", "prefecture_id", "run_id", "tenant_id"]
        assert behind.execute("SELECT count(*) FROM issued_mark WHERE run_id = %s", (run_id,)).fetchone() == (9,)
        with pytest.raises(Exception, match="permission"):
            async with open_door(world.pool, Scope.TOWN, world.tenants["281000"], read_only=True) as door:
                await door.execute("SELECT * FROM issued_mark")

    async def test_never_changes(self, run_id: int, behind: psycopg.Connection):
        for verb in ("UPDATE issued_mark SET issued_at = now()", "DELETE FROM issued_mark"):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                behind.execute(verb)
