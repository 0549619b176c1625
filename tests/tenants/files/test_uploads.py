"""Uploads: looked at by a scanner that really speaks the protocol, and the letterhead that comes of them."""

import io
import uuid
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from tenants.context import Role, Scope
from tenants.database.transaction import Pool, open_door
from tenants.documents.pdf import Letterhead, html_of, render_pdf
from tenants.files.images import reencode
from tenants.files.letterhead.queries import mark_address, present_mark
from tenants.files.letterhead.rules import LIMITS
from tenants.files.policy import FilePolicy, follow_policy
from tenants.files.virus import ScannerAway, find_virus, is_awake, parse_address
from tenants.storage import Storage
from tests.factories.browsers import Browser, new_browser
from tests.factories.scanners import EICAR, scanning
from tests.factories.worlds import World
from tests.tenants.files.pictures import photograph, picture


class TestScanner:
    async def test_is_told_everything_in_chunks(self, tmp_path: Path):
        for path in ("", str(tmp_path / "clamd.sock")):
            async with scanning(path) as (address, scanner):
                assert await is_awake(address)
                assert await find_virus(address, b"x" * 200_000) == ""
                assert (sum(scanner.chunks), max(scanner.chunks)) == (200_000, 65_536)
                assert await find_virus(address, b"") == ""
                found = await find_virus(address, b"x" * 65_500 + EICAR)  # across the border of two chunks
                assert found == "Eicar-Test-Signature"

    @pytest.mark.parametrize("manner", ["silent", "strange", "small"])
    async def test_that_says_neither_yes_nor_no_has_not_looked(self, manner: str):
        async with scanning() as (address, scanner):
            scanner.manner = manner
            with pytest.raises(ScannerAway):
                await find_virus(address, b"x" * 500_000, seconds=0.3)

    async def test_that_is_away_has_not_looked(self):
        for address in ("tcp://127.0.0.1:1", "unix:///nowhere/clamd.sock"):
            assert not await is_awake(address)
            with pytest.raises(ScannerAway):
                await find_virus(address, b"x")

    @pytest.mark.parametrize("address", ["127.0.0.1:3310", "tcp://host", "unix://x/y", "http://host:1", "tcp://:1", ""])
    def test_has_an_address_of_two_kinds(self, address: str):
        with pytest.raises(ValueError, match="tcp://host:port"):
            parse_address(address)


async def send(one: Browser, content: bytes, name: str = "mark.png", key: str = "") -> Any:
    token = await one.csrf_token()
    return one._checked(
        await one.client.post(
            "/letterhead",
            data={"csrf_token": token, "idempotency_key": key or str(uuid.uuid4())},
            files={"file": (name, content, "image/png")},
            headers={"sec-fetch-site": "same-origin"},
        )
    )


@pytest.fixture
async def admin(world: World, stored_app: Any) -> AsyncIterator[Browser]:
    async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_ADMIN][1]) as one:
        yield one


