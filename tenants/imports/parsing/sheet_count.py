"""An independent count of what a sheet's XML holds, because the library that reads it may lose rows in silence.

It also refuses what that library reads in another way than a spreadsheet program does: cells hidden in foreign
elements, the same cell twice, numbers with underscores, strings counted from the end.
"""

import re
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from tenants.imports.parsing.refusals import Refused

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"  # ECMA-376 part 1, transitional
_PIECE = 1 << 16
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384  # Excel specifications and limits
_ROW_DIGITS = 7
_EXAMPLES = 5
_PLACES = {"sheetData": "worksheet", "row": "sheetData", "c": "row", "v": "c", "is": "c", "f": "c"}
"""Where each element stands, and nowhere else (ECMA-376 part 1, 18.3.1)."""
_VALUES = {
    "n": re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"),
    "s": re.compile(r"[0-9]{1,9}"),
    "b": re.compile(r"[01]"),
}
"""How values are written by type (18.18.11); the library's int() would also take 1_000, ١ and -1."""
_TYPES = frozenset({*_VALUES, "d", "e", "str", "inlineStr"})
_LONGEST_VALUE = 400
"""Characters of a number; 15 digits and an exponent take 24."""


@dataclass(slots=True)
class SheetCount:
    """What stands in one sheet: rows with cells, cells, formulas, and how the sheet itself says it is large."""

    rows: int = 0
    cells: int = 0
    last_row: int = 0
    formulas: int = 0
    valueless: int = 0
    valueless_at: list[str] = field(default_factory=list)
    hidden_rows: int = 0
    merged: bool = False
    dimension: str = ""


def refuse_markup(source: IO[bytes]) -> None:
    """Reads one XML part to its end; raises Refused for a document type, entities, or what is no XML."""
    parser = expat.ParserCreate()
    _forbid(parser)
    _feed(parser, source)


def check_strings(source: IO[bytes]) -> None:
    """Reads the shared strings; raises Refused when the library would lose one, or a part of one."""
    parser = expat.ParserCreate(namespace_separator=" ")
    _forbid(parser)
    strings = _Strings("si")
    parser.StartElementHandler = strings.start
    parser.EndElementHandler = strings.end
    parser.CharacterDataHandler = strings.text
    _feed(parser, source)


def count_sheet(source: IO[bytes]) -> SheetCount:
    """Counts one sheet; raises Refused unless rows and cells stand in order, each once, in their places."""
    parser = expat.ParserCreate(namespace_separator=" ")
    _forbid(parser)
    parser.buffer_text = True
    counter = _Counter()
    parser.StartElementHandler = counter.start
    parser.EndElementHandler = counter.end
    parser.CharacterDataHandler = counter.text
    _feed(parser, source)
    return counter.found


def _forbid(parser: expat.XMLParserType) -> None:
    def refuse(*_: object) -> int:
        raise Refused("forbidden-markup")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse


def _feed(parser: expat.XMLParserType, source: IO[bytes]) -> None:
    try:
        while piece := source.read(_PIECE):
            parser.Parse(piece, False)  # noqa: FBT003  (expat's own signature)
        parser.Parse(b"", True)  # noqa: FBT003
    except expat.ExpatError:
        raise Refused("broken-workbook") from None


class _Strings:
    """Follows the texts of one kind of element (18.4.8 ``si``, 18.3.1.53 ``is``): one text, or runs of one each."""

    def __init__(self, whole: str) -> None:
        self._whole = whole
        self._path: list[str] = []
        self._texts: list[int] = []
        self._inside = 0

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        space, _, kind = tag.rpartition(" ")
        parent = self._path[-1] if self._path else ""
        if kind == self._whole and (self._inside or space != MAIN):
            raise Refused("broken-workbook")
        self._path.append(kind)
        self._texts.append(0)
        self._inside += kind == self._whole
        if not self._inside or kind == self._whole:
            return
        place = {"t": {self._whole, "r", "rPh"}, "r": {self._whole}, "rPh": {self._whole}}.get(kind)
        if place is not None and (parent not in place or space != MAIN):
            raise Refused("broken-workbook")
        if kind == "t":
            self._texts[-2] += 1
            if self._texts[-2] > 1:
                raise Refused("broken-workbook")

    def end(self, _: str) -> None:
        self._inside -= self._path.pop() == self._whole
        self._texts.pop()

    def text(self, text: str) -> None:
        if self._inside and self._path[-1] != "t" and text.strip():
            raise Refused("broken-workbook")


