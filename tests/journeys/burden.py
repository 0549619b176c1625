"""One burden that several journeys look at: prepared and approved, objected to, changed and approved again."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pypdfium2
import pytest
from playwright.async_api import expect

from services.assembly.demo_world import municipalities
from tenants.calendar import japanese_date
from tests.journeys.colleagues import mark
from tests.journeys.people import FINANCE_A, FINANCE_B, INAGAWA, Visitor
from tests.journeys.pictures import TALLEST
from tests.journeys.programs import (
    MAIN_COST,
    Look,
    Plan,
    approve,
    as_copied_from_excel,
    check_population,
    compute,
    set_up,
    text_of,
    wait_for_papers,
)
from tests.journeys.year import (
    TODAY,
    add_evidence,
    change_cost,
    check_values,
    plan_year,
    set_collection,
    statement_of,
    submit,
    wait_for_notices,
)

TITLE = f"水道情報の共同整備(第3期){mark()}"
TOWN, OTHER = "猪名川町", "神戸市"
MEMBERS = tuple(one for one in municipalities() if one.region == "阪神北" or one.name == OTHER)
DUES = (TODAY - timedelta(days=20), TODAY + timedelta(days=30))
"""The first has passed, so that it may be late; the second is the next to come, which takes every difference."""
TALL = 2000  # pixels: whatever is to be done on a long page, or drawn on it, stands below its table
OVERRIDE = "神戸市の値は、公表資料の訂正が届きしだい確認します。"
QUESTION = "協定書の見込みでは、本町の割合はもっと小さいはずです。人口の値を確かめてください。"
ANSWER = "令和5年12月1日現在の推計人口を使っています。割合は協定のとおりです。"
REASON = "設計変更により、画像解析の契約額が増えたため"
NEW_AMOUNT = "54,500,000"


@dataclass(frozen=True, slots=True)
class Burden:
    """A program, its latest run and the town's statement of it."""

    program: str
    run: str
    statement: str
    invoice_yen: int


@dataclass(frozen=True, slots=True)
class Final:
    """The run that changed the burden, the one before it, and what its officers read on the way."""

    before: Burden
    now: Burden
    proposed: str
    """What the program's page says once a cost has changed."""
    blocked: str
    """What the run's page says while the town's objection stands."""


@pytest.fixture(scope="session")
def look(take) -> Look:
    """Takes a picture of whatever somebody sees."""

    async def looked(one: Visitor, name: str) -> None:
        await take(one.page, name, tallest=TALL if name.startswith(("run-", "scenario-", "payments-late")) else TALLEST)

    return looked


@pytest.fixture(scope="session")
async def notified(visitor, look: Look) -> AsyncIterator[Burden]:
    """The program set up, checked, planned, computed and approved, although one value is not checked yet."""
    plan = Plan(
        TITLE,
        japanese_date(DUES[0]),
        [one.name for one in MEMBERS],
        "神戸市(281000)",
        as_copied_from_excel(MEMBERS),
        description="一年の流れを示す見本です(金額は見本)。",
        instalments=len(DUES),
    )
    async with visitor() as preparer, visitor() as approver, visitor() as town:
        await preparer.sign_in(FINANCE_A)
        program = await set_up(preparer, plan)
        await add_evidence(preparer, program, a_paper())
        await approver.sign_in(FINANCE_B)
        await check_values(approver, program, but=OTHER, look=look)
        await plan_year(preparer, program, DUES, look)
        await set_collection(preparer, program, look)
        run = await compute(preparer, program)
        await submit(preparer, run)
        await approver.go(run)
        await look(approver, "run-override")
        await approver.press("承認する")
        await expect(approver.page.locator("#error-summary")).to_be_visible()  # no reason, no approval
        await approver.page.get_by_label("それでも承認する理由").fill(OVERRIDE)
        await approve(approver)
        await wait_for_papers(approver, len(MEMBERS))
        await wait_for_notices(approver, run)
        await look(approver, "notices-issued")
        await town.sign_in(INAGAWA)
        yield Burden(program, run, *await statement_of(town, TITLE))


@pytest.fixture(scope="session")
async def objected(notified: Burden, visitor, look: Look) -> str:
    """The town's objection to its share of the main cost; returns its path."""
    async with visitor() as one:
        await one.sign_in(INAGAWA)
        await one.go(notified.statement)
        row = one.page.locator("#disputes").get_by_role("row").filter(has_text=MAIN_COST)
        await row.get_by_role("link").click()
        await one.page.get_by_role("radio", name="異議").check()
        await one.page.get_by_label("内容").fill(QUESTION)
        await look(one, "dispute-new")
        await one.press("県に送る")
        await expect(one.saying("県に送りました。")).to_be_visible()
        return one.page.url.removeprefix(one.url).split("?")[0]


@pytest.fixture(scope="session")
async def changed(notified: Burden, objected: str, visitor, look: Look) -> AsyncIterator[Final]:
    """A cost rises: a run is proposed, held up by the objection, and approved once that is answered."""
    async with visitor() as preparer, visitor() as approver, visitor() as town:
        await preparer.sign_in(FINANCE_A)
        await change_cost(preparer, notified.program, MAIN_COST, NEW_AMOUNT)
        await preparer.go(notified.program)
        await look(preparer, "run-proposed")
        proposed = await text_of(preparer)
        await approver.sign_in(FINANCE_B)
        await check_population(approver, notified.program)
        run = await compute(preparer, notified.program, stage="確定", reason=REASON)
        await submit(preparer, run)
        await approver.go(run)
        await look(approver, "run-blocked")
        blocked = await text_of(approver)
        await answer(preparer, objected, look)
        await approver.go(run)
        await approve(approver)
        await wait_for_papers(approver, len(MEMBERS))
        await wait_for_notices(approver, run)
        await town.sign_in(INAGAWA)
        yield Final(notified, Burden(notified.program, run, *await statement_of(town, TITLE)), proposed, blocked)


async def answer(one: Visitor, dispute: str, look: Look) -> None:
    """The prefecture answers and closes the objection."""
    await one.go(dispute)
    await one.page.get_by_role("radio", name="変更なし").check()
    await one.page.get_by_label("回答", exact=False).last.fill(ANSWER)
    await look(one, "dispute-answer")
    await one.press("回答して終了する")
    await expect(one.saying("照会・異議を終了しました。")).to_be_visible()


def a_paper() -> bytes:
    """A PDF of one empty page."""
    kept = io.BytesIO()
    with pypdfium2.PdfDocument.new() as document:
        document.new_page(595, 842)  # A4 in points
        document.save(kept)
    return kept.getvalue()


def words_of(paper: bytes) -> str:
    """All text of a PDF."""
    with pypdfium2.PdfDocument(paper) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
