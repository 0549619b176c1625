"""Workbooks: text stays text, yen stays exact, formulas say what they compute, bytes are stable."""

import io
import re
import subprocess
import sys
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.documents.styles import Style
from tenants.documents.workbook import CELL_TEXT_LIMIT, LARGEST_EXACT, Formula, Workbook, cell_name


def one_text(value, **options):
    book = Workbook("見本")
    book.sheet("表", [30, 20], footer="見本").text(1, 1, value, **options)
    return book.to_bytes()


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def reread(data, **options):
    return openpyxl.load_workbook(io.BytesIO(data), **options).worksheets[0]


class TestText:
    def test_never_becomes_a_formula(self, formula_payloads):
        for payload in formula_payloads:
            data = one_text(payload)
            assert not re.search(rb"<f[ >/]", parts(data)["xl/worksheets/sheet1.xml"])
            cell = reread(data)["A1"]
            assert cell.data_type in ("s", "n"), payload  # n only for what is empty after cleaning

    def test_error_words_stay_words(self):
        for word in ("#N/A", "#REF!", "#DIV/0!"):
            sheet = parts(one_text(word))["xl/worksheets/sheet1.xml"]
            assert b't="e"' not in sheet
            assert b't="inlineStr"' in sheet

    def test_keeps_being_text_when_edited(self):
        assert b'quotePrefix="1"' in parts(one_text("=1+1"))["xl/styles.xml"]
        assert b'quotePrefix="1"' not in parts(one_text("猪名川町"))["xl/styles.xml"]

    @given(st.text(max_size=200))
    def test_any_text_gives_a_readable_workbook(self, value):
        cell = reread(one_text(value))["A1"]
        assert cell.value is None or cell.data_type == "s"

    def test_removes_what_a_workbook_cannot_hold(self):
        assert reread(one_text("猪\x00名\x1b川\ud800町\u202e\uffff"))["A1"].value == "猪名川町"

    def test_escapes_what_excel_would_decode(self):
        assert b"_x005F_x003D_" in parts(one_text("_x003D_1+1"))["xl/worksheets/sheet1.xml"]

    def test_says_that_it_was_shortened(self):
        value = reread(one_text("あ" * (CELL_TEXT_LIMIT + 1)))["A1"].value
        assert len(value) == CELL_TEXT_LIMIT
        assert value.endswith("…(以下省略)")

    def test_footer_codes_are_disarmed(self):
        book = Workbook("見本")
        book.sheet("表", [10], footer="A&P&D会").text(1, 1, "x")
        footer = reread(book.to_bytes()).oddFooter
        assert footer.left.text == " A&&P&&D会" or "A&&P&&D会" in footer.left.text


class TestFigures:
    @pytest.mark.parametrize("value", [1.0, True, "1", LARGEST_EXACT + 1, -LARGEST_EXACT - 1, Decimal(1), None])
    def test_refuses_yen_a_workbook_would_round(self, value):
        sheet = Workbook("見本").sheet("表", [10], footer="")
        with pytest.raises(ValueError, match="exact amount"):
            sheet.yen(1, 1, value)

    @given(st.integers(-LARGEST_EXACT, LARGEST_EXACT))
    def test_yen_reads_back(self, value):
        book = Workbook("見本")
        book.sheet("表", [10], footer="").yen(1, 1, value)
        cell = reread(book.to_bytes())["A1"]
        assert cell.value == value
        assert isinstance(cell.value, int)

    @pytest.mark.parametrize("value", [Decimal("0.1234567890123456"), Decimal("NaN"), Decimal("Infinity"), 10**15 + 1])
    def test_refuses_a_quantity_that_would_lose_digits(self, value):
        sheet = Workbook("見本").sheet("表", [10], footer="")
        with pytest.raises(ValueError, match="exact number"):
            sheet.number(1, 1, value)

    def test_shows_the_computed_value_without_a_recalculation(self):
        book = Workbook("見本")
        sheet = book.sheet("表", [10], footer="")
        sheet.yen(1, 1, 40)
        sheet.yen(2, 1, 2)
        sheet.formula(3, 1, Formula("SUM(A1:A2)"), value=42, style=Style.SUM_YEN)
        sheet.formula(4, 1, Formula('IF(A3<43,"一致","不一致")'), value="一致", style=Style.CHECK)
        data = book.to_bytes()
        live, shown = reread(data), reread(data, data_only=True)
        assert (live["A3"].value, shown["A3"].value) == ("=SUM(A1:A2)", 42)
        assert (live["A4"].value, shown["A4"].value) == ('=IF(A3<43,"一致","不一致")', "一致")

    def test_refuses_a_formula_written_past_the_builder(self):
        book = Workbook("見本")
        sheet = book.sheet("表", [10], footer="")
        sheet._sheet["A1"] = "=1+1"
        with pytest.raises(ValueError, match="past the builder"):
            book.to_bytes()


class TestBytes:
    def test_are_equal_across_processes_and_hash_seeds(self):
        script = (
            "import hashlib,sys; from tenants.documents.workbook import Workbook; b=Workbook('見本');"
            "s=b.sheet('表',[10,20],footer='f'); s.header(1,['甲','乙']); s.text(2,1,'=1'); s.yen(2,2,5);"
            "s.freeze(2); sys.stdout.write(hashlib.sha256(b.to_bytes()).hexdigest())"
        )
        digests = {
            subprocess.run(  # noqa: S603
                [sys.executable, "-c", script],
                env={"PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for seed in ("1", "2")
        }
        assert len(digests) == 1

    def test_name_no_person_and_no_machine(self):
        core = parts(one_text("x"))["docProps/core.xml"].decode()
        assert "<dc:creator>Yui</dc:creator>" in core
        assert "1980-01-01T00:00:00Z" in core
        assert "openpyxl" not in core

    def test_hold_no_macro_and_no_link(self):
        assert not [name for name in parts(one_text("x")) if "vba" in name.lower() or "external" in name.lower()]


def test_cell_names_count_from_one():
    assert cell_name(5, 2) == "B5"
    assert cell_name(5, 28, fixed=True) == "$AB$5"