class TestUploads:
    async def test_with_a_virus_are_refused_and_stand_in_the_trail(self, admin: Browser):
        async with scanning() as (address, _):
            follow_policy(FilePolicy(clamd_address=address))
            answer = await send(admin, picture() + EICAR, "悪い.png")
            assert answer.status_code == 422
            assert "ウイルスが見つかったため、受け取りませんでした(検出名 Eicar-Test-Signature)" in answer.text
            trail = (await admin.get("/audit")).text
            assert "ウイルスの見つかったファイルを拒否" in trail
            assert "悪い.png" in trail
            assert (await send(admin, picture())).status_code == 303
            assert "ファイルのウイルス検査" in (await admin.get("/status")).text

    async def test_wait_while_the_scanner_is_away(self, admin: Browser):
        follow_policy(FilePolicy(clamd_address="tcp://127.0.0.1:1"))
        answer = await send(admin, picture())
        assert answer.status_code == 409
        assert "ウイルス検査ができないため、受け取れません" in answer.text
        assert "まだ登録されていません" in (await admin.get("/letterhead")).text
        assert "受け取りを止めています" in (await admin.get("/status")).text

    async def test_without_a_scanner_are_taken_and_the_status_says_so(self, admin: Browser):
        assert (await send(admin, picture())).status_code == 303
        assert "設定されていません" in (await admin.get("/status")).text

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "中身が空です"),
            (b"<svg></svg>", "SVGは受け取れません"),
            (picture("JPEG")[:300], "途中で切れています"),
            (b"\x89PNG\r\n\x1a\n" + b"x" * 1_600_000, "大きすぎます"),
        ],
    )
    async def test_that_are_no_pictures_are_refused_at_the_field(self, admin: Browser, content: bytes, said: str):
        answer = await send(admin, content)
        assert answer.status_code == 422
        assert said in answer.text
        assert 'href="#field-file"' in answer.text

    async def test_sent_twice_count_once_and_under_the_same_number_are_nothing_else(self, admin: Browser, pool: Pool):
        key = str(uuid.uuid4())
        assert (await send(admin, picture(), key=key)).status_code == 303
        before = await _mark(pool)
        again = await send(admin, picture(), key=key)
        assert (again.status_code, again.headers["idempotency-replayed"]) == (303, "true")
        assert await _mark(pool) == before
        assert (await send(admin, photograph(), key=key)).status_code == 422
        assert (await send(admin, picture(), "other.png", key=key)).status_code == 422
        assert await _mark(pool) == before

    async def test_of_no_file_at_all_say_what_to_do(self, admin: Browser):
        answer = await admin.post("/letterhead", {"file": "text"})
        assert answer.status_code == 422
        assert "ファイルを選んでください" in answer.text


class TestLetterhead:
    async def test_is_put_replaced_and_removed(self, admin: Browser, pool: Pool, storage: Storage, world: World):
        assert (await send(admin, photograph())).status_code == 303
        first = await _mark(pool)
        shown = await admin.get("/letterhead/mark")
        assert shown.headers["content-type"] == "image/jpeg"
        assert b"Secret" not in shown.content
        assert "/letterhead/mark?" in (await admin.get("/letterhead")).text
        assert (await send(admin, picture("PNG", "RGBA"))).status_code == 303
        second = await _mark(pool)
        assert first is not None
        assert second is not None
        assert first.file_id != second.file_id
        assert (await admin.get(f"/files/{first.file_id}")).status_code == 410
        assert (await admin.get(f"/files/{second.file_id}")).status_code == 200
        assert (await admin.post("/letterhead/removal")).status_code == 303
        assert (await admin.post("/letterhead/removal")).status_code == 409
        assert await _mark(pool) is None
        assert (await admin.get("/letterhead/mark")).status_code == 404
        trail = (await admin.get("/audit")).text
        assert "県章・ロゴを登録" in trail
        assert "県章・ロゴを外す" in trail

    async def test_stands_on_papers(self, admin: Browser, pool: Pool, storage: Storage):
        red = io.BytesIO()
        Image.new("RGB", (300, 300), (200, 0, 0)).save(red, "PNG")
        assert (await send(admin, red.getvalue())).status_code == 303
        address = mark_address(storage, await _mark(pool))
        assert address.startswith("data:image/png;base64,")
        assert _reds(address) > 500
        assert _reds("") == 0

    async def test_of_the_worst_noise_still_fits_into_a_document(self):
        noise = io.BytesIO()
        tinted = Image.merge("RGBA", [Image.effect_noise((600, 600), 200) for _ in range(4)])
        tinted.save(noise, "PNG")
        clean = await reencode(noise.getvalue(), LIMITS)
        assert len(clean.content) * 4 / 3 < 1_000_000


async def _mark(pool: Pool) -> Any:
    async with open_door(pool, Scope.PREFECTURE, 1, read_only=True):
        return await present_mark()


def _reds(mark: str) -> int:
    """How many red points the first page of a paper with this mark has."""
    folder = Path(__file__).parent / "templates"
    head = Letterhead("兵庫県", "神戸市", "R8-1", date(2026, 11, 20), mark=mark)
    page = render_pdf(html_of("test_paper.html", folder, letterhead=head))
    drawn = pypdfium2.PdfDocument(page)[0].render(scale=1).to_pil().convert("RGB")
    red, green, blue = (band.tobytes() for band in drawn.split())
    return sum(r > 150 and g < 60 and b < 60 for r, g, b in zip(red, green, blue, strict=True))
