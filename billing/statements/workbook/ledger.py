"""The sheet 「計算」: lines that hold one number, and blocks that hold one row per bearer; filled downwards."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol

from openpyxl.utils import get_column_letter

from billing.statements.workbook.figures import Figure, NoFormulas, Place
from tenants.documents.live_workbook import LiveSheet
from tenants.documents.styles import Style
from tenants.documents.workbook import Formula

# Formulas one workbook may hold: about 3 MB, and a few seconds to recompute on an office computer.
MOST_CELLS = 300_000
LONGEST_FORMULA = 8_000  # Excel takes 8,192 characters, and asks to repair the file beyond
_FIRST_COLUMN = 3
_letter = lru_cache(maxsize=None)(get_column_letter)

Write = Callable[[int], str]
"""The formula for the bearer at an index (without the leading equals sign)."""


class Space(Protocol):
    """Somewhere to write the next figure: a line of one number, or a block with a row per bearer."""

    ledger: "Ledger"
    rows: int
    """Rows of a block; 0 for a line."""

    def write(self, name: str, formula: Write, values: Sequence[int | float]) -> Place:
        """Write one cell (or one per bearer) and answer where it stands."""


class Ledger:
    """The sheet of steps, and what was already cut into limbs or estimated."""

    def __init__(self, sheet: LiveSheet, codes: Sequence[str], names: Sequence[str]) -> None:
        self.sheet = sheet
        self.bearers = list(zip(codes, names, strict=True))
        self.row = 1
        self.cells = 0
        self.cut: dict[Figure, Figure] = {}
        self.rough: dict[Figure, Place] = {}
        self.sheet_prefix = f"'{sheet.title}'!"

    @property
    def members(self) -> int:
        """How many members have a row."""
        return len(self.bearers)

    def heading(self, words: str, style: Style = Style.SECTION) -> None:
        """Write a heading over what follows."""
        self.sheet.text(self.row, 1, words, style, span=7)
        self.row += 1

    def line(self, label: str) -> "Line":
        """Open a line for one number."""
        self.sheet.text(self.row, 1, label, span=2)
        self.row += 1
        return Line(self, self.row - 1)

    def block(self, extra: Sequence[str] = ()) -> "Block":
        """Open a block with a row per member, and one for each name in ``extra``."""
        self.sheet.text(self.row, 1, "コード", Style.HEADER)
        self.sheet.text(self.row, 2, "団体", Style.HEADER)
        opened = Block(self, self.row, len(self.bearers) + len(extra))
        for offset, (code, name) in enumerate([*self.bearers, *(("", one) for one in extra)], 1):
            self.sheet.text(self.row + offset, 1, code)
            self.sheet.text(self.row + offset, 2, name)
        self.row += opened.rows + 2
        return opened

    def formula(self, text: str) -> Formula:
        """A formula as sheets take it; raises ``NoFormulas`` for one that is longer."""
        if len(text) > LONGEST_FORMULA:
            raise NoFormulas("経費の数が多いため、計算式を入れていません。")
        return Formula(text)

    def count(self, cells: int) -> None:
        """Count formulas; raises ``NoFormulas`` when there are more than a workbook should hold."""
        self.cells += cells
        if self.cells > MOST_CELLS:
            raise NoFormulas("団体と経費の数が多いため、計算式を入れていません。")


class Line:
    """One number: its cells stand side by side."""

    def __init__(self, ledger: Ledger, row: int) -> None:
        self.ledger = ledger
        self.rows = 0
        self._row = row
        self._column = _FIRST_COLUMN

    def write(self, name: str, formula: Write, values: Sequence[int | float]) -> Place:  # noqa: ARG002
        """Write the next cell."""
        column, self._column = self._column, self._column + 1
        self.ledger.count(1)
        self.ledger.sheet.formula(
            self._row, column, self.ledger.formula(formula(0)), value=values[0], style=_style(values)
        )
        return Place("", _letter(column), self._row)


class Block:
    """One row per bearer: each figure is a column with its name above."""

    def __init__(self, ledger: Ledger, row: int, rows: int) -> None:
        self.ledger = ledger
        self.rows = rows
        self._row = row
        self._column = _FIRST_COLUMN

    def write(self, name: str, formula: Write, values: Sequence[int | float]) -> Place:
        """Write the next column."""
        column, self._column = self._column, self._column + 1
        self.ledger.count(self.rows)
        sheet, style = self.ledger.sheet, _style(values)
        sheet.text(self._row, column, name, Style.HEADER)
        for index in range(self.rows):
            expression = self.ledger.formula(formula(index))
            sheet.formula(self._row + 1 + index, column, expression, value=values[index], style=style)
        return Place("", _letter(column), self._row + 1, self.rows)


def _style(values: Sequence[int | float]) -> Style:
    return Style.NUMBER if isinstance(values[0], float) else Style.YEN
