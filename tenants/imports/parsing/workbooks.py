"""xlsx workbooks: refused when hostile, else the first sheet as text, with its rows counted a second way."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tenants.imports.parsing.refusals import Refused
from tenants.imports.parsing.sheet_count import SheetCount, check_strings, count_sheet, refuse_markup
from tenants.imports.parsing.table import Bounds, Found, NumberedRow, bounded

_SMALL_PART = 1 << 20
"""Bytes of a part below which its ratio says nothing: an empty style sheet compresses a hundredfold too."""
_READ_BEFORE = ("[Content_Types].xml", "_rels/", "docProps/", "xl/_rels/", "xl/workbook.xml", "xl/styles.xml",
                "xl/sharedStrings.xml", "xl/theme/", "xl/chartsheets/")  # fmt: skip
"""The parts the library reads besides the sheet itself (openpyxl.reader.excel)."""
_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"  # ECMA-376 part 1, strict
_ZEROS = re.compile("0+")
_SHOWN_DIGITS = 15
"""Digits a spreadsheet shows and keeps of what a person typed (Excel specifications and limits)."""
_EXAMPLES = 5
_LONGEST_TITLE = 100
"""Characters of a name a spreadsheet program holds to 31."""


def read_workbook(content: bytes, bounds: Bounds) -> tuple[Found, Iterator[NumberedRow]]:
    """What the workbook's first visible sheet holds; raises Refused."""
    _check_archive(content, bounds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns about parts it does not know; we read values only
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheets = [one for one in book.worksheets if one.sheet_state == "visible"]
        if not sheets:
            raise Refused("no-sheet")
        sheet: Any = sheets[0]
        path = sheet._worksheet_path  # noqa: SLF001  (the library tells the part's name nowhere else)
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(path) as part:
            counted = count_sheet(part)
        says = (sheet.max_row, sheet.max_column)
        sheet.reset_dimensions()
        rows, errors = _rows(sheet, counted, bounds)
    remarks = _remarks(counted, says, sheet.title, len(sheets), errors)
    if book.epoch == CALENDAR_MAC_1904:
        remarks.append(("dates-1904", 0, ""))
    return Found("xlsx", "", sheet.title[:_LONGEST_TITLE], tuple(remarks)), bounded(iter(rows), bounds)


def _check_archive(content: bytes, bounds: Bounds) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_kind({one.filename for one in entries}, len(entries), archive)
            if len(entries) > bounds.zip_entries:
                raise Refused("too-many-parts")
            if len({one.filename for one in entries}) != len(entries):
                raise Refused("broken-zip")  # two parts of one name: two programs would read two books
            if sum(one.file_size for one in entries) > bounds.uncompressed_bytes:
                raise Refused("too-large-inside")
            for one in entries:
                if one.flag_bits & 1:
                    raise Refused("encrypted-workbook")
                if one.file_size > _SMALL_PART and one.file_size > max(one.compress_size, 1) * bounds.compression_ratio:
                    raise Refused("suspicious-compression")
            for one in entries:
                if one.filename.startswith(_READ_BEFORE) and one.filename.endswith((".xml", ".rels")):
                    with archive.open(one) as part:
                        (check_strings if one.filename == "xl/sharedStrings.xml" else refuse_markup)(part)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OSError):
        raise Refused("broken-zip") from None


def _check_kind(names: set[str], count: int, archive: zipfile.ZipFile) -> None:
    if "xl/workbook.bin" in names:
        raise Refused("binary-workbook")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused("macro-workbook")
    if "EncryptionInfo" in names:
        raise Refused("encrypted-workbook")
    if "mimetype" in names:
        raise Refused("other-spreadsheet")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise Refused("not-a-table" if count else "broken-zip")
    if b"macroEnabled" in _beginning(archive, "[Content_Types].xml"):
        raise Refused("macro-workbook")
    if "xl/workbook.xml" in names and _STRICT in _beginning(archive, "xl/workbook.xml"):
        raise Refused("strict-workbook")


def _beginning(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(_SMALL_PART)


def _rows(sheet: Any, counted: SheetCount, bounds: Bounds) -> tuple[list[NumberedRow], list[str]]:
    """Every row with cells; raises Refused unless rows and cells are as many as the independent count says."""
    rows: list[NumberedRow] = []
    errors: list[str] = []
    seen_rows = seen_cells = held = 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        present = [cell for cell in cells if cell is not EMPTY_CELL]
        if not present:
            continue
        seen_rows += 1
        seen_cells += len(present)
        wrong = (cell for cell in present if cell.data_type == "e" and cell.value is not None)
        errors.extend(f"{cell.coordinate} {cell.value}" for cell in wrong)
        texts = ["" if cell is EMPTY_CELL else _text(cell) for cell in cells]
        if any(texts):
            held += 1
            if held > bounds.rows:
                raise Refused("too-many-rows", limit=bounds.rows)
            rows.append((number, texts))
    if (seen_rows, seen_cells) != (counted.rows, counted.cells):
        raise Refused("rows-disagree")
    return rows, errors


def _remarks(
    counted: SheetCount, says: tuple[int | None, int | None], title: str, sheets: int, errors: list[str]
) -> list[tuple[str, int, str]]:
    remarks = []
    if sheets > 1:
        remarks.append(("other-sheets", sheets, title))
    if counted.formulas:
        remarks.append(("formulas", counted.formulas, ""))
    if counted.valueless:
        remarks.append(("formulas-without-value", counted.valueless, "、".join(counted.valueless_at)))
    if errors:
        remarks.append(("error-cells", len(errors), "、".join(errors[:_EXAMPLES])))
    if counted.hidden_rows:
        remarks.append(("hidden-rows", counted.hidden_rows, ""))
    if counted.merged:
        remarks.append(("merged-cells", 0, ""))
    if counted.dimension and says[0] is not None and counted.last_row > says[0]:
        remarks.append(("wrong-dimension", counted.rows, ""))
    return remarks


def _text(cell: Any) -> str:
    """A cell as a person wrote it: dates as ISO 8601, numbers without exponent, truth as TRUE or FALSE."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        # A format of zeros shows codes with their leading zeros; the file itself has lost them.
        shown = cell.number_format or ""
        return str(value).zfill(len(shown)) if value >= 0 and _ZEROS.fullmatch(shown) else str(value)
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _number_text(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124  (NaN alone differs from itself)
        return "#NUM!"
    exact = Decimal(repr(value))
    if len(exact.as_tuple().digits) > _SHOWN_DIGITS:
        exact = Decimal(f"{value:.{_SHOWN_DIGITS}g}")
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
