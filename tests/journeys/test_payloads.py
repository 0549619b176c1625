"""121 payloads in every text field, seen in Chromium, workbooks, CSV, PDF and mail: text everywhere, run nowhere."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import openpyxl
import pypdfium2
import pytest
from playwright.async_api import Browser, Page, Route

from billing.programs.listed import PROGRAMS
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.mail.delivery import Envelope, MailServer, message_bytes
from tenants.mail.rules import LONGEST_SUBJECT, Text
from tests.factories.browsers import running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.workers import storage_of, storage_settings
from tests.factories.worlds import World
from tests.journeys.hostile_world import LONGEST_NAME, LONGEST_UNIT, HostileCell, found_hostile_cell, issued_template
from tests.walls.asgi import HOST, Client
from tests.walls.field import signed_in
from tests.walls.payloads import PAYLOADS
from tests.walls.scorecard import tell

TOWN = "283011"
# Before any script of a page: whatever runs, is blocked or appears shows afterwards.
WATCH = """
window.yuiReports = [];
document.addEventListener("securitypolicyviolation", (one) => window.yuiReports.push(one.violatedDirective));
window.yuiHit = (number) => window.yuiReports.push(`ran ${number}`);
"""
# What happened, elements the product never makes, and attributes that run something.
LOOK = """() => {
  const strange = [...document.querySelectorAll("body *")].filter((one) =>
    /^(script|iframe|object|embed|applet|base|link|style|math|video|audio|marquee|template|noscript|xmp)$/i.test(one.localName)
    || [...one.attributes].some((held) => /^on/i.test(held.name) || held.name === "style" || held.name === "srcdoc")
    || /^(javascript|data|vbscript):/i.test(one.getAttribute("href") || "")
    || /evil/.test(one.getAttribute("src") || one.getAttribute("href") || ""));
  return [...window.yuiReports, ...strange.map((one) => one.outerHTML.slice(0, 120))];
}"""
TEXT = "() => document.body.textContent + [...document.querySelectorAll('input')].map((one) => one.value).join('\\n')"


@dataclass
class Watcher:
    """One person's Chromium on the application in this process; ``seen`` is all that happened by itself."""

    page: Page
    client: Client
    looks: int = 0
    seen: list[str] = field(default_factory=list)

    async def text_of(self, path: str) -> str:
        """Opens a page and returns what stands in it; notes what happened by itself."""
        answer = await self.page.goto(f"http://{HOST}{path}", wait_until="domcontentloaded")
        assert answer is not None
        assert answer.status == 200, path
        self.looks += 1
        self.seen += [f"{path}: {one}" for one in await self.page.evaluate(LOOK)]
        return str(await self.page.evaluate(TEXT))

    async def texts_of(self, path: str) -> str:
        """All pages of a list."""
        whole, following = "", path
        while following:
            whole += await self.text_of(following)
            link = self.page.locator(".pager a[rel=next]").first
            following = str(await link.get_attribute("href")) if await link.count() else ""
        return whole

    async def file(self, path: str) -> bytes:
        """A file of the product."""
        answer = await self.client.send("GET", path)
        assert answer.status == 200, (path, answer.status)
        return answer.body


@asynccontextmanager
async def watching(chrome: Browser, app: Any, email: str) -> AsyncIterator[Watcher]:
    """A fresh browser whose every request the application answers directly."""
    client = await signed_in(app, email)
    context = await chrome.new_context(locale="ja-JP")
    await context.add_init_script(WATCH)
    page = await context.new_page()
    watcher = Watcher(page, client)

    async def answered(route: Route) -> None:
        request = route.request
        if not request.url.startswith(f"http://{HOST}/"):
            watcher.seen.append(f"asked elsewhere: {request.url}")
            await route.abort()
        elif "/static/" in request.url:
            await route.fulfill(status=200, body="", content_type="text/css")  # the pages' own look does not matter
        else:
            answer = await client.send("GET", request.url.removeprefix(f"http://{HOST}"))
            await route.fulfill(status=answer.status, headers=dict(answer.headers), body=answer.body)

    await context.route("**/*", answered)
    page.on("dialog", lambda dialog: watcher.seen.append(f"dialog: {dialog.message}"))
    try:
        yield watcher
    finally:
        await context.close()


