"""Typed reading of JSON objects: every misfit becomes a problem with its pointer, and reading goes on.

After a problem a reader answers a harmless value of the right type; the case made of such values is never
handed out, because the list of problems is no longer empty.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from billing.apportionment.document import NotANumber, RepeatedNames
from billing.apportionment.problems import CaseRefused, Problem, pointer_token
from billing.money import MAX_YEN, exact_text
from tenants.errors import Invalid
from tenants.organisation_code import parse_code

# More problems than a person will read; stops a hostile file from filling the memory with messages.
MAX_PROBLEMS = 1000
# As long as 19 digits over 19 digits and a sign: more than any measured quantity, and harmless to compute with.
LONGEST_FRACTION = 40
_FRACTION = re.compile(r"(-?[0-9]+)(?:/([0-9]+)|\.([0-9]+))?")
# Control characters, line separators, lone surrogates and non-characters break files and pages downstream.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INT64 = range(-(2**63), 2**63)

REQUIRED: Any = object()
"""Default of a field that must stand in the file."""


class Reading:
    """Collects the problems of one document."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, pointer: str, code: str, message: str) -> None:
        """Note one problem; beyond ``MAX_PROBLEMS`` gives up at once."""
        self.problems.append(Problem(pointer, message, code))
        if len(self.problems) >= MAX_PROBLEMS:
            self.problems.append(
                Problem("", f"問題が{MAX_PROBLEMS}件を超えたため、確認を中止しました。", "too-many-problems")
            )
            self.finish()

    def finish(self) -> None:
        """Raise ``CaseRefused`` if anything was noted."""
        if self.problems:
            raise CaseRefused(self.problems)

    def finish_unless_object(self, record: "Record") -> None:
        """Stop early when the document is no object at all: nothing else can be said about it."""
        if not record.whole:
            self.finish()

    def fraction(self, value: Any, pointer: str, low: int | None = 0, high: int | None = None) -> Fraction:
        """Read ``"3/10"``, ``"0.3"`` or ``"1"`` exactly, within the bounds."""
        found = parse_fraction(value)
        if found is None:
            wanted = f"「3/10」「0.3」「1」の形の文字列で、{LONGEST_FRACTION}文字以内で書いてください。"
            self.refuse(pointer, "bad-fraction", f"分数として読めません。{wanted}")
        elif low is not None and found < low:
            self.refuse(pointer, "negative-value", f"負の数は使えません(値は{exact_text(found)})。")
        elif high is not None and found > high:
            self.refuse(pointer, "out-of-range", f"{high}以下にしてください(値は{exact_text(found)})。")
        else:
            return found
        return Fraction(0)

    def integer(self, value: Any, pointer: str, low: int, high: int) -> int:
        """Read a JSON integer within the bounds; true, false, 1.0 and "1" are none."""
        if type(value) is not int:
            big = isinstance(value, NotANumber) and value.text.lstrip("-").isdigit()
            self.refuse(
                pointer,
                "out-of-range" if big else "not-integer",
                "整数の桁数が多すぎます。" if big else "整数で書いてください。小数、文字列、true/falseは使えません。",
            )
        elif value not in _INT64 or not low <= value <= high:
            shown = f"(値は{value:,})" if value in _INT64 else ""
            self.refuse(pointer, "out-of-range", f"{low:,}以上{high:,}以下の整数にしてください{shown}。")
        else:
            return value
        return max(low, 0)

    def text(self, value: Any, pointer: str, longest: int) -> str:
        """Read visible text of at most ``longest`` characters."""
        if not isinstance(value, str):
            self.refuse(pointer, "not-text", "文字列で書いてください。")
        elif not value.strip():
            self.refuse(pointer, "blank-text", "空欄にはできません。")
        elif len(value) > longest:
            self.refuse(pointer, "text-too-long", f"{longest}文字以内にしてください。")
        elif _FORBIDDEN.search(value):
            self.refuse(pointer, "bad-text", "改行などの制御文字や、文字にならない符号が含まれています。")
        else:
            return value
        return ""

    def code(self, value: Any, pointer: str) -> str:
        """Read an organisation's code; answers the text itself when only its check digit is wrong."""
        if not isinstance(value, str) or not value.isascii() or value != value.strip():
            self.refuse(pointer, "bad-code", "団体コードは半角の英数字とハイフンで20文字以内にしてください。")
            return ""
        try:
            return parse_code(value)
        except Invalid as error:
            self.refuse(pointer, error.code, error.message)
            return value

    def mapping(self, value: Any, pointer: str) -> Mapping[str, Any]:
        """Read an object whose names are free (member codes), refusing repeated names."""
        if value is REQUIRED:
            return {}
        if not isinstance(value, Mapping):
            self.refuse(pointer, "not-object", "項目名と値の組({ })で書いてください。")
            return {}
        if isinstance(value, RepeatedNames):
            for name in value.repeated:
                self.refuse(f"{pointer}/{pointer_token(name)}", "duplicate-name", "同じ項目名が2回以上書かれています。")
        if not all(isinstance(name, str) for name in value):
            self.refuse(pointer, "not-text", "項目名は文字列で書いてください。")
            return {}
        return value

    def items(self, value: Any, pointer: str, most: int) -> Sequence[Any]:
        """Read a list of at most ``most`` entries."""
        if value is REQUIRED:
            return ()
        if not isinstance(value, list | tuple):
            self.refuse(pointer, "not-list", "一覧([ ])で書いてください。")
        elif len(value) > most:
            self.refuse(pointer, "too-large", f"{most:,}件以内にしてください({len(value):,}件あります)。")
        else:
            return value
        return ()


