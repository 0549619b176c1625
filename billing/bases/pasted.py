"""Reads two columns pasted from a spreadsheet: who, how much; every line is taken, refused with a reason, or skipped.

Pure. Columns are cut at tabs, commas or blanks; commas and blanks inside a number or a name are told apart by looking
for the longest beginning of the line that names a member.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from billing.bases.rules import Change, ValueView
from billing.money import exact_text, parse_quantity
from tenants.errors import Invalid
from tenants.organisation_code import check_digit, is_municipal_code

_MOST_LINES = 4_000
"""Twice the 1,741 municipalities of all Japan, with room for unions."""
_LONGEST_LINE = 200
"""A code, the longest name of an organisation and a number stay far below; longer lines are other material."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATOR = re.compile(r"[,，、\s]+")
_CODE_LIKE = re.compile(r"[0-9A-Za-z-]*[0-9][0-9A-Za-z-]*")
_SUM_WORDS = frozenset({"計", "合計", "総計", "総数", "小計", "県計"})
_NO_VALUE = frozenset({"", "-", "‐", "―", "—", "ー", "…", "...", "***", "x", "X", "#N/A"})
"""How statistics write that there is no figure (after NFKC)."""
_TWO_NUMBERS = re.compile(r"\d\s+[\d.]")
"""Two columns of figures: reading them as one number would join their digits."""
_CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not taken: its number as in the field, its text, and why."""

    number: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A heading or sum: nothing to take and nothing wrong."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a pasted text comes to: changes by member code, bad and skipped lines by number."""

    changes: tuple[Change, ...]
    bad: tuple[BadLine, ...]
    skipped: tuple[SkippedLine, ...]

    @property
    def remaining_text(self) -> str:
        """The bad lines alone, to be corrected."""
        return "\n".join(one.text for one in self.bad)


@dataclass(frozen=True, slots=True)
class _Read:
    number: int
    text: str
    member: ValueView
    value: str


def read_pasted(text: str, members: Sequence[ValueView], unit: str) -> Pasted:
    """What the text says about ``members``; values in ``unit``.

    Raises Invalid (blank-paste, too-many-lines) at the field ``rows`` when there is nothing to read or far too much.
    """
    lines = [(number, line) for number, line in enumerate(_LINE_END.split(text), 1) if line.strip(" \t　\u00a0\"',")]
    if not lines:
        message = "貼り付けた内容がありません。団体コード(または団体名)と値の2列を貼り付けてください。"
        raise Invalid("blank-paste", message, {"rows": message})
    if len(lines) > _MOST_LINES:
        message = f"行が多すぎます({len(lines):,}行)。{_MOST_LINES:,}行までにしてください。"
        raise Invalid("too-many-lines", message, {"rows": message})
    known = Known(members)
    read: list[_Read] = []
    bad: list[BadLine] = []
    skipped: list[SkippedLine] = []
    for position, (number, line) in enumerate(lines):
        who, value = _columns(line, known)
        if is_sum(who) or (position == 0 and _is_heading(who, value, known, unit)):
            skipped.append(SkippedLine(number, line))
            continue
        try:
            read.append(_Read(number, line, known.member(who, line), read_value(value, unit)))
        except Invalid as error:
            bad.append(BadLine(number, line, error.message))
    single, repeated = _apart(read)
    changes = [
        Change(one.member.tenant_id, one.member.code, one.member.name, one.member.value, one.value) for one in single
    ]
    return Pasted(
        tuple(sorted(changes, key=lambda one: one.code)),
        tuple(sorted([*bad, *repeated], key=lambda one: one.number)),
        tuple(skipped),
    )


class Known:
    """The members by every word a person may use for them."""

    def __init__(self, members: Sequence[ValueView]) -> None:
        self.by_code = {_word(one.code).lower(): one for one in members}
        self.by_name: dict[str, list[ValueView]] = {}
        for one in members:
            self.by_name.setdefault(_word(one.name), []).append(one)

    def names_a_member(self, who: str) -> bool:
        """Whether a code or name means at least one member."""
        word = _word(who)
        return word.lower() in self.by_code or word in self.by_name

    def member(self, who: str, line: str) -> ValueView:
        """The member meant; raises Invalid with a reason that helps."""
        word = _word(who)
        if len(line) > _LONGEST_LINE:
            raise Invalid("long-line", f"1行が長すぎます({_LONGEST_LINE}文字まで)。2列だけを貼り付けてください。")
        if found := self.by_code.get(word.lower()):
            return found
        named = self.by_name.get(word, [])
        if len(named) == 1:
            return named[0]
        if named:
            codes = "、".join(one.code for one in named)
            raise Invalid("same-name", f"「{word}」という団体が複数あります。団体コード({codes})で入力してください。")
        if word.isascii() and word.isdigit():
            raise self._bad_code(word)
        if not word:
            raise Invalid("no-name", "団体コードまたは団体名がありません。")
        near = [one for one in self.by_name if one.startswith(word) or word.endswith(one)]
        hint = f"「{near[0]}」のことですか。" if len(near) == 1 else ""
        raise Invalid("unknown-member", f"「{word[:40]}」は、この事業の構成団体にありません。{hint}")

    def _bad_code(self, digits: str) -> Invalid:
        hint = "".join(f"「{one.code}」({one.name})のことですか。" for one in self._meant(digits))
        if len(digits) != _CODE_DIGITS:
            message = f"「{digits[:20]}」は団体コードではありません。6桁で入力してください。{hint}"
            return Invalid("bad-code", message)
        if not is_municipal_code(digits):
            return Invalid("bad-check-digit", f"「{digits}」の検査数字(6桁目)が正しくありません。{hint}")
        return Invalid("unknown-member", f"「{digits}」は、この事業の構成団体にありません。")

    def _meant(self, digits: str) -> Iterator[ValueView]:
        """Members whose code this may be: a leading zero lost in the spreadsheet, no check digit, or a wrong one."""
        padded = digits.zfill(_CODE_DIGITS)
        five = digits.zfill(_CODE_DIGITS - 1)[: _CODE_DIGITS - 1]
        meant = [padded, f"{five}{check_digit(five)}"] if len(digits) <= _CODE_DIGITS else []
        for code in dict.fromkeys(meant):
            if code in self.by_code:
                yield self.by_code[code]


