"""Pages of transfers: the workbook, the differences, applying and undoing."""

import io
from typing import Any

import httpx
import openpyxl

from tenants.context import Role
from tenants.transfers.forms import COLUMNS
from tenants.transfers.pages import transfer_tasks
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World
from tests.tenants.people.people_cell import OTHER, TOWN, as_admin, today

ADMIN = (TOWN, Role.TOWN_ADMIN)


def _pasted(*lines: tuple[str, ...]) -> str:
    return "\n".join("\t".join(line) for line in (COLUMNS, *lines))


async def _send(browser: Browser, fields: dict[str, str], content: bytes) -> httpx.Response:
    """The form with a file, as a browser sends it."""
    data = {"csrf_token": await browser.csrf_token(), **fields}
    return await browser.client.post(
        "/transfers",
        data=data,
        files={"file": ("jinji.xlsx" if content else "", content, "application/octet-stream")},
        headers={"sec-fetch-site": "same-origin"},
    )


class TestWorkbook:
    async def test_sent_back_unchanged_changes_nothing(self, app: Any, world: World):
        async with new_browser(app, world.people[ADMIN][1]) as one:
            answer = await one.get("/transfers/workbook", params={"day": "令和9年4月1日"})
            assert answer.status_code == 200
            book = openpyxl.load_workbook(io.BytesIO(answer.content))
            sheet = book["異動"]
            assert len(sheet.data_validations.dataValidation) == 4
            lines = [tuple(str(cell or "") for cell in row) for row in sheet.iter_rows(values_only=True)]
            assert lines[0] == COLUMNS
            assert not any(OTHER in cell for line in lines for cell in line)
            rows = "\n".join("\t".join(line) for line in lines)
            fields = {"title": "見本", "effective_on": "2027-04-01"}
            for pasted, file in (({"rows": rows}, b""), ({}, answer.content)):
                sent = await _send(one, {**fields, **pasted}, file)
                assert sent.status_code == 303, sent.text
                page = await one.get(sent.headers["location"])
                assert "0人の異動を反映する" in page.text

    async def test_that_is_none_is_refused_at_the_field(self, app: Any, world: World):
        async with new_browser(app, world.people[ADMIN][1]) as one:
            fields = {"title": "見本", "effective_on": "2027-04-01"}
            for content in (b"PK\x03\x04 not a workbook", "氏名\n誰か\n".encode(), b"\x00" * 100):
                sent = await _send(one, fields, content)
                assert sent.status_code == 422
                assert 'id="error-file"' in sent.text

    async def test_for_a_day_nobody_can_read_is_refused(self, app: Any, world: World):
        async with new_browser(app, world.people[ADMIN][1]) as one:
            assert (await one.get("/transfers/workbook", params={"day": "来年"})).status_code == 422


