"""An independent count of what a sheet's XML holds, because the library that reads it may lose rows in silence."""

import re
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from tenants.imports.parsing.refusals import Refused

_PIECE = 1 << 16
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384  # Excel specifications and limits
_EXAMPLES = 5


@dataclass(slots=True)
class SheetCount:
    """What stands in one sheet: rows with cells, cells, formulas, and how the sheet itself says it is large."""

    rows: int = 0
    cells: int = 0
    last_row: int = 0
    formulas: int = 0
    valueless: int = 0
    valueless_at: list[str] = field(default_factory=list)
    merged: bool = False
    dimension: str = ""


def refuse_markup(source: IO[bytes]) -> None:
    """Reads one XML part to its end; raises Refused for a document type, entities, or what is no XML."""
    parser = expat.ParserCreate()
    _forbid(parser)
    _feed(parser, source)


def count_sheet(source: IO[bytes]) -> SheetCount:
    """Counts one sheet; raises Refused unless rows and cells stand in order, each once."""
    parser = expat.ParserCreate(namespace_separator=" ")
    _forbid(parser)
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


class _Counter:
    def __init__(self) -> None:
        self.found = SheetCount()
        self._row = 0
        self._column = 0
        self._cells_in_row = 0
        self._name = ""
        self._has_formula = False
        self._has_value = False
        self._in_value = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        kind = tag.rpartition(" ")[2]
        if kind == "row":
            self._start_row(attributes.get("r"))
        elif kind == "c":
            self._start_cell(attributes.get("r"))
        elif kind == "f":
            self._has_formula = True
        elif kind in {"v", "is"}:
            self._in_value = True
        elif kind == "mergeCell":
            self.found.merged = True
        elif kind == "dimension":
            self.found.dimension = attributes.get("ref", "")[:40]

    def end(self, tag: str) -> None:
        kind = tag.rpartition(" ")[2]
        if kind in {"v", "is"}:
            self._in_value = False
        elif kind == "c" and self._has_formula:
            self.found.formulas += 1
            if not self._has_value:
                self.found.valueless += 1
                if len(self.found.valueless_at) < _EXAMPLES:
                    self.found.valueless_at.append(self._name)

    def text(self, text: str) -> None:
        if self._in_value and text.strip():
            self._has_value = True

    def _start_row(self, said: str | None) -> None:
        number = self._row + 1 if said is None else _number(said)
        if not self._row < number <= _LAST_ROW:
            raise Refused("rows-out-of-order")
        self._row, self._column, self._cells_in_row = number, 0, 0

    def _start_cell(self, said: str | None) -> None:
        column = self._column + 1
        if said is not None:
            found = _REFERENCE.fullmatch(said)
            if found is None or int(found[2]) != self._row:
                raise Refused("rows-out-of-order")
            column = _column(found[1])
        if not self._column < column <= _LAST_COLUMN or self._row == 0:
            raise Refused("rows-out-of-order")
        if self._cells_in_row == 0:
            self.found.rows += 1
            self.found.last_row = self._row
        self._column = column
        self._cells_in_row += 1
        self.found.cells += 1
        self._name = said or f"{self._row}行{column}列"
        self._has_formula = self._has_value = False


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 7:  # noqa: PLR2004  (digits of the last row)
        raise Refused("rows-out-of-order")
    return int(text)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