class _Counter:
    def __init__(self) -> None:
        self.found = SheetCount()
        self._strings = _Strings("is")
        self._path: list[str] = []
        self._row = 0
        self._column = 0
        self._cells_in_row = 0
        self._name = ""
        self._type = ""
        self._seen: set[str] = set()
        self._value: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        space, _, kind = tag.rpartition(" ")
        parent = self._path[-1] if self._path else ""
        self._path.append(kind)
        self._strings.start(tag, attributes)
        place = _PLACES.get(kind)
        if (place is not None and (space != MAIN or parent != place)) or (parent == "row" and kind != "c"):
            raise Refused("broken-workbook")
        if kind == "row":
            self._start_row(attributes)
        elif kind == "c":
            self._start_cell(attributes)
        elif place == "c":
            if kind in self._seen:
                raise Refused("broken-workbook")
            self._seen.add(kind)
        elif kind == "mergeCell":
            self.found.merged = True
        elif kind == "dimension":
            self.found.dimension = attributes.get("ref", "")[:40]

    def end(self, tag: str) -> None:
        self._strings.end(tag)
        kind = self._path.pop()
        if kind == "c":
            self._end_cell()

    def text(self, text: str) -> None:
        self._strings.text(text)
        if self._path[-1] in {"v", "t"}:
            self._value.append(text)
        elif self._path[-1] == "c" and text.strip():
            raise Refused("broken-workbook")

    def _start_row(self, attributes: dict[str, str]) -> None:
        said = attributes.get("r")
        number = self._row + 1 if said is None else _number(said)
        if not self._row < number <= _LAST_ROW:
            raise Refused("rows-out-of-order")
        self._row, self._column, self._cells_in_row = number, 0, 0
        self.found.hidden_rows += attributes.get("hidden") in {"1", "true"}

    def _start_cell(self, attributes: dict[str, str]) -> None:
        said = attributes.get("r")
        column = self._column + 1
        if said is not None:
            found = _REFERENCE.fullmatch(said)
            if found is None or int(found[2]) != self._row:
                raise Refused("rows-out-of-order")
            column = _column(found[1])
        if not self._column < column <= _LAST_COLUMN:
            raise Refused("rows-out-of-order")
        if self._cells_in_row == 0:
            self.found.rows += 1
            self.found.last_row = self._row
        self._column = column
        self._cells_in_row += 1
        self.found.cells += 1
        self._name = said or f"{self._row}行{column}列"
        self._type = attributes.get("t", "n")
        if not attributes.get("s", "0").isdecimal():  # the library would count from the end: another style, a date
            raise Refused("broken-workbook")
        self._seen.clear()
        self._value.clear()

    def _end_cell(self) -> None:
        value = "".join(self._value)
        inline = self._type == "inlineStr"
        if self._type not in _TYPES or ("is" in self._seen and not inline) or ("v" in self._seen and inline):
            raise Refused("broken-workbook")  # the library would leave such a cell empty
        pattern = _VALUES.get(self._type)
        if pattern is not None and value and (len(value) > _LONGEST_VALUE or not pattern.fullmatch(value)):
            raise Refused("broken-workbook")
        if "f" in self._seen:
            self.found.formulas += 1
            if not value.strip():
                self.found.valueless += 1
                if len(self.found.valueless_at) < _EXAMPLES:
                    self.found.valueless_at.append(self._name)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > _ROW_DIGITS:
        raise Refused("rows-out-of-order")
    return int(text)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