class TestBatch:
    async def test_is_checked_applied_and_undone(self, app: Any, world: World):
        email = world.people[TOWN, Role.TOWN_STAFF][1]
        rows = _pasted(
            (email, "", "在籍", "市町 財政担当", "", "", "", "", ""),
            ("new@city.example.lg.jp", "新任 花子", "在籍", "市町 担当者", "", "", "", "", ""),
        )
        async with new_browser(app, world.people[ADMIN][1]) as one:
            assert (await one.get("/transfers")).status_code == 200
            assert (await one.get("/transfers/new")).status_code == 200
            fields = {"title": "春の異動", "effective_on": "R9.4.1", "rows": rows}
            place = (await one.post("/transfers", fields)).headers["location"].split("?")[0]
            page = await one.get(place)
            for text in ("2人の異動を反映する", "市町 財政担当を開始", "招待: 市町 担当者"):
                assert text in page.text
            async with as_admin(world) as context:
                (task,) = await transfer_tasks(context, today())
            assert (task.title, task.url) == ("人事異動を反映する: 春の異動", place)
            for kind in ("new", "change", "end", "same", "wrong", "%00"):
                assert (await one.get(f"{place}?kind={kind}")).status_code == 200
            assert (await one.post(f"{place}/checks", {"version": "1"})).status_code == 303
            assert (await one.post(f"{place}/application", {"version": "1"})).status_code == 409
            done = await one.post(f"{place}/application", {"version": "2"})
            assert done.headers["location"] == f"{place}?done=transfer-applied"
            assert (await one.post(f"{place}/reversal", {"reason": ""})).status_code == 422
            assert (await one.post(f"{place}/reversal", {"reason": "辞令の取り消し"})).status_code == 303
            assert "辞令の取り消し" in (await one.get(place)).text
            assert (await one.post(f"{place}/reversal", {"reason": "もう一度"})).status_code == 409

    async def test_with_wrong_lines_says_so_at_each_cell(self, app: Any, world: World):
        rows = _pasted(("no address", "", "左遷", "町長", "", "", "", "", ""))
        async with new_browser(app, world.people[ADMIN][1]) as one:
            fields = {"title": "春の異動", "effective_on": "2027-04-01", "rows": rows}
            place = (await one.post("/transfers", fields)).headers["location"]
            page = (await one.get(place)).text
            for text in (
                "メールアドレスの形が正しくありません",
                "この団体では使えない役割",
                "誤りのある行が1行あります",
            ):
                assert text in page
            assert "の異動を反映する</button>" not in page
            for wrong in (
                {**fields, "rows": "a\tb"},
                {**fields, "effective_on": "2020-01-01"},
                {**fields, "title": ""},
            ):
                assert (await one.post("/transfers", wrong)).status_code == 422

    async def test_gives_wrong_lines_back_with_a_reason_at_each_cell(self, app: Any, world: World):
        rows = _pasted(
            ("no address", "=1+1", "左遷", "町長", "", "", "", "", ""),
            ("new@city.example.lg.jp", "新任 花子", "在籍", "市町 担当者", "", "", "", "", ""),
        )
        async with new_browser(app, world.people[ADMIN][1]) as one:
            fields = {"title": "春の異動", "effective_on": "2027-04-01", "rows": rows}
            place = (await one.post("/transfers", fields)).headers["location"].split("?")[0]
            assert f'href="{place}/rejected"' in (await one.get(place)).text
            file = await one.get(f"{place}/rejected")
            sheet = openpyxl.load_workbook(io.BytesIO(file.content)).active
            heads, wrong = list(sheet.iter_rows())
            assert [cell.value for cell in heads] == ["元の行番号", *COLUMNS, "直すところ"]
            assert [cell.value for cell in wrong[:5]] == [2, "no address", "=1+1", "左遷", "町長"]
            assert wrong[2].data_type == "s"
            assert [cell.column for cell in wrong if cell.fill.fgColor.rgb == "00FDEEEE"] == [2, 4, 5]
            for reason in (
                "メールアドレス: メールアドレスの形が",
                "異動: 「在籍」",
                "役割1: この団体では使えない役割です",
            ):
                assert reason in wrong[-1].value
            fields["rows"] = rows.replace("no address", "one@city.example.lg.jp").replace("左遷", "在籍")
            fields["rows"] = fields["rows"].replace("町長", "市町 担当者")
            mended = (await one.post("/transfers", fields)).headers["location"].split("?")[0]
            assert "/rejected" not in (await one.get(mended)).text
            assert (await one.get(f"{mended}/rejected")).status_code == 404
        async with new_browser(app, world.people["283011", Role.TOWN_ADMIN][1]) as other:
            assert (await other.get(f"{place}/rejected")).status_code == 404

    async def test_is_for_administrators(self, app: Any, world: World):
        async with new_browser(app, world.people[TOWN, Role.TOWN_STAFF][1]) as one:
            for path in ("/transfers", "/transfers/new", "/transfers/1", "/transfers/workbook"):
                assert (await one.get(path)).status_code == 403
