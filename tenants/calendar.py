"""Dates as Japanese offices count them: fiscal years, eras, office holidays; pure values, no clock."""

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone

import jpholiday

from tenants.errors import Invalid

JST = timezone(timedelta(hours=9), "JST")
"""Japan Standard Time; a fixed offset, since Japan has had no summer time since 1951."""

FISCAL_YEAR_FIRST_MONTH = 4
"""地方自治法 第208条: the fiscal year runs from 1 April to 31 March."""

# (name, letter, first day, year before its year 1), newest first. Meiji starts at year 6: before 1873 Japan
# counted by another calendar, so a Gregorian date cannot be written in it.
_ERAS = (
    ("令和", "R", date(2019, 5, 1), 2018),
    ("平成", "H", date(1989, 1, 8), 1988),
    ("昭和", "S", date(1926, 12, 25), 1925),
    ("大正", "T", date(1912, 7, 30), 1911),
    ("明治", "M", date(1873, 1, 1), 1867),
)
_WEEKDAYS = "月火水木金土日"
_ERA_WORDS = "|".join(f"{name}|{letter}" for name, letter, _, _ in _ERAS)
_WESTERN_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{1,2})-|/([0-9]{1,2})/|\.([0-9]{1,2})\.|年([0-9]{1,2})月)([0-9]{1,2})日?"
)
_COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_ERA_DATE = re.compile(
    rf"({_ERA_WORDS})([0-9]{{1,3}}|元)(?:-([0-9]{{1,2}})-|/([0-9]{{1,2}})/|\.([0-9]{{1,2}})\.|年([0-9]{{1,2}})月)([0-9]{{1,2}})日?",
    re.IGNORECASE,
)
_WEEKDAY_TAIL = re.compile(rf"\(([{_WEEKDAYS}])\)$")
_WESTERN_YEAR = re.compile(r"([0-9]{4})(?:年度)?")
_ERA_YEAR = re.compile(rf"({_ERA_WORDS})([0-9]{{1,3}}|元)(?:年度)?(?:\(([0-9]{{4}})\))?", re.IGNORECASE)
# A person may type a year; nothing this product handles lies outside of these.
_FIRST_YEAR, _LAST_YEAR = 1873, 2199


def fiscal_year_of(day: date) -> int:
    """The fiscal year ``day`` belongs to; an aware instant is read in Japan Standard Time first."""
    day = _as_day(day)
    return day.year if day.month >= FISCAL_YEAR_FIRST_MONTH else day.year - 1


def fiscal_year_start(fiscal_year: int) -> date:
    """The first day of ``fiscal_year``."""
    return date(fiscal_year, FISCAL_YEAR_FIRST_MONTH, 1)


def fiscal_year_end(fiscal_year: int) -> date:
    """The last day of ``fiscal_year``, 31 March of the next calendar year."""
    return fiscal_year_start(fiscal_year + 1) - timedelta(days=1)


def fiscal_year_name(fiscal_year: int) -> str:
    """The fiscal year in eras, as 「令和6年度」; 2019 is 「令和元年度」, as ministries wrote it."""
    # 1 May decides: the one era that began inside April to May (Reiwa) gave its whole fiscal year its name.
    name, year = _era_year(date(fiscal_year, 5, 1))
    return f"{name}{year}年度"


def fiscal_year_label(fiscal_year: int) -> str:
    """The fiscal year for people, with the western year beside it: 「令和6年度(2024)」."""
    return f"{fiscal_year_name(fiscal_year)}({fiscal_year})"


def fiscal_year_code(fiscal_year: int) -> str:
    """The fiscal year in ASCII for file names and document numbers: ``r6`` (2024), ``h30`` (2018)."""
    day = date(fiscal_year, 5, 1)
    letter, offset = next((letter, before) for _, letter, first, before in _ERAS if day >= first)
    return f"{letter.lower()}{fiscal_year - offset}"


def japanese_date(day: date) -> str:
    """The day in eras, as 「令和6年4月1日」; year 1 is 元年. Days before 1873 keep the western year."""
    day = _as_day(day)
    if day < _ERAS[-1][2]:
        return f"{day.year}年{day.month}月{day.day}日"
    name, year = _era_year(day)
    return f"{name}{year}年{day.month}月{day.day}日"


def japanese_date_with_weekday(day: date) -> str:
    """The day in eras with its weekday, as 「令和6年11月18日(月)」."""
    return f"{japanese_date(day)}({_WEEKDAYS[_as_day(day).weekday()]})"


