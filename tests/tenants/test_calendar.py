"""Fiscal years, eras and office holidays, against days everybody knows."""

import contextlib
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants import calendar
from tenants.errors import Invalid

DAYS = st.dates(min_value=date(1873, 1, 1), max_value=date(2199, 12, 31))


class TestFiscalYear:
    @pytest.mark.parametrize(
        ("day", "year"),
        [
            (date(2024, 3, 31), 2023),
            (date(2024, 4, 1), 2024),
            (date(2025, 1, 1), 2024),
            (date(2025, 3, 31), 2024),
        ],
    )
    def test_starts_on_the_first_of_april(self, day, year):
        assert calendar.fiscal_year_of(day) == year

    def test_reads_an_instant_in_japan_time(self):
        assert calendar.fiscal_year_of(datetime(2024, 3, 31, 15, 0, tzinfo=UTC)) == 2024
        assert calendar.fiscal_year_of(datetime(2024, 3, 31, 14, 59, tzinfo=UTC)) == 2023

    def test_refuses_an_instant_without_a_zone(self):
        with pytest.raises(ValueError, match="time zone"):
            calendar.fiscal_year_of(datetime(2024, 4, 1))  # noqa: DTZ001

    @pytest.mark.parametrize(
        ("year", "label"),
        [
            (2024, "令和6年度(2024)"),
            (2019, "令和元年度(2019)"),
            (2018, "平成30年度(2018)"),
            (1989, "平成元年度(1989)"),
            (1988, "昭和63年度(1988)"),
            (1926, "大正15年度(1926)"),
            (1912, "明治45年度(1912)"),
        ],
    )
    def test_is_labelled_in_eras(self, year, label):
        assert calendar.fiscal_year_label(year) == label

    @given(st.integers(1873, 2199))
    def test_label_reads_back(self, year):
        assert calendar.parse_fiscal_year(calendar.fiscal_year_label(year)) == year
        assert calendar.parse_fiscal_year(calendar.fiscal_year_name(year)) == year
        assert calendar.parse_fiscal_year(str(year)) == year
        assert calendar.parse_fiscal_year(calendar.fiscal_year_code(year)) == year

    @given(DAYS)
    def test_day_lies_between_start_and_end(self, day):
        year = calendar.fiscal_year_of(day)
        assert calendar.fiscal_year_start(year) <= day <= calendar.fiscal_year_end(year)

    @pytest.mark.parametrize(
        ("text", "year"),
        [
            ("R6", 2024),
            ("r6", 2024),
            ("Ｒ６", 2024),
            ("令和6年度", 2024),
            ("令和 ６ 年度", 2024),
            ("2024", 2024),
            ("２０２４年度", 2024),
            ("令和元年度", 2019),
            ("平成31年度", 2019),
            ("H31", 2019),
            ("昭和48", 1973),
        ],
    )
    def test_is_read_as_people_write_it(self, text, year):
        assert calendar.parse_fiscal_year(text) == year

    @pytest.mark.parametrize(
        "text",
        ["", "6", "R0", "R", "平成32年度", "令和6年度(2023)", "1000", "9999", "R6.4.1", "=2024", "R" * 500],
    )
    def test_refuses_what_is_no_fiscal_year_in_japanese(self, text):
        with pytest.raises(Invalid, match="年度として読み取れません") as refused:
            calendar.parse_fiscal_year(text)
        assert refused.value.code == "bad-fiscal-year"


