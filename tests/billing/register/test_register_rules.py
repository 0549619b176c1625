"""The register's arithmetic: change against last year, when a reason is wanted, who may check, what is frozen."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.bases.register.frozen import frozen_register, own_register, shown_register, unchecked_in, unreasoned_in
from billing.bases.register.rules import (
    CheckView,
    LineView,
    ReasonView,
    RegisterView,
    can_check,
    change_rate,
    is_beyond,
    names_in_short,
    reason_text,
)
from billing.bases.rules import BasisView, Origin, ValueView
from billing.money import exact_text
from tenants.errors import Invalid

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
FIFTH = Fraction(1, 5)
BASIS = BasisView(12, "人口", "人", date(2025, 10, 1), "令和7年国勢調査", 3)
QUANTITIES = st.fractions(min_value=0, max_value=10**9, max_denominator=1000)


def value(name: str, text: str | None, *, by: int = 7, origin: Origin | None = None) -> ValueView:
    return ValueView(2, f"code-{name}", name, text, "財政担当A", NOW, by, 30, origin or Origin())


def line(name: str, text: str | None, last_year: str | None = None, *, checked: bool = False, reason: str = ""):
    check = CheckView(8, "財政担当B", NOW) if checked else None
    return LineView(value(name, text), last_year, check, ReasonView(reason, "財政担当A", NOW) if reason else None, None)


class TestIsBeyond:
    @pytest.mark.parametrize(
        ("last_year", "now", "beyond"),
        [
            ("100", "120", False),
            ("100", "80", False),
            ("100", "1201/10", True),
            ("100", "799/10", True),
            ("0", "0", False),
            ("0", "1", True),
            (None, "5", False),
            ("5", None, False),
            ("5", "0", True),
        ],
    )
    def test_wants_a_reason_only_above_the_threshold(self, last_year: str | None, now: str | None, *, beyond: bool):
        assert is_beyond(last_year, now, FIFTH) is beyond

    @given(QUANTITIES, QUANTITIES, st.fractions(min_value=0, max_value=3, max_denominator=100))
    def test_agrees_with_cross_multiplication(self, last: Fraction, now: Fraction, threshold: Fraction):
        expected = abs(now - last) > threshold * last
        assert is_beyond(exact_text(last), exact_text(now), threshold) is expected

    @given(QUANTITIES.filter(bool), QUANTITIES)
    def test_has_a_rate_that_leads_back_to_the_value(self, last: Fraction, now: Fraction):
        rate = change_rate(exact_text(last), exact_text(now))
        assert rate is not None
        assert last * (1 + rate) == now

    def test_has_no_rate_from_zero(self):
        assert change_rate("0", "5") is None


class TestCanCheck:
    def test_is_for_another_person_only(self):
        assert can_check(value("神戸市", "5"), 8, "財政担当B")
        assert not can_check(value("神戸市", "5"), 7, "別の名前")

    def test_goes_by_the_name_where_no_number_was_kept(self):
        assert not can_check(value("神戸市", "5", by=0), 7, "財政担当A")
        assert can_check(value("神戸市", "5", by=0), 7, "財政担当B")

    def test_needs_a_value(self):
        assert not can_check(value("神戸市", None), 8, "財政担当B")


class TestRegisterView:
    def test_tells_what_is_missing(self):
        lines = (
            line("神戸市", "150", "100", checked=True),
            line("姫路市", "150", "100", reason="合併"),
            line("尼崎市", None, "100"),
            line("明石市", "100", "100", checked=True),
        )
        register = RegisterView(BASIS, FIFTH, None, False, lines, ())
        assert [one.value.name for one in register.missing] == ["尼崎市"]
        assert [one.value.name for one in register.unchecked] == ["姫路市"]
        assert [one.value.name for one in register.remarkable] == ["神戸市", "姫路市"]
        assert [one.value.name for one in register.unreasoned] == ["神戸市"]
        assert not register.is_complete

    def test_is_complete_when_nothing_is_missing(self):
        lines = (line("神戸市", "150", "100", checked=True, reason="合併"),)
        assert RegisterView(BASIS, FIFTH, None, False, lines, ()).is_complete


class TestFrozenRegister:
    def test_keeps_what_approval_asks_for(self):
        lines = (
            line("神戸市", "150", "100", checked=True),
            line("姫路市", "5", "5"),
            line("尼崎市", None, "100"),
        )
        sources = frozen_register([RegisterView(BASIS, FIFTH, None, False, lines, ())])
        frozen = sources["bases"]["b12"]
        assert sorted(frozen["values"]) == ["code-姫路市", "code-神戸市"]
        assert unchecked_in(frozen) == ["姫路市"]
        assert unreasoned_in(frozen) == ["神戸市"]

    def test_names_the_values_own_source_and_day(self):
        own = value("神戸市", "5", origin=Origin("推計", date(2025, 12, 1)))
        register = RegisterView(BASIS, FIFTH, None, False, (LineView(own, None, None, None, None),), ())
        (one,) = frozen_register([register])["bases"]["b12"]["values"].values()
        assert (one["source"], one["as_of"]) == ("令和7年国勢調査(推計)", "2025-12-01")

    def test_gives_a_member_its_own_values_only(self):
        lines = (line("神戸市", "150", "100", checked=True, reason="合併"), line("姫路市", "777", "555"))
        sources = frozen_register([RegisterView(BASIS, FIFTH, None, False, lines, ())])
        (own,) = own_register(sources, "code-神戸市")
        assert (own["value"], own["last_year"], own["rate"], own["reason"]) == ("150", "100", "1/2", "合併")
        assert "777" not in str(own)
        assert own_register(None, "code-神戸市") == []


class TestReasonText:
    def test_is_one_line(self):
        assert reason_text(" 団地が\n完成した ") == "団地が 完成した"

    def test_refuses_a_story(self):
        with pytest.raises(Invalid):
            reason_text("あ" * 301)


def test_names_are_told_in_short():
    assert names_in_short(["甲", "乙"]) == "甲、乙"
    assert names_in_short([str(number) for number in range(8)]) == "0、1、2、3、4 ほか3団体"


class TestShownRegister:
    def test_is_read_by_people(self):
        lines = (line("神戸市", "1498825", "1500000", checked=True),)
        sources = frozen_register([RegisterView(BASIS, FIFTH, None, False, lines, ())])
        (one,) = shown_register(own_register(sources, "code-神戸市"))
        assert (one["value"], one["last_year"], one["rate"]) == ("1,498,825", "1,500,000", "△0.1 %")
        assert one["as_of"] == "令和7年10月1日"
