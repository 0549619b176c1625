"""Pure rules of transfers: what holds on the day, what rests, what comes back, and that twice is once."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.context import Role
from tenants.errors import Invalid
from tenants.people.rules import Standing
from tenants.transfers.exports import template_rows
from tenants.transfers.forms import COLUMNS, EMAIL, MOVEMENT, NAME, RETURN, ROLES, SUCCESSOR, UNTIL
from tenants.transfers.planning import Plan, Situation, plan_lines
from tenants.transfers.reading import rows_of_text
from tenants.transfers.rules import Held, Kind, Present, leaving, next_effective_day, resting, staying

TODAY, DAY_ONE = date(2027, 2, 10), date(2027, 4, 1)
DAY = timedelta(days=1)
ADMIN = Present(1, "管理 一", "admin@town.example.jp", (Held(1, Role.TOWN_ADMIN, Standing(date(2020, 4, 1)), 1),))


def _person(number: int, *roles: Role, standing: Standing | None = None) -> Present:
    held = tuple(
        Held(number * 10 + place, role, standing or Standing(date(2024, 4, 1)), 1) for place, role in enumerate(roles)
    )
    return Present(number, f"人 {number}", f"p{number}@town.example.jp", held)


def _plan(*rows: dict[str, str], people: list[Present]) -> Plan:
    return plan_lines(list(enumerate(rows, start=2)), Situation(2, [ADMIN, *people], [], DAY_ONE, TODAY))


def _row(person: Present, **cells: str) -> dict[str, str]:
    names = {"movement": MOVEMENT, "until": UNTIL, "back": RETURN, "to": SUCCESSOR, "role": ROLES[0], "more": ROLES[1]}
    return {EMAIL: person.email, NAME: person.name, **{names[name]: text for name, text in cells.items()}}


class TestTheDay:
    def test_is_the_first_of_the_coming_fiscal_year(self):
        assert next_effective_day(date(2027, 3, 31)) == date(2027, 4, 1)
        assert next_effective_day(date(2027, 4, 1)) == date(2028, 4, 1)

    def test_separates_what_ends_from_what_begins_without_a_gap(self):
        one = _person(2, Role.TOWN_STAFF)
        (line,) = _plan(_row(one, role="市町 財政担当"), people=[one]).lines
        assert line.kind is Kind.CHANGE
        begun, ended = line.changes
        assert (ended.after.holds_on(DAY_ONE - DAY), ended.after.holds_on(DAY_ONE)) == (True, False)
        assert (begun.after.holds_on(DAY_ONE - DAY), begun.after.holds_on(DAY_ONE)) == (False, True)

    def test_begins_a_role_again_that_ended_long_ago(self):
        old = Standing(date(2020, 4, 1), date(2022, 3, 31))
        assert staying(old, DAY_ONE, None, TODAY) == Standing(DAY_ONE)

    def test_bridges_days_without_the_role_by_a_pause(self):
        ending = Standing(date(2020, 4, 1), date(2027, 2, 28))
        after = staying(ending, DAY_ONE, None, TODAY)
        assert [after.holds_on(day) for day in (date(2027, 2, 28), date(2027, 3, 1), DAY_ONE - DAY, DAY_ONE)] == [
            True,
            False,
            False,
            True,
        ]

    def test_calls_off_what_was_to_begin_later(self):
        after = leaving(Standing(DAY_ONE + 30 * DAY), DAY_ONE)
        assert after.never_was

    def test_lets_somebody_rest_until_the_day_before_the_return(self):
        after = resting(Standing(date(2020, 4, 1)), DAY_ONE, date(2028, 4, 1))
        assert [after.holds_on(day) for day in (DAY_ONE - DAY, DAY_ONE, date(2028, 3, 31), date(2028, 4, 1))] == [
            True,
            False,
            False,
            True,
        ]

    @given(
        st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        st.none() | st.integers(0, 2000),
        st.none() | st.dates(DAY_ONE, date(2031, 1, 1)),
    )
    def test_is_reached_the_same_way_twice(self, first: date, length: int | None, until: date | None):
        old = Standing(first, first + length * DAY if length is not None else None)
        for move in (
            lambda one: staying(one, DAY_ONE, until, TODAY),
            lambda one: leaving(one, DAY_ONE),
            lambda one: resting(one, DAY_ONE, DAY_ONE + 90 * DAY),
        ):
            once = move(old)
            assert move(once) == once
        assert staying(old, DAY_ONE, until, TODAY).holds_on(DAY_ONE)
        assert not leaving(old, DAY_ONE).holds_on(DAY_ONE)
        assert not resting(old, DAY_ONE, None).holds_on(DAY_ONE)
        for day in (TODAY, DAY_ONE - DAY):
            assert staying(old, DAY_ONE, until, TODAY).holds_on(day) == (old.holds_on(day) and first <= day)


class TestLine:
    def test_of_the_template_unchanged_changes_nothing(self):
        people = [
            _person(2, Role.TOWN_STAFF),
            _person(3, Role.TOWN_FINANCE, Role.TOWN_ADMIN),
            _person(4, Role.CONSULTANT, standing=Standing(date(2026, 4, 1), date(2028, 3, 31))),
            _person(5, Role.TOWN_STAFF, standing=Standing(date(2020, 4, 1), None, date(2027, 1, 1), date(2027, 9, 30))),
            _person(6, Role.TOWN_STAFF, standing=Standing(date(2020, 4, 1), date(2027, 2, 28))),
        ]
        rows = template_rows([ADMIN, *people], DAY_ONE)
        assert {row[EMAIL] for row in rows} == {one.email for one in [ADMIN, *people[:4]]}
        plan = _plan(*rows, people=people)
        assert {line.kind for line in plan.lines} == {Kind.SAME}
        assert set(rows[0]) == set(COLUMNS)

    def test_of_somebody_unknown_is_an_invitation(self):
        stranger = Present(0, "新任 花子", "new@town.example.jp", ())
        (line,) = _plan(_row(stranger, role="市町 担当者"), people=[]).lines
        assert line.kind is Kind.NEW
        assert line.invitation is not None
        assert line.invitation.valid_from == DAY_ONE

    def test_says_what_is_wrong_at_each_cell(self):
        one, two = _person(2, Role.TOWN_STAFF), _person(3, Role.TOWN_STAFF)
        nobody = Present(0, "", "nobody@town.example.jp", ())
        plan = _plan(
            _row(one, role="県 財政担当", until="いつか"),
            _row(two, movement="休職・出向", back="2027-04-01", to="who@town.example.jp"),
            _row(two, role="市町 担当者"),
            _row(nobody, role="市町 担当者"),
            _row(nobody, movement="転出・退職"),
            {EMAIL: "no address", MOVEMENT: "左遷"},
            _row(one, role="外部専門家"),
            people=[one, two],
        )
        found = [sorted(line.faults) for line in plan.lines]
        assert found == [
            sorted([ROLES[0], UNTIL]),
            sorted([RETURN, SUCCESSOR]),
            [EMAIL],
            [NAME],
            sorted([EMAIL, MOVEMENT]),
            sorted([EMAIL, NAME, MOVEMENT, ROLES[0]]),
            [EMAIL],
        ]
        assert not plan.can_apply

    def test_needs_a_last_day_for_outsiders(self):
        one = _person(2, Role.TOWN_STAFF)
        assert _plan(_row(one, role="現地調査員"), people=[one]).lines[0].faults.keys() == {UNTIL}
        assert _plan(_row(one, role="現地調査員", until="R10.3.31"), people=[one]).can_apply

    def test_takes_the_last_day_away_only_when_told(self):
        one = _person(2, Role.TOWN_STAFF, standing=Standing(date(2020, 4, 1), date(2028, 3, 31)))
        assert _plan(_row(one, role="市町 担当者"), people=[one]).lines[0].kind is Kind.SAME
        (line,) = _plan(_row(one, role="市町 担当者", until="なし"), people=[one]).lines
        assert line.changes[0].after.valid_to is None

    def test_names_a_successor_who_stays(self):
        one, two = _person(2, Role.TOWN_STAFF), _person(3, Role.TOWN_STAFF)
        plan = _plan(_row(one, movement="転出・退職", to=two.email), _row(two, role="市町 担当者"), people=[one, two])
        assert plan.lines[0].successor_id == two.id
        gone = _plan(
            _row(one, movement="転出・退職", to=two.email), _row(two, movement="転出・退職"), people=[one, two]
        )
        assert gone.lines[0].faults.keys() == {SUCCESSOR}


class TestPlan:
    def test_never_leaves_a_day_without_an_administrator(self):
        plan = _plan(_row(ADMIN, movement="転出・退職"), people=[])
        assert "管理者が一人もいなくなる" in plan.fault
        second = _person(2, Role.TOWN_STAFF)
        passed_on = _plan(_row(ADMIN, movement="転出・退職"), _row(second, role="市町 管理者"), people=[second])
        assert passed_on.can_apply


class TestPastedRows:
    @pytest.mark.parametrize("text", [f"{EMAIL}\ra@town.example.jp", f"{EMAIL}\n{'a' * 131_073}"], ids=["cr", "long"])
    def test_that_are_no_table_are_refused_at_their_field(self, text: str):
        with pytest.raises(Invalid) as refused:
            rows_of_text(text)
        assert "読み取れません" in refused.value.fields["rows"]