def parse_japanese_date(text: str) -> date:
    """The day a person wrote, western (2024-04-01, 2024/4/1) or in eras (R6.4.1, 令和6年4月1日, S48.4.1).

    Full-width digits and spaces are accepted. Raises ``Invalid`` (``bad-date``) with a Japanese message when
    it cannot be read, does not exist, lies outside the named era, or contradicts a weekday written behind it.
    """
    plain = _plain(text)
    tail = _WEEKDAY_TAIL.search(plain)
    body = plain[: tail.start()] if tail else plain
    day = _read_day(body, text)
    if tail and _WEEKDAYS[day.weekday()] != tail[1]:
        raise Invalid(
            "bad-date", f"「{_shown(text)}」の曜日が日付と合いません({japanese_date_with_weekday(day)}です)。"
        )
    return day


def parse_fiscal_year(text: str) -> int:
    """The fiscal year a person wrote: ``R6``, 「令和6年度」, ``2024``, 「令和元年度」, 「令和6年度(2024)」.

    平成31年度 and 令和元年度 are both 2019. Raises ``Invalid`` (``bad-fiscal-year``) with a Japanese message.
    """
    plain = _plain(text)
    refusal = Invalid(
        "bad-fiscal-year",
        f"「{_shown(text)}」を年度として読み取れません。「令和6年度」「R6」「2024」のように入力してください。",
    )
    if western := _WESTERN_YEAR.fullmatch(plain):
        year = int(western[1])
    elif (era := _ERA_YEAR.fullmatch(plain)) is not None:
        index = _era_index(era[1])
        year = _ERAS[index][3] + _number(era[2])
        last = _ERAS[index - 1][2].year if index else _LAST_YEAR
        # The year an era ended in still bore its name (平成31年度), later ones never did.
        if not _ERAS[index][2].year <= year <= last or (era[3] and int(era[3]) != year):
            raise refusal
    else:
        raise refusal
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise refusal
    return year


def is_office_holiday(day: date) -> bool:
    """Whether municipal offices are closed: Saturdays, Sundays, public holidays, 29 December to 3 January.

    Source: 地方自治法 第4条の2 and the ordinances under it; public holidays from the ``jpholiday`` library.
    """
    day = _as_day(day)
    year_end = (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3)  # noqa: PLR2004
    return day.weekday() >= _WEEKDAYS.index("土") or year_end or bool(jpholiday.is_holiday(day))


def next_business_day(day: date) -> date:
    """The first day after ``day`` on which offices are open."""
    return _step(day, 1)


def previous_business_day(day: date) -> date:
    """The last day before ``day`` on which offices are open."""
    return _step(day, -1)


def start_of_week(day: date) -> date:
    """The Monday of the week ``day`` lies in."""
    day = _as_day(day)
    return day - timedelta(days=day.weekday())


def _as_day(day: date) -> date:
    """The calendar day in Japan; a naive instant is a programming error, since nobody knows where it is."""
    if not isinstance(day, datetime):
        return day
    if day.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return day.astimezone(JST).date()


def _step(day: date, days: int) -> date:
    day = _as_day(day) + timedelta(days=days)
    while is_office_holiday(day):
        day += timedelta(days=days)
    return day


def _era_year(day: date) -> tuple[str, str]:
    name, _, _, before = next(era for era in _ERAS if day >= era[2])
    return name, "元" if day.year - before == 1 else str(day.year - before)


def _era_index(word: str) -> int:
    return next(index for index, era in enumerate(_ERAS) if word.upper() in era[:2])


def _number(text: str) -> int:
    return 1 if text == "元" else int(text)


def _plain(text: str) -> str:
    """Full-width signs as half-width, without spaces; 「㋿」 becomes 令和."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).replace("−", "-")


def _shown(text: str) -> str:
    """What was typed, short enough for a message."""
    return text if len(text) <= 20 else text[:20] + "…"  # noqa: PLR2004  (a message stays one line)


def _read_day(body: str, text: str) -> date:
    matched = _WESTERN_DATE.fullmatch(body) or _COMPACT_DATE.fullmatch(body)
    era = _ERA_DATE.fullmatch(body)
    if matched is None and era is None:
        raise Invalid(
            "bad-date",
            f"「{_shown(text)}」を日付として読み取れません。「令和6年4月1日」「R6.4.1」「2024-04-01」のように入力してください。",
        )
    groups = [group for group in (matched or era).groups() if group is not None]  # type: ignore[union-attr]
    if era is None:
        return _existing(int(groups[0]), int(groups[1]), int(groups[2]), text)
    index = _era_index(groups[0])
    name, _, first, before = _ERAS[index]
    day = _existing(before + _number(groups[1]), int(groups[2]), int(groups[3]), text)
    last = _ERAS[index - 1][2] - timedelta(days=1) if index else date.max
    if not first <= day <= last:
        raise Invalid("bad-date", f"「{_shown(text)}」は{name}の期間にありません({japanese_date(day)}のことですか)。")
    return day


def _existing(year: int, month: int, day: int, text: str) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise Invalid("bad-date", f"「{_shown(text)}」は存在しない日付です。") from None
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise Invalid("bad-date", f"「{_shown(text)}」の年を確かめてください。")
    return found
