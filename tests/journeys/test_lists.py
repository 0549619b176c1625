"""Lists: search, narrow, sort, keep the view, take it along as a workbook; long exports become jobs and files."""

import io

import openpyxl
from playwright.async_api import expect

from tests.journeys.colleagues import mark
from tests.journeys.people import OPERATOR, Visitor

EXPORT_SECONDS = 60  # less than a second on a free processor


def rows_of(workbook: bytes) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(workbook)).worksheets[0].iter_rows(values_only=True))


async def open_tool(one: Visitor, name: str) -> None:
    await one.page.locator("summary").filter(has_text=name).click()


class TestLists:
    async def test_are_searched_sorted_kept_and_found_again(self, visitor, take):
        view = f"阪神北の市町{mark()}"
        async with visitor() as one:
            page = one.page
            await one.sign_in(OPERATOR)
            await one.turn_to("団体")
            await page.get_by_role("searchbox").fill("町")
            await page.get_by_role("combobox", name="圏域").select_option(label="阪神北")
            await page.get_by_role("button", name="絞り込む").click()
            await expect(page.get_by_role("rowheader")).to_have_count(1)
            await expect(page.get_by_role("rowheader")).to_contain_text("猪名川町")
            await take(page, "list-narrowed")
            await page.get_by_role("searchbox").fill("")
            await page.get_by_role("button", name="絞り込む").click()
            await expect(page.get_by_role("rowheader")).not_to_have_count(1)
            await page.get_by_role("link", name="団体コード").click()
            await expect(page.locator("th[aria-sort=descending]")).to_contain_text("団体コード")
            await open_tool(one, "保存した条件")
            await page.get_by_label("いまの条件に付ける名前").fill(view)
            await take(page, "list-view")
            await one.press("この条件を保存する")
            await one.turn_to("団体")
            await open_tool(one, "保存した条件")
            await one.follow(view)
            await expect(page.get_by_role("combobox", name="圏域")).to_have_value("阪神北")
            await expect(page.get_by_role("row").filter(has_text="神戸市")).to_have_count(0)

    async def test_of_the_trail_go_into_a_workbook_as_they_are_narrowed(self, visitor, take):
        async with visitor() as one:
            page = one.page
            await one.sign_in(OPERATOR)
            await one.turn_to("操作記録")
            await page.get_by_role("combobox", name="操作").select_option(label="団体を登録")
            await page.get_by_role("button", name="絞り込む").click()
            await expect(page.get_by_role("link", name="条件をすべて外す").first).to_be_visible()
            await open_tool(one, "書き出す")
            await take(page, "list-export")
            name, workbook = await one.receive(page.get_by_role("link", name="Excel", exact=True))
            assert name.endswith(".xlsx")
            assert sum("団体を登録" in row for row in rows_of(workbook)) == 43


class TestLongExport:
    async def test_becomes_a_job_whose_file_says_until_when_it_is_kept(self, visitor, take):
        async with visitor() as one:
            page = one.page
            await one.sign_in(OPERATOR)
            await one.turn_to("操作記録")
            await ask_for_long_export(one)
            file = page.get_by_role("link", name="ファイルを受け取る")
            await expect(file).to_be_visible(timeout=EXPORT_SECONDS * 1000)
            await expect(one.saying("結果を受け取れるのは")).to_be_visible()
            await expect(page.get_by_role("button", name="処理を取り消す")).to_be_hidden()
            await take(page, "job-export")
            name, workbook = await one.receive(file)
            assert name.endswith(".xlsx")
            assert any("団体を登録" in row for row in rows_of(workbook))
            await one.follow("処理の一覧", inside=page.get_by_role("contentinfo"))
            await expect(page.get_by_role("rowheader", name="操作記録の書き出し").first).to_be_visible()
            await take(page, "jobs")
            await one.turn_to("ファイル")
            await expect(page.get_by_role("heading", name="使っている容量")).to_be_visible()
            await take(page, "files")


async def ask_for_long_export(one: Visitor) -> None:
    """Sends what the page's button sends above 5,000 rows, which no list of the demonstration has."""
    token = await one.page.locator("input[name=csrf_token]").first.get_attribute("value")
    fields = {"csrf_token": token or "", "list": "audit", "query": "", "export": "xlsx"}
    answer = await one.page.request.post(
        f"{one.url}/exports", form={**fields, "idempotency_key": f"export-{token}"[:40]}
    )
    await one.page.goto(answer.url)