class TestJapaneseDate:
    @pytest.mark.parametrize(
        ("day", "text"),
        [
            (date(2024, 4, 1), "令和6年4月1日"),
            (date(2019, 5, 1), "令和元年5月1日"),
            (date(2019, 4, 30), "平成31年4月30日"),
            (date(1989, 1, 8), "平成元年1月8日"),
            (date(1989, 1, 7), "昭和64年1月7日"),
            (date(1926, 12, 25), "昭和元年12月25日"),
            (date(1926, 12, 24), "大正15年12月24日"),
            (date(1912, 7, 30), "大正元年7月30日"),
            (date(1912, 7, 29), "明治45年7月29日"),
            (date(1873, 1, 1), "明治6年1月1日"),
            (date(1872, 12, 31), "1872年12月31日"),
        ],
    )
    def test_names_the_era(self, day, text):
        assert calendar.japanese_date(day) == text

    def test_shows_the_weekday(self):
        assert calendar.japanese_date_with_weekday(date(2024, 11, 18)) == "令和6年11月18日(月)"

    @given(DAYS)
    def test_reads_back(self, day):
        assert calendar.parse_japanese_date(calendar.japanese_date(day)) == day
        assert calendar.parse_japanese_date(calendar.japanese_date_with_weekday(day)) == day
        assert calendar.parse_japanese_date(day.isoformat()) == day

    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("2024-04-01", date(2024, 4, 1)),
            ("2024/4/1", date(2024, 4, 1)),
            ("2024年4月1日", date(2024, 4, 1)),
            ("20240401", date(2024, 4, 1)),
            ("R6.4.1", date(2024, 4, 1)),
            ("r6/4/1", date(2024, 4, 1)),
            ("Ｒ６．４．１", date(2024, 4, 1)),
            ("令和6年4月1日", date(2024, 4, 1)),
            ("令和６年 ４月 １日", date(2024, 4, 1)),
            ("㋿6年4月1日", date(2024, 4, 1)),
            ("S48.4.1", date(1973, 4, 1)),
            ("昭和48年4月1日", date(1973, 4, 1)),
            ("令和元年5月1日", date(2019, 5, 1)),
            ("H31.4.30", date(2019, 4, 30)),
        ],
    )
    def test_is_read_as_people_write_it(self, text, day):
        assert calendar.parse_japanese_date(text) == day

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "読み取れません"),
            ("きのう", "読み取れません"),
            ("2024-04/01", "読み取れません"),
            ("2024-02-30", "存在しない"),
            ("令和6年13月1日", "存在しない"),
            ("平成31年5月1日", "平成の期間にありません"),
            ("令和元年4月30日", "令和の期間にありません"),
            ("昭和64年1月8日", "昭和の期間にありません"),
            ("令和6年11月18日(火)", "曜日"),
            ("0001-01-01", "年を確かめて"),
            ("٢٠٢٤-04-01", "読み取れません"),
        ],
    )
    def test_refuses_in_japanese(self, text, says):
        with pytest.raises(Invalid, match=says) as refused:
            calendar.parse_japanese_date(text)
        assert refused.value.code == "bad-date"

    @given(st.text(max_size=30))
    def test_any_text_is_read_or_refused(self, text):
        with contextlib.suppress(Invalid):
            assert date(1873, 1, 1) <= calendar.parse_japanese_date(text)


class TestOfficeHolidays:
    @pytest.mark.parametrize(
        "day",
        [
            date(2024, 11, 16),
            date(2024, 11, 17),
            date(2024, 11, 4),
            date(2024, 12, 29),
            date(2024, 12, 31),
            date(2025, 1, 3),
            date(2025, 5, 6),
        ],
    )
    def test_closes_the_office(self, day):
        assert calendar.is_office_holiday(day)

    @pytest.mark.parametrize("day", [date(2024, 11, 18), date(2023, 12, 28), date(2024, 1, 4)])
    def test_leaves_the_office_open(self, day):
        assert not calendar.is_office_holiday(day)

    def test_next_and_previous_step_over_the_new_year(self):
        assert calendar.next_business_day(date(2023, 12, 28)) == date(2024, 1, 4)
        assert calendar.previous_business_day(date(2024, 1, 4)) == date(2023, 12, 28)

    @given(st.dates(min_value=date(2000, 1, 1), max_value=date(2050, 1, 1)))
    def test_next_is_open_and_nothing_between_is(self, day):
        found = calendar.next_business_day(day)
        assert not calendar.is_office_holiday(found)
        between = [day + timedelta(days=step) for step in range(1, (found - day).days)]
        assert all(calendar.is_office_holiday(each) for each in between)

    def test_week_starts_on_monday(self):
        assert calendar.start_of_week(date(2024, 11, 24)) == date(2024, 11, 18)
        assert calendar.start_of_week(date(2024, 11, 18)) == date(2024, 11, 18)
