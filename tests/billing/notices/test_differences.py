"""差額調書: every member before and now, item by item, adding up; live in the workbook, whole on paper."""

import io
import re
import zipfile
from typing import Any

import openpyxl
import psycopg
import pytest
from pypdf import PdfReader

from billing.notices.differences.paper import difference_pdf
from billing.notices.differences.rules import DifferenceReport, MemberDifference, member_differences
from billing.notices.differences.workbook import difference_xlsx
from tenants.context import Role
from tests.billing.notices.conftest import TODAY, Approve, Decide
from tests.billing.statements.recalculating import recalculated
from tests.factories.browsers import new_browser
from tests.factories.programs import found_calculable, found_cost
from tests.factories.worlds import World

EVIL = '=1+1&"<b>"'


def content(code: str, invoice: int, *shares: int, grant: int = 0, **more: Any) -> dict[str, Any]:
    """A statement's frozen content: costs, one grant, and an invoice."""
    return {
        "code": code,
        "name": f"団体{code}",
        "invoice_yen": invoice,
        "gross_yen": sum(shares),
        "burden_yen": sum(shares) - grant,
        "lines": [{"cost_id": f"c{at}", "name": f"経費{at}", "share_yen": yen} for at, yen in enumerate(shares)],
        "grants": [{"id": "g1", "name": "交付金", "amount_yen": grant}],
        "total": None,
        **more,
    }


def report(members: tuple[MemberDifference, ...]) -> DifferenceReport:
    return DifferenceReport(EVIL, 2026, "確定(第2回)", "R8-1-2", "通知(第1回)", "R8-1-1", members)


def many() -> tuple[MemberDifference, ...]:
    """Forty-one members of which some pay more, some less, some the same, with hostile and long names."""
    now = {at: content(f"{at:06}", 1000 + at * 37, 900, 100 + at * 37, reason=EVIL) for at in range(41)}
    before = {at: content(f"{at:06}", 1000 + at * 31, 1000 + at * 31) for at in range(3, 44)}
    before[5] |= {"name": "播磨高原広域事務組合水道事業及び下水道事業等共同処理企業団"}
    now[7] |= {"name": EVIL}
    return tuple(member_differences(now, before).values())


class TestMembers:
    def test_of_either_run_appear_with_items_that_add_up(self):
        for one in many():
            assert sum(item.now_yen for item in one.items) == one.now_yen
            assert sum(item.before_yen for item in one.items) == one.before_yen
        assert len(many()) == 44
        gone = many()[-1]
        assert (gone.now_yen, gone.word) == (0, "還付")

    def test_show_grants_rounding_and_whatever_else_moved_the_burden(self):
        now = {1: content("1", 600, 1000, grant=350)}
        before = {1: content("1", 500, 1000, grant=350, burden_yen=550)}
        [one] = member_differences(now, before).values()
        items = {item.name: (item.before_yen, item.now_yen) for item in one.items}
        assert items == {
            "経費0": (1000, 1000),
            "交付金(交付金)": (-350, -350),
            "負担金の端数処理": (-50, -50),
            "上限・下限などの調整": (-100, 0),
        }

    def test_rounded_on_the_total_show_the_total(self):
        total = content("1", 700, 0, gross_yen=700, burden_yen=700, total={"share_yen": 700})
        [one] = member_differences({1: total}, {}).values()
        assert [(item.name, item.now_yen) for item in one.items] == [("負担総額", 700)]


class TestWorkbook:
    def test_recomputes_to_the_same_yen_and_writes_no_text_as_formula(self, tmp_path: Any):
        written = difference_xlsx(report(many()), "兵庫県", "見本")
        cells = recalculated({"difference.xlsx": written}, tmp_path)["difference.xlsx"]
        shown = [[cells.get(("差額調書", f"{column}{row}")) for column in "CDEF"] for row in range(6, 6 + 45)]
        for row, one in zip(shown, many(), strict=False):
            assert row == [one.before_yen, one.now_yen, one.difference_yen, one.word]
        sums = [sum(one.before_yen for one in many()), sum(one.now_yen for one in many())]
        assert shown[-1] == [*sums, sums[1] - sums[0], "一致"]
        formulas = openpyxl.load_workbook(io.BytesIO(written))
        texts = {cell.value for sheet in formulas for row in sheet.iter_rows() for cell in row if cell.data_type == "f"}
        assert texts
        assert all(re.match(r"=(SUM|IF|[A-Z]+\d+-[A-Z]+\d+)", one) for one in texts)


class TestPaper:
    def test_holds_forty_one_members_and_their_items(self):
        pdf = difference_pdf(report(many()), "兵庫県", TODAY.date(), "見本")
        text = re.sub(r"\s", "", "".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf)).pages))
        for one in many():
            assert f"{one.now_yen:,}" in text
            assert re.sub(r"\s", "", one.name) in text


class TestARun:
    @pytest.fixture
    async def program(self, world: World, behind: psycopg.Connection) -> int:
        """A program of three members, due on a day."""
        number = await found_calculable(world)
        behind.execute("UPDATE program SET instalment_count = 1, due_date = '2026-12-25' WHERE id = %s", (number,))
        return number

    async def test_with_a_run_before_it_has_one_and_the_first_has_none(
        self, program: int, approve: Approve, decide: Decide, world: World, stored_app: Any
    ):
        await decide(program)
        first = await approve(program)
        direct = {"charge_kind": "member", "member_id": world.tenants["283011"]}
        await found_cost(world, program, "追加の確認", 5_000_000, **direct)
        second = await approve(program, "final")
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
            for kind in ("xlsx", "pdf"):
                assert (await one.get(f"/runs/{first}/difference/{kind}")).status_code == 404
                assert (await one.get(f"/runs/{second}/difference/{kind}")).status_code == 200
            assert (await one.get(f"/runs/{second}/difference/txt")).status_code == 404
            assert "差額調書(Excel)" in (await one.get(f"/runs/{second}/collection")).text
            book = openpyxl.load_workbook(io.BytesIO((await one.get(f"/runs/{second}/difference/xlsx")).content))
            assert "追加の確認" in {row[1].value for row in book["団体別の内訳"].iter_rows()}
            names = zipfile.ZipFile(io.BytesIO((await one.get(f"/runs/{second}/archive")).content)).namelist()
        assert sum("-difference." in name for name in names) == 2
        async with new_browser(stored_app, world.people["283011", Role.TOWN_FINANCE][1]) as town:
            link = re.search(r'href="(/statements/\d+)"', (await town.get("/statements")).text)
            assert link
            pdf = PdfReader(io.BytesIO((await town.get(link.group(1) + "/notice")).content))
            assert (await town.get(f"/runs/{second}/difference/pdf")).status_code == 403
        assert "差額の内訳" in pdf.pages[-1].extract_text()
        assert "追加の確認" in pdf.pages[-1].extract_text()
