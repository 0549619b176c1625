"""Names that try to be programs: what a prefecture types reaches towns as text, on pages, in workbooks, on paper."""

import io

import openpyxl
import pypdfium2
from playwright.async_api import expect

from tests.journeys.people import FINANCE_A, FINANCE_B, KAMIKAWA
from tests.journeys.programs import Plan, approve, compute, set_up, wait_for_papers

TITLE = "<script>alert(1)</script>&amp;事業"
WORDS = '"><img src=x onerror=alert(2)>{{ 7*7 }}'
GRANT = "=1+1'><svg onload=alert(3)>"
PLAN = Plan(
    title=TITLE,
    due_date="令和9年3月26日",
    members=("神戸市", "神河町"),
    direct_member="神戸市(281000)",
    grant=GRANT,
    description=WORDS,
)
QUESTIONS = ["承認すると金額は変更できません。承認しますか。"]


class TestHostileName:
    async def test_stands_as_text_wherever_people_read_it(self, visitor):
        async with visitor() as one, visitor() as other, visitor() as town:
            await one.sign_in(FINANCE_A)
            program = await set_up(one, PLAN)
            await one.go(program)
            await expect(one.saying(WORDS)).to_be_visible()
            run = await compute(one, program)
            await one.press("承認へ送る")
            await other.sign_in(FINANCE_B)
            await expect(other.page.get_by_role("heading", name=f"承認: {TITLE}")).to_be_visible()
            await other.go(run)
            await approve(other)
            await wait_for_papers(other, 2)
            await town.sign_in(KAMIKAWA)
            await town.follow("負担金")
            await town.page.get_by_role("link", name=TITLE, exact=True).first.click()  # the newest
            await expect(town.page.get_by_role("heading", level=1)).to_contain_text(TITLE)
            await expect(town.saying(GRANT)).to_be_visible()
            _, workbook = await town.receive(town.page.get_by_role("link", name="Excel"))
            _, paper = await town.receive(town.page.get_by_role("link", name="PDF"))
            assert one.questions + town.questions == []
            assert other.questions == QUESTIONS
        cells = [
            cell for row in openpyxl.load_workbook(io.BytesIO(workbook)).worksheets[0] for cell in row if cell.value
        ]
        assert [cell for cell in cells if cell.data_type == "s" and TITLE in cell.value]
        assert [cell for cell in cells if cell.data_type == "s" and GRANT in cell.value]
        with pypdfium2.PdfDocument(paper) as document:
            assert TITLE in document[0].get_textpage().get_text_range()
