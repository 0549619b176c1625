"""April: an administrator takes the workbook, changes lines in Excel, sees the differences, applies and undoes them."""

import io

import openpyxl
from playwright.async_api import FilePayload, expect

from tests.journeys.people import KOBE_ADMIN, Visitor

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STAFF, FINANCE = "staff@kobe.example.jp", "finance@kobe.example.jp"
NEWCOMER = ("suido-c@kobe.example.jp", "水道担当C", "在籍", "市町 担当者")


def changed(workbook: bytes, *, wrong: bool) -> FilePayload:
    """The workbook as it comes back in March: one moves to finance, one leaves, one is new."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    sheet = book["異動"]
    heads = [cell.value for cell in sheet[1]]
    lines = {row[0].value: row for row in sheet.iter_rows(min_row=2) if row[0].value}
    lines[STAFF][heads.index("役割1")].value = "市町 財政係" if wrong else "市町 財政担当"
    lines[FINANCE][heads.index("異動")].value = "転出・退職"
    lines[FINANCE][heads.index("引き継ぐ相手")].value = STAFF
    for column, text in enumerate(NEWCOMER, start=1):
        sheet.cell(len(lines) + 2, column, text)
    out = io.BytesIO()
    book.save(out)
    return {"name": "jinji.xlsx", "mimeType": XLSX, "buffer": out.getvalue()}


async def send(one: Visitor, file: FilePayload) -> None:
    await one.go("/transfers/new")
    await one.page.get_by_label("異動の表").set_input_files(file)
    await one.press("違いを確かめる")


class TestTransfersOfApril:
    async def test_are_checked_applied_and_undone_as_one(self, visitor, take):
        async with visitor() as one:
            page = one.page
            await one.sign_in(KOBE_ADMIN)
            await one.turn_to("利用者")
            await one.follow("人事異動")
            await take(page, "transfers")
            name, workbook = await one.receive(page.get_by_role("button", name="いまの利用者の表をダウンロードする"))
            assert name.startswith("jinji-")
            await one.follow("異動の表を送る")
            await take(page, "transfer-new")
            await send(one, changed(workbook, wrong=True))
            await expect(one.saying("誤りのある行が1行あります。")).to_be_visible()
            await expect(page.get_by_role("button", name="異動を反映する")).to_have_count(0)
            await take(page, "transfer-wrong", tallest=1300)
            await send(one, changed(workbook, wrong=False))
            await expect(one.row("担当者・神戸")).to_contain_text("市町 財政担当を開始")
            await expect(one.row("財政・神戸")).to_contain_text(STAFF)
            await expect(one.row(NEWCOMER[1])).to_contain_text("招待: 市町 担当者")
            await take(page, "transfer-differences", tallest=1300)
            await one.press("3人の異動を反映する")
            await expect(one.saying("人事異動を反映しました。")).to_be_visible()
            await expect_invited(one, NEWCOMER[1], invited=True)
            await page.go_back()
            await undo(one, take)
            await expect_invited(one, NEWCOMER[1], invited=False)


async def undo(one: Visitor, take) -> None:
    await one.page.get_by_label("理由").fill("内示の取り消し")
    await take(one.page, "transfer-applied", tallest=1500)
    await one.press("まとめて取り消す")
    await expect(one.saying("人事異動をまとめて取り消しました。")).to_be_visible()


async def expect_invited(one: Visitor, name: str, *, invited: bool) -> None:
    await one.go("/people/invitations")
    await expect(one.page.get_by_role("heading", level=1, name="返事待ちの招待")).to_be_visible()
    await expect(one.row(name)).to_have_count(int(invited))
