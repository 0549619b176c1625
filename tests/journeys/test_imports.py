"""A list of newcomers as a section keeps it: sent, its columns matched, looked at, taken over, returned, undone."""

import io

import openpyxl
from playwright.async_api import FilePayload, expect

from tests.journeys.people import Visitor

ADMINISTRATOR = "admin@inagawa.example.jp"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHECK_SECONDS = 60  # about a second on a free processor
SHEET = (
    ("令和9年度 新しい利用者(上下水道課)",),
    ("番号", "担当者の名", "連絡用アドレス", "結での役割"),
    (1, "水道担当D", "suido-d@inagawa.example.jp", "市町 担当者"),
    (2, "水道担当E", "suido-e@inagawa.example.jp", "市町 財政担当"),
    (3, "水道担当F", "suido-f＠inagawa", "係長"),
)
"""A heading above, headings nobody foresaw, and a last line that is wrong twice."""


def workbook() -> FilePayload:
    book = openpyxl.Workbook()
    for row in SHEET:
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    return {"name": "suido.xlsx", "mimeType": XLSX, "buffer": out.getvalue()}


async def send(one: Visitor, take) -> None:
    await one.turn_to("取り込み")
    await take(one.page, "imports")
    await one.page.get_by_role("link", name="利用者を取り込む").click()
    await one.page.get_by_label("表のファイル").set_input_files(workbook())
    await take(one.page, "import-new")
    await one.press("送って確かめる")


async def match_columns(one: Visitor, take) -> None:
    page = one.page
    button = page.get_by_role("button", name="この対応で確かめる")
    await expect(button).to_be_visible(timeout=CHECK_SECONDS * 1000)
    for field, heading in (("氏名", "担当者の名"), ("メールアドレス", "連絡用アドレス"), ("役割", "結での役割")):
        choices = page.get_by_label(field).first
        option = choices.locator("option", has_text=heading)
        await choices.select_option(value=await option.get_attribute("value"))
    await take(page, "import-columns", tallest=1200)
    await one.press("この対応で確かめる")


async def take_back(one: Visitor) -> dict[str, str]:
    """The wrong rows as a workbook: the words of its last row by heading."""
    link = one.page.get_by_role("link", name="誤りの行をExcelで受け取る(1行)")
    name, content = await one.receive(link)
    assert name.endswith(".xlsx")
    heads, *_, row = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    return {str(head): str(cell) for head, cell in zip(heads, row, strict=True)}


class TestImportOfPeople:
    async def test_is_matched_checked_applied_returned_and_undone(self, visitor, take):
        async with visitor() as one:
            page = one.page
            await one.sign_in(ADMINISTRATOR)
            await send(one, take)
            await match_columns(one, take)
            button = page.get_by_role("button", name="2行を取り込む")
            await expect(button).to_be_visible(timeout=CHECK_SECONDS * 1000)
            await expect(one.saying("ファイルの 5行すべての行き先が決まっています(検算一致)。")).to_be_visible()
            await take(page, "import-checked", tallest=1300)
            returned = await take_back(one)
            assert returned["担当者の名"] == "水道担当F"
            assert "メールアドレス" in returned["直すところ"]
            await one.press("2行を取り込む")
            await expect(one.saying("新規 2行、変更 0行を取り込みました")).to_be_visible(timeout=CHECK_SECONDS * 1000)
            await take(page, "import-applied", tallest=1500)
            await page.get_by_label("取り消す理由").fill("配属の見直し")
            await one.press("取り込みを取り消す")
            await expect(one.saying("この取り込みは取り消されています")).to_be_visible(timeout=CHECK_SECONDS * 1000)
            await one.go("/people/invitations")
            await expect(one.saying("水道担当D")).to_have_count(0)
