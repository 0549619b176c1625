"""Reading of sent files: what is read, what is refused with which code, and the walls around it."""

import io
from dataclasses import replace
from datetime import date, datetime

import openpyxl
import pytest

from tenants.imports.reading import DEFAULT, UnreadableFile, read_table
from tests.tenants.imports.workbook_bytes import parts_of, row_xml, workbook, zipped


def saved(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


async def cells_of(content: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in (await read_table(content, "x")).rows]


async def code_of(content: bytes) -> str:
    with pytest.raises(UnreadableFile) as refused:
        await read_table(content, "x")
    assert refused.value.fields["file"] == refused.value.message
    return refused.value.code


class TestWorkbooks:
    async def test_are_read_with_row_numbers_dates_numbers_and_codes(self):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "名簿"
        sheet.append(["氏名", "日付", "数", None, "真偽"])
        sheet["A4"] = "山田 太郎\n(兼)"
        sheet["B4"] = date(2024, 4, 1)
        sheet["C4"] = 0.1
        sheet["E4"] = True
        sheet["A5"], sheet["A5"].number_format = 10006, "000000"
        sheet["B5"] = datetime(2024, 4, 1, 9, 30)  # noqa: DTZ001  (a workbook knows no zones)
        sheet["C5"] = 123456789012345
        sheet["E5"] = 1e-7
        table = await read_table(saved(book), "名簿.xlsx")
        assert [(row.number, row.cells) for row in table.rows] == [
            (1, ("氏名", "日付", "数", "", "真偽")),
            (4, ("山田 太郎\n(兼)", "2024-04-01", "0.1", "", "TRUE")),
            (5, ("010006", "2024-04-01 09:30:00", "123456789012345", "", "0.0000001")),
        ]
        assert (table.format, table.encoding, table.sheet, table.width) == ("xlsx", "", "名簿", 5)

    async def test_tell_of_formulas_errors_other_sheets_and_the_old_mac_calendar(self):
        book = openpyxl.Workbook()
        book.active.append(["=1+1", "#REF!"])
        book.active.append(["x"])
        book.create_sheet("次")
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        table = await read_table(saved(book), "x.xlsx")
        told = "".join(table.remarks)
        assert "シートが2枚" in told
        assert "計算結果が保存されていない数式のセルが1個" in told
        assert "B1 #REF!" in told
        assert "1904年" in told

    async def test_that_lie_about_their_size_are_read_whole(self):
        table = await read_table(workbook([[f"行{n}"] for n in range(1, 510)], '<dimension ref="A1:A2"/>'), "x")
        assert len(table.rows) == 509
        assert "範囲が実際と違います" in "".join(table.remarks)

    @pytest.mark.parametrize(
        "rows",
        [
            row_xml(1, ["a"]) + row_xml(1, ["b"]),
            row_xml(2, ["a"]) + row_xml(1, ["b"]),
            '<row r="1"><c r="A2"><v>1</v></c></row>',
            '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
            '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
            '<row r="9999999"><c><v>1</v></c></row>',
        ],
    )
    async def test_with_rows_or_cells_twice_or_out_of_order_are_refused(self, rows):
        assert await code_of(zipped(parts_of(rows))) == "rows-out-of-order"

    async def test_with_entities_are_refused(self):
        parts = parts_of(row_xml(1, ["a"]))
        doctype = b'?><!DOCTYPE x [<!ENTITY a "aaaa">]>'
        for name in ("xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            bad = {**parts, name: parts[name].replace(b"?>", doctype, 1)}
            assert await code_of(zipped(bad)) == "forbidden-markup"

    @pytest.mark.parametrize(
        ("part", "code"),
        [
            ("xl/vbaProject.bin", "macro-workbook"),
            ("xl/workbook.bin", "binary-workbook"),
            ("mimetype", "other-spreadsheet"),
        ],
    )
    async def test_of_other_kinds_are_refused_by_content(self, part, code):
        assert await code_of(zipped({**parts_of(row_xml(1, ["a"])), part: b"x"})) == code

    async def test_old_and_encrypted_ones_are_refused(self):
        container = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600)
        assert await code_of(container) == "old-workbook"
        assert await code_of(container + "EncryptedPackage".encode("utf-16-le")) == "encrypted-workbook"

    async def test_an_archive_that_is_no_workbook_is_refused(self):
        assert await code_of(zipped({"a.txt": b"a"})) == "not-a-table"


class TestDelimitedText:
    @pytest.mark.parametrize(
        ("content", "encoding", "kind"),
        [
            ("氏名,年\n髙橋①,5\n".encode("cp932"), "cp932", "csv"),
            ("氏名;年\r\n髙橋①;5\r\n".encode("utf-8-sig"), "utf-8-bom", "csv-semicolon"),
            ("氏名\t年\n髙橋①\t5".encode(), "utf-8", "tsv"),
            ("氏名\t年\n髙橋①\t5".encode("utf-16"), "utf-16", "tsv"),
        ],
    )
    async def test_says_its_encoding_and_separator(self, content, encoding, kind):
        table = await read_table(content, "x.csv")
        assert [row.cells for row in table.rows] == [("氏名", "年"), ("髙橋①", "5")]
        assert (table.encoding, table.format) == (encoding, kind)

    async def test_numbers_rows_as_a_spreadsheet_does(self):
        table = await read_table('題\n\na,"2\r\n行",\nb,c,d\n'.encode(), "x")
        assert [(row.number, row.cells) for row in table.rows] == [
            (1, ("題",)),
            (3, ("a", "2\n行")),
            (4, ("b", "c", "d")),
        ]

    async def test_keeps_quotes_of_a_clipboard_as_letters(self):
        table = await read_table(b'a\tb\n"x"y\t5\n', "x")
        assert table.rows[1].cells == ('"x"y', "5")
        assert "二重引用符" in table.remarks[0]

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "empty-file"),
            (b" \n,,\n", "nothing-to-read"),
            (b"a,b\x00\n", "not-text"),
            (b"a,\xff\xfe\x80\n", "unknown-encoding"),
            (b'a,b\n"x,1\n', "bad-quotes"),
            (b"%PDF-1.7", "not-a-table"),
            (b" <html><table><tr><td>1", "not-a-table"),
            (b"," * 200 + b"a", "too-many-columns"),
            (b"a" * 32_768, "cell-too-long"),
        ],
    )
    async def test_is_refused_with_a_code(self, content, code):
        assert await code_of(content) == code


class TestLimits:
    async def test_too_many_rows_or_bytes_are_refused(self):
        small = replace(DEFAULT, bounds=replace(DEFAULT.bounds, rows=2))
        with pytest.raises(UnreadableFile, match="行が多すぎます"):
            await read_table(b"a\nb\nc\n", "x", small)
        with pytest.raises(UnreadableFile, match="大きすぎます"):
            await read_table(b"aaa", "x", replace(DEFAULT, bounds=replace(DEFAULT.bounds, content_bytes=2)))

    async def test_stand_between_the_child_and_the_network(self):
        assert (await read_table(b"a,b\n1,2\n", "x")).walls