def parse_fraction(value: Any) -> Fraction | None:
    """Read an exact fraction, or answer None; its one spelling must fit ``LONGEST_FRACTION`` too."""
    if not isinstance(value, str) or len(value) > LONGEST_FRACTION:
        return None
    match = _FRACTION.fullmatch(value)
    if match is None:
        return None
    top, bottom, decimals = match.groups()
    if decimals is not None:
        found = Fraction(int(top + decimals), 10 ** len(decimals))
    elif bottom is None:
        return Fraction(int(top))
    elif int(bottom) == 0:
        return None
    else:
        found = Fraction(int(top), int(bottom))
    return found if len(exact_text(found)) <= LONGEST_FRACTION else None


class Record:
    """One JSON object with known fields; unknown ones are refused when it is opened."""

    def __init__(self, reading: Reading, value: Any, pointer: str, fields: frozenset[str]) -> None:
        self.reading = reading
        self.pointer = pointer
        self.whole = isinstance(value, Mapping)
        self._values = reading.mapping(value, pointer)
        for name in self._values:
            if name not in fields:
                reading.refuse(self.at(name), "unknown-field", "この形式にない項目です。項目名を確かめてください。")

    def at(self, name: str) -> str:
        """Give the pointer of a field."""
        return f"{self.pointer}/{pointer_token(name)}"

    def has(self, name: str) -> bool:
        """Tell whether the field stands in the file and is not null."""
        return self._values.get(name) is not None

    def __contains__(self, name: str) -> bool:
        """Tell whether the field stands in the file at all."""
        return name in self._values

    def raw(self, name: str, default: Any = REQUIRED) -> Any:
        """Give the field as it stands, its default, or REQUIRED after refusing its absence."""
        if name in self._values:
            return self._values[name]
        if default is REQUIRED and self.whole:
            self.reading.refuse(self.at(name), "missing-field", "必要な項目がありません。")
        return default

    def text(self, name: str, longest: int) -> str:
        """Read required text."""
        value = self.raw(name)
        return "" if value is REQUIRED else self.reading.text(value, self.at(name), longest)

    def code(self, name: str) -> str:
        """Read a required organisation code."""
        value = self.raw(name)
        return "" if value is REQUIRED else self.reading.code(value, self.at(name))

    def integer(self, name: str, low: int, high: int, default: Any = REQUIRED) -> int:
        """Read an integer within the bounds."""
        value = self.raw(name, default)
        return max(low, 0) if value is REQUIRED else self.reading.integer(value, self.at(name), low, high)

    def yen_or_none(self, name: str) -> int | None:
        """Read an optional amount of yen of zero or more; null means there is none."""
        return self.integer(name, 0, MAX_YEN) if self.has(name) else None

    def fraction(self, name: str, default: Any = REQUIRED, high: int | None = None) -> Fraction:
        """Read a fraction of zero or more."""
        value = self.raw(name, default)
        return Fraction(0) if value is REQUIRED else self.reading.fraction(value, self.at(name), 0, high)

    def flag(self, name: str, default: Any = REQUIRED) -> bool:
        """Read true or false."""
        value = self.raw(name, default)
        if not isinstance(value, bool):
            if value is not REQUIRED:
                self.reading.refuse(self.at(name), "not-boolean", "trueかfalseで書いてください。")
            return False
        return value

    def choice(self, name: str, options: tuple[str, ...], default: Any = REQUIRED) -> Any:
        """Read one of the words of the format."""
        value = self.raw(name, default)
        if value is not REQUIRED and (not isinstance(value, str) or value not in options):
            self.reading.refuse(self.at(name), "unknown-choice", f"次のいずれかにしてください: {'、'.join(options)}。")
            return options[0]
        return options[0] if value is REQUIRED else value

    def day(self, name: str) -> date:
        """Read a required ISO date."""
        value = self.raw(name)
        if isinstance(value, str) and _DATE.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        if value is not REQUIRED:
            self.reading.refuse(self.at(name), "bad-date", "日付は「2024-04-01」の形で、実在する日を書いてください。")
        return date.min