@dataclass(frozen=True)
class Running:
    """The application with the payloads in it."""

    app: Any
    cell: HostileCell
    world: World


@pytest.fixture
async def hostile(world: World, database: ClonedDatabase, bucket: Any) -> AsyncIterator[Running]:
    """Every text is a payload."""
    cell = await found_hostile_cell(world, storage_of(bucket), PROGRAMS, issued_template())
    async with running_app(settings_for(database, **storage_settings(bucket))) as app:
        yield Running(app, cell, world)


def _squeezed(text: str) -> str:
    """Without spaces, line ends and what paper puts where it breaks a line."""
    return "".join(text.replace("\ufffe", "").replace("\u00ad", "").split())


def _broken_over_pages(payload: str, text: str) -> bool:
    """Whether its beginning and its end stand in the text, with the foot and the head of pages between them."""
    whole, squeezed = _squeezed(payload), _squeezed(text)
    return any(whole[:cut] in squeezed and whole[cut:] in squeezed for cut in range(8, len(whole) - 7))


def missing(text: str, cut: int | None = None) -> list[str]:
    """The payloads that do not stand in the text; line ends and spaces may differ."""
    squeezed = _squeezed(text)
    return [one for one in PAYLOADS if "".join(one[:cut].split()) not in squeezed]


async def on_pages(hostile: Running, chrome: Browser) -> int:
    """The pages of the prefecture and of the town; returns how many were looked at."""
    people, cell = hostile.world.people, hostile.cell
    full, looks = f"/programs/{cell.full_id}", 0
    async with watching(chrome, hostile.app, people["280003", Role.PREFECTURE_FINANCE][1]) as one:
        for path in ("/programs", f"{full}/bases", f"{full}/keys", f"{full}/costs", "/tenants"):
            text = await one.texts_of(path)
            assert missing(text, LONGEST_NAME if path.endswith(("/tenants", "/bases", "/keys")) else None) == [], path
        assert missing(await one.text_of(f"{full}/bases"), LONGEST_UNIT) == []
        for program_id, text in zip(cell.program_ids, PAYLOADS, strict=True):
            assert text in await one.text_of(f"/programs/{program_id}/edit")
        for path in (
            full,
            f"/programs/{cell.program_ids[7]}",
            f"{full}/grants",
            f"{full}/members",
            f"{full}/costs/new",
        ):
            await one.text_of(path)
        for path in (f"/runs/{cell.run_id}", f"/runs/{cell.run_id}/members/{TOWN}", f"{full}/runs", "/"):
            await one.text_of(path)
        assert one.seen == []
        looks += one.looks
    for role, paths in (
        (Role.TOWN_FINANCE, ("/notices", "/statements", "/")),
        (Role.TOWN_ADMIN, ("/people", "/audit", "/me")),
    ):
        async with watching(chrome, hostile.app, people[TOWN, role][1]) as one:
            for path in paths:
                text = await one.texts_of(path)
                assert path != "/notices" or missing(text) == [], path
                assert path != "/people" or missing(text, LONGEST_NAME) == [], path
            assert one.seen == []
            looks += one.looks
    async with watching(chrome, hostile.app, people["280003", Role.PREFECTURE_ADMIN][1]) as one:
        assert missing(await one.texts_of("/audit"), LONGEST_NAME) == []
        assert one.seen == []
        looks += one.looks
    return looks


