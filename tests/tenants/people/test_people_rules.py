"""Pure rules of people: days, pauses, who must stay, codes on slips."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.context import Role
from tenants.people.invitations.rules import code_of, handle_in, new_handle, written_code
from tenants.people.rules import LastAdministrator, Standing, check_somebody_administers, roles_of

TODAY = date(2026, 11, 21)
SECRET = "s" * 40
DAY = timedelta(days=1)


class TestStanding:
    def test_holds_on_its_first_and_last_day(self):
        one = Standing(TODAY, TODAY + DAY)
        assert [one.holds_on(TODAY + DAY * n) for n in (-1, 0, 1, 2)] == [False, True, True, False]

    def test_rests_during_its_pause_and_comes_back_by_itself(self):
        one = Standing(TODAY - DAY, None, TODAY, TODAY + DAY)
        assert [one.holds_on(TODAY + DAY * n) for n in (-1, 0, 1, 2)] == [True, False, False, True]
        assert not Standing(TODAY - DAY, None, TODAY).holds_on(date(2099, 1, 1))

    def test_says_in_words_where_it_stands(self):
        said = {
            "利用中": Standing(TODAY),
            "開始前": Standing(TODAY + DAY),
            "終了": Standing(TODAY - DAY, TODAY - DAY),
            "取り消し": Standing(TODAY, TODAY - DAY),
            "停止中": Standing(TODAY, suspended=True),
            "休止中": Standing(TODAY - DAY, None, TODAY),
        }
        assert {word: one.status(TODAY).label for word, one in said.items()} == {word: word for word in said}


class TestRoles:
    def test_of_the_prefecture_and_of_towns_never_mix(self):
        assert not set(roles_of(1)) & set(roles_of(2))
        assert set(roles_of(1)) | set(roles_of(2)) == set(Role)


class TestAdministrators:
    def test_may_go_while_another_stays(self):
        check_somebody_administers([Standing(TODAY)] * 2, [Standing(TODAY), Standing(TODAY - DAY, TODAY)], TODAY)

    def test_may_not_all_end_even_later(self):
        with pytest.raises(LastAdministrator):
            check_somebody_administers([Standing(TODAY)], [Standing(TODAY, TODAY + 30 * DAY)], TODAY)

    def test_may_not_all_rest_or_be_stopped(self):
        for after in (Standing(TODAY, paused_from=TODAY + DAY), Standing(TODAY, suspended=True)):
            with pytest.raises(LastAdministrator):
                check_somebody_administers([Standing(TODAY)], [after], TODAY)

    def test_that_are_missing_anyway_stop_nothing(self):
        check_somebody_administers([Standing(TODAY, TODAY)], [Standing(TODAY, TODAY)], TODAY)


class TestCode:
    def test_leads_back_to_its_handle_however_it_is_typed(self):
        handle = new_handle()
        code = code_of(handle, SECRET)
        assert len(code) == 24
        for typed in (code, written_code(code).lower(), code.replace("0", "O").replace("1", "l"), f" {code} "):
            assert handle_in(typed, SECRET) == handle
        assert handle_in(code, "t" * 40) is None

    def test_of_another_handle_proves_nothing(self):
        first, second = code_of(new_handle(), SECRET), code_of(new_handle(), SECRET)
        assert handle_in(first[:10] + second[10:], SECRET) is None

    @given(st.text(max_size=80))
    def test_is_never_guessed_by_noise(self, text: str):
        assert handle_in(text, SECRET) is None
