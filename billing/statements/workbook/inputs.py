"""The sheet 「入力」: what the run froze, each figure once, for the formulas to read.

Fractions stand as numbers beside the multiple that makes them whole, so that a formula finds the exact whole number
again: ``ROUND(value × multiple, 0)``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from openpyxl.utils import get_column_letter

from billing.statements.workbook.figures import PLAIN, Figure, NoFormulas, Place, limbs_of
from tenants.documents.live_workbook import LiveSheet
from tenants.documents.styles import Style

SHEET = "入力"
PREFIX = f"'{SHEET}'!"
_SPAN = 8
_TOO_LONG = "基準値や割合の桁数が多いため、計算式を入れていません。"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table of members: what it is, where it comes from, and a value per member."""

    name: str
    values: tuple[Fraction, ...]
    about: str = ""
    yen: bool = False

    @property
    def multiple(self) -> int:
        """The smallest factor that makes every value whole. Raises ``NoFormulas`` when one then is too long."""
        multiple = lcm(*(value.denominator for value in self.values))
        if max((value * multiple for value in self.values), default=0) >= PLAIN:
            raise NoFormulas(_TOO_LONG)
        return multiple


@dataclass(frozen=True, slots=True)
class Entered:
    """Where a figure or a column was written, what makes it whole, and the whole values."""

    place: Place
    multiple: Place | None
    values: tuple[int, ...]

    def figure(self) -> Figure | None:
        """The cells themselves, when they are whole already."""
        return Figure((self.place,), self.values) if self.multiple is None else None

    def text(self, i: int) -> str:
        """The formula for the whole number."""
        assert self.multiple is not None  # noqa: S101  (whole numbers are read where they stand)
        return f"ROUND({self.place.at(i)}*{self.multiple.at(i)},0)"


class Inputs:
    """Writes the sheet downwards."""

    def __init__(self, sheet: LiveSheet) -> None:
        self.sheet = sheet
        self.row = 1

    def heading(self, words: str, style: Style = Style.SECTION) -> None:
        """Write a heading."""
        self.sheet.text(self.row, 1, words, style, span=_SPAN)
        self.row += 1

    def words(self, label: str, words: str) -> None:
        """Write a line of words."""
        self.sheet.text(self.row, 1, label, span=2)
        self.sheet.text(self.row, 3, words, span=_SPAN - 2)
        self.row += 1

    def code(self, label: str, code: str) -> Place:
        """Write an organisation's code."""
        self.sheet.text(self.row, 1, label, span=2)
        self.sheet.text(self.row, 3, code)
        self.row += 1
        return Place(PREFIX, "C", self.row - 1)

    def yen(self, label: str, value: int, note: str = "") -> Figure:
        """Write one whole number. Raises ``NoFormulas`` when it is longer than any amount."""
        if abs(value) >= PLAIN:
            raise NoFormulas(_TOO_LONG)
        self.sheet.text(self.row, 1, label, span=2)
        self.sheet.yen(self.row, 3, value)
        if note:
            self.sheet.text(self.row, 4, note, span=_SPAN - 3)
        self.row += 1
        return Figure((Place(PREFIX, "C", self.row - 1),), (value,))

    def number(self, label: str, value: Fraction, multiple: int, note: str = "") -> Entered:
        """Write a fraction with the multiple that makes it whole."""
        whole = value * multiple
        if whole.denominator != 1 or whole >= PLAIN or multiple >= PLAIN:
            raise NoFormulas(_TOO_LONG)
        self.sheet.text(self.row, 1, label, span=2)
        self.sheet.fraction(self.row, 3, value)
        self.sheet.yen(self.row, 4, multiple)
        self.sheet.text(self.row, 5, note, span=_SPAN - 4)
        self.row += 1
        scale = Place(PREFIX, "D", self.row - 1)
        return Entered(Place(PREFIX, "C", self.row - 1), scale, (int(whole),))

    def long(self, label: str, value: int, note: str = "") -> Figure:
        """Write a whole number of any length, in groups of six digits when it is long."""
        if value < PLAIN:
            return self.yen(label, value, note)
        self.sheet.text(self.row, 1, f"{label}(6桁ずつ、下の桁から)", span=2)
        limbs = limbs_of(value)
        for column, limb in enumerate(limbs, 3):
            self.sheet.yen(self.row, column, limb)
        self.row += 1
        places = (Place(PREFIX, get_column_letter(3 + n), self.row - 1) for n in range(len(limbs)))
        return Figure(tuple(places), (value,))

    def ratio(self, label: str, value: Fraction, note: str = "") -> tuple[Figure, Figure]:
        """Write a rate as its numerator and denominator."""
        if max(value.numerator, value.denominator) >= PLAIN:
            raise NoFormulas(_TOO_LONG)
        self.sheet.text(self.row, 1, f"{label}(分子・分母)", span=2)
        self.sheet.yen(self.row, 3, value.numerator)
        self.sheet.yen(self.row, 4, value.denominator)
        self.sheet.text(self.row, 5, note, span=_SPAN - 4)
        self.row += 1
        pair = (("C", value.numerator), ("D", value.denominator))
        top, bottom = (Figure((Place(PREFIX, letter, self.row - 1),), (number,)) for letter, number in pair)
        return top, bottom

    def members(self, codes: Sequence[str], names: Sequence[str], columns: Sequence[Column]) -> list[Entered]:
        """Write the table of members; answers where each column stands. The first column counts the members."""
        self.sheet.header(self.row, ("順", "コード", "団体", *(one.name for one in columns)))
        about, scales, first = self.row + 1, self.row + 2, self.row + 3
        self.sheet.text(about, 1, "基準日・出典", Style.NOTE, span=3)
        self.sheet.text(scales, 1, "整数にする倍率", Style.NOTE, span=3)
        for offset, (code, name) in enumerate(zip(codes, names, strict=True)):
            self.sheet.yen(first + offset, 1, offset + 1)
            self.sheet.text(first + offset, 2, code)
            self.sheet.text(first + offset, 3, name)
        entered = [self._column(place, column, first) for place, column in enumerate(columns, 4)]
        self.row = first + len(codes) + 1
        self.index = Place(PREFIX, "A", first, len(codes))
        self.codes = Place(PREFIX, "B", first, len(codes))
        return entered

    def _column(self, place: int, column: Column, first: int) -> Entered:
        letter, multiple = get_column_letter(place), column.multiple
        self.sheet.text(first - 2, place, column.about, Style.NOTE)
        scale = None
        if multiple != 1:
            self.sheet.yen(first - 1, place, multiple)
            scale = Place(PREFIX, letter, first - 1)
        for offset, value in enumerate(column.values):
            if column.yen:
                self.sheet.yen(first + offset, place, int(value))
            else:
                self.sheet.fraction(first + offset, place, value)
        values = tuple(int(value * multiple) for value in column.values)
        return Entered(Place(PREFIX, letter, first, len(values)), scale, values)