class TestPayloads:
    async def test_run_nowhere_and_are_missing_nowhere(self, hostile: Running, chrome: Browser):
        looks = await on_pages(hostile, chrome)
        files = await in_files(hostile)
        mails = await in_mails(hostile)
        tell("payloads", payloads=len(PAYLOADS), pages=looks, files=files, mails=mails, executed=0, missing=0)
        assert len(PAYLOADS) >= 120

    def test_are_all_different(self):
        assert len(set(PAYLOADS)) == len(PAYLOADS)
        assert all(one.isprintable() and len(one) <= 100 for one in PAYLOADS)


async def in_files(hostile: Running) -> int:
    """Workbooks, CSV and paper: cells are text, nothing is a formula or a link; returns how many were read."""
    client = await signed_in(hostile.app, hostile.world.people["280003", Role.PREFECTURE_FINANCE][1])
    town = await signed_in(hostile.app, hostile.world.people[TOWN, Role.TOWN_FINANCE][1])
    statement = await _statement_of(hostile)
    for asked, path in (
        (client, "/programs?export=xlsx"),
        (client, "/tenants?export=xlsx"),
        (town, f"/statements/{statement}/xlsx"),
    ):
        answer = await asked.send("GET", path)
        assert answer.status == 200, path
        book = openpyxl.load_workbook(io.BytesIO(answer.body))
        cells = [
            cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None
        ]
        texts = [str(cell.value) for cell in cells if cell.data_type == "s"]
        assert missing("\n".join(texts), LONGEST_NAME if path.startswith("/tenants") else None) == [], path
        assert not [cell.value for cell in cells if cell.hyperlink is not None], path
        formulas = [str(cell.value) for cell in cells if cell.data_type == "f"]
        assert not [one for one in formulas if "yuiHit" in one or "evil" in one or "cmd" in one], path
    for kind, encoding in (("csv", "utf-8-sig"), ("csv-utf8", "utf-8")):
        answer = await client.send("GET", f"/programs?export={kind}")
        assert answer.status == 200, kind
        assert answer.header("content-type").startswith("text/csv"), kind
        written = [cell for row in csv.reader(io.StringIO(answer.body.decode(encoding))) for cell in row]
        assert missing("\n".join(written)) == [], kind
        assert not [one for one in written if one.startswith(("=", "@", "+", "-"))], kind
    paper = await town.send("GET", f"/statements/{statement}/pdf")
    with pypdfium2.PdfDocument(paper.body) as document:
        text = "".join(page.get_textpage().get_text_range() for page in document)
        assert b"/JavaScript" not in paper.body
        assert b"/URI" not in paper.body
    drawable = {one for one in PAYLOADS if one.isascii()}  # the font draws no long s
    assert not [one for one in drawable & set(missing(text)) if not _broken_over_pages(one, text)]
    return 6  # three workbooks, two tables, one paper


async def _statement_of(hostile: Running) -> int:
    town = hostile.world.tenants[TOWN]
    async with open_door(hostile.world.pool, Scope.TOWN, town, read_only=True) as door:
        rows = await door.execute("SELECT max(id) AS id FROM statement WHERE tenant_id = $1", (town,))
    return int(rows[0]["id"])


async def in_mails(hostile: Running) -> int:
    """Mails are plain text with the headers we gave them; returns how many were read."""
    server = MailServer("127.0.0.1", 25, "none", "", "", "yui@pref.example.jp", "https://yui.example.jp")
    async with open_door(hostile.world.pool, Scope.JOBS, read_only=True) as door:
        rows = await door.execute("SELECT subject, body, address FROM mail ORDER BY id")
    read = 0
    for row in rows:
        envelope = Envelope(row["address"], Text(row["subject"], row["body"]), "/", "1", datetime.now(UTC))
        message = message_from_bytes(message_bytes(server, envelope), policy=policy.default)
        assert message.get_content_type() == "text/plain"
        assert set(message.keys()) <= {
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "Content-Type",
            "Content-Transfer-Encoding",
            "MIME-Version",
        }
        assert message["Subject"] == row["subject"]
        assert len(row["subject"]) <= LONGEST_SUBJECT
        read += 1
    assert missing("\n".join(row["body"] for row in rows)) == []
    return read