def _columns(line: str, known: Known) -> tuple[str, str]:
    """Who and how much, as they stand in the line; a name between code and value is passed over."""
    if "\t" in line:
        cells = [cell.strip().strip('"') for cell in line.split("\t")]
        filled = [cell for cell in cells if cell]
        who, rest = (filled[0], filled[1:]) if cells[0] and filled else ("", filled)
        value = " ".join(rest[1:] if len(rest) > 1 and _same(who, rest[0], known) else rest)
        return who, value
    plain = line.replace('"', " ").strip()
    who, value = _longest_member(plain, known)
    if known.names_a_member(who):
        further, after = _longest_member(value, known)
        if after and _same(who, further, known):
            value = after
    return who, value


def _longest_member(text: str, known: Known) -> tuple[str, str]:
    """The longest beginning that names a member and the rest; else the first word and the rest."""
    first: tuple[str, str] | None = None
    best: tuple[str, str] | None = None
    for cut in _SEPARATOR.finditer(text[:_LONGEST_LINE]):
        pair = text[: cut.start()], text[cut.end() :]
        first = first or pair
        if known.names_a_member(pair[0]):
            best = pair
    return best or first or (text, "")


def _same(one: str, other: str, known: Known) -> bool:
    """Whether both words mean the same member."""
    if not (known.names_a_member(one) and known.names_a_member(other)):
        return False
    try:
        return known.member(one, "") == known.member(other, "")
    except Invalid:  # a name several members share, beside the code of one of them
        code = known.by_code.get(_word(one).lower())
        return code in known.by_name.get(_word(other), [])


def read_value(text: str, unit: str) -> str:
    """An exact value as typed or as a table has it; raises Invalid for none, several, or no number."""
    if unicodedata.normalize("NFKC", text).strip() in _NO_VALUE:
        raise Invalid("blank-quantity", "値がありません。")
    if _TWO_NUMBERS.search(text):
        raise Invalid("too-many-columns", "値が2つ以上あります。団体と値の2列だけを貼り付けてください。")
    return exact_text(parse_quantity(text, unit))


def is_sum(who: str) -> bool:
    """Whether a row says it is the sum of others."""
    return _word(who) in _SUM_WORDS


def _is_heading(who: str, value: str, known: Known, unit: str) -> bool:
    if known.names_a_member(who) or _CODE_LIKE.fullmatch(_word(who)):
        return False
    try:
        parse_quantity(value, unit)
    except Invalid:
        return True
    return False


def _apart(read: Sequence[_Read]) -> tuple[list[_Read], list[BadLine]]:
    """Lines whose member stands there once, and the others: nobody can know which of two is meant."""
    lines: dict[int, list[int]] = {}
    for one in read:
        lines.setdefault(one.member.tenant_id, []).append(one.number)
    single, repeated = [], []
    for one in read:
        numbers = lines[one.member.tenant_id]
        if len(numbers) == 1:
            single.append(one)
            continue
        others = "、".join(f"{number}行目" for number in numbers if number != one.number)
        repeated.append(
            BadLine(one.number, one.text, f"{one.member.name}が{others}にもあります。どれか1行にしてください。")
        )
    return single, repeated


def _word(text: str) -> str:
    """A code or name as it is compared: NFKC, no blanks, no quotes."""
    return re.sub(r"[\s\"']", "", unicodedata.normalize("NFKC", text))


def total_after(members: Sequence[ValueView], changes: Sequence[Change]) -> Fraction:
    """The sum of all values when the changes are saved."""
    new = {one.tenant_id: one.new for one in changes}
    texts = (new.get(one.tenant_id, one.value) for one in members)
    return sum((Fraction(text) for text in texts if text is not None), Fraction(0))
