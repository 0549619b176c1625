"""Lines of 「団体コードまたは団体名<tab>係数」 as people type or paste them, read exactly and written back the same."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from billing.money import exact_text
from billing.shares import parse_share
from tenants.errors import Invalid

EXCLUDED = "除外"
_MARKS_SHOWN = 5
"""More faulty lines than this are counted, not listed: a person corrects a few at a time."""
_BLANKS = re.compile(r"[ \u3000,、]+")


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation that a line may name."""

    code: str
    name: str


@dataclass(slots=True)
class MemberLines:
    """What the lines say, by code; ``faults`` are sentences with the number of the line, first ``code`` first."""

    factors: dict[str, str] = field(default_factory=dict)
    exclude: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    code: str = ""

    @property
    def message(self) -> str:
        """Every fault in one text for the field."""
        shown = "".join(self.faults[:_MARKS_SHOWN])
        rest = len(self.faults) - _MARKS_SHOWN
        return f"{shown}ほか{rest}行も確かめてください。" if rest > 0 else shown


def read_member_lines(text: str, known: Iterable[Organisation], *, may_exclude: bool) -> MemberLines:
    """Read one organisation a line with an exact fraction, or 除外 where that is allowed; blank lines are skipped.

    The code may be followed by the name in a column of its own, as the form shows saved lines.
    """
    find = _finder(known)
    read = MemberLines()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            _read_line(line, find, read, may_exclude=may_exclude)
        except Invalid as fault:
            read.faults.append(f"{number}行目: {fault.message}")
            read.code = read.code or fault.code
    return read


def _read_line(line: str, find: Callable[[str], Organisation], read: MemberLines, *, may_exclude: bool) -> None:
    columns = columns_of(line)
    if len(columns) < 2:  # noqa: PLR2004  (an organisation and a value)
        example = "「猪名川町<タブ>1/2」" + ("や「猪名川町<タブ>除外」" if may_exclude else "")
        raise Invalid("bad-line", f"団体と値を1つずつ、{example}のように入力してください。")
    one = _named(columns[:-1], find)
    if one.code in read.factors or one.code in read.exclude:
        raise Invalid("duplicate-code", f"{one.name}が2回以上書かれています。")
    if may_exclude and _plain(columns[-1]) == EXCLUDED:
        read.exclude.append(one.code)
    else:
        read.factors[one.code] = exact_text(parse_share(columns[-1]))


def columns_of(line: str) -> list[str]:
    """Columns between tabs; without a tab, blanks and commas part the line."""
    parts = line.split("\t") if "\t" in line.strip() else _BLANKS.split(line)
    return [part.strip() for part in parts if part.strip()]


def _named(columns: list[str], find: Callable[[str], Organisation]) -> Organisation:
    """A code or a name (which may hold blanks), or a code with its name beside it."""
    try:
        return find(" ".join(columns))
    except Invalid:
        if len(columns) == 1:
            raise
    one, beside = find(columns[0]), find(" ".join(columns[1:]))
    if one != beside:
        raise Invalid("unknown-member", f"「{columns[0]}」と「{beside.name}」は別の団体です。")
    return one


def named(columns: list[str], known: Iterable[Organisation]) -> Organisation:
    """The organisation that one line's columns name. Raises Invalid for none, or more than one."""
    return _named(columns, _finder(known))


def _finder(known: Iterable[Organisation]) -> Callable[[str], Organisation]:
    by_code: dict[str, Organisation] = {}
    by_name: dict[str, list[Organisation]] = {}
    for one in known:
        by_code[_plain(one.code)] = one
        by_name.setdefault(_plain(one.name), []).append(one)

    def find(text: str) -> Organisation:
        plain = _plain(text)
        if plain in by_code:
            return by_code[plain]
        named = by_name.get(plain, [])
        if len(named) > 1:
            raise Invalid("unknown-member", f"「{text}」という名前の団体が複数あります。団体コードで入力してください。")
        if not named:
            raise Invalid("unknown-member", f"「{text}」はこの事業の構成団体ではありません。")
        return named[0]

    return find


def _plain(text: str) -> str:
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).strip()


def member_lines(factors: Mapping[str, str], exclude: Iterable[str], names: Mapping[str, str]) -> str:
    """The lines that say the same again, by code: the name where it is the only one so called, else the code."""
    times = Counter(_plain(name) for name in names.values())
    values = {**factors, **dict.fromkeys(exclude, EXCLUDED)}
    return "\n".join(
        f"{names[code] if times[_plain(names.get(code, ''))] == 1 else code}\t{value}"
        for code, value in sorted(values.items())
    )
