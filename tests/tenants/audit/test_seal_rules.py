"""What a comparison of trail, seals and copies finds; pure."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.audit.seals.rules import (
    DayDigest,
    Seal,
    Verdict,
    compare,
    copy_day,
    copy_of,
    copy_parts,
    month_of,
    next_month,
    previous_month,
    seal_day,
)

FIRST = date(2026, 4, 1)
DAYS = (FIRST, date(2026, 5, 1))
TENANT = 7


def chain(count: int) -> tuple[list[DayDigest], list[Seal]]:
    digests = [DayDigest(FIRST + timedelta(days=n), n + 1, f"{n:064x}") for n in range(count)]
    seals: list[Seal] = []
    for one in digests:
        seals.append(seal_day(TENANT, one, seals[-1].sha256 if seals else ""))
    return digests, seals


def verdicts(seals, digests, copies) -> list[Verdict]:
    return [one.verdict for one in compare(TENANT, seals, digests, copies, DAYS)]


class TestCompare:
    def test_finds_an_untouched_month_intact(self):
        digests, seals = chain(5)
        copies = {one.day: copy_of(TENANT, one) for one in seals}
        assert verdicts(seals, digests, copies) == [Verdict.INTACT] * 5
        assert verdicts(seals, digests, None) == [Verdict.UNCOMPARED] * 5

    def test_finds_the_day_that_was_changed_emptied_or_added(self):
        digests, seals = chain(4)
        copies = {one.day: copy_of(TENANT, one) for one in seals}
        changed = [digests[0], replace(digests[1], events_sha256="f" * 64), *digests[2:]]
        assert verdicts(seals, changed, copies)[1] is Verdict.CHANGED
        assert verdicts(seals, [digests[0], *digests[2:]], copies)[1] is Verdict.CHANGED
        without = [seals[0], *seals[2:]]
        assert verdicts(without, digests, {}) == [
            Verdict.COPY_MISSING,
            Verdict.UNSEALED,
            Verdict.CHAIN_BROKEN,
            Verdict.COPY_MISSING,
        ]

    def test_finds_a_day_forged_together_with_its_seal(self):
        digests, seals = chain(4)
        copies = {one.day: copy_of(TENANT, one) for one in seals}
        forged = replace(digests[1], events_sha256="e" * 64)
        new = [seals[0], seal_day(TENANT, forged, seals[0].sha256), *seals[2:]]
        found = verdicts(new, [digests[0], forged, *digests[2:]], copies)
        assert found == [Verdict.INTACT, Verdict.COPY_DIFFERS, Verdict.CHAIN_BROKEN, Verdict.INTACT]

    def test_finds_the_tail_that_was_cut_off_with_its_seals(self):
        digests, seals = chain(4)
        copies = {one.day: copy_of(TENANT, one) for one in seals}
        assert verdicts(seals[:2], digests[:2], copies) == [
            Verdict.INTACT,
            Verdict.INTACT,
            Verdict.SEAL_LOST,
            Verdict.SEAL_LOST,
        ]

    def test_waits_for_the_night_of_the_day_that_is_not_over(self):
        digests, seals = chain(3)
        copies = {one.day: copy_of(TENANT, one) for one in seals[:2]}
        assert verdicts(seals[:2], digests, copies)[2] is Verdict.WAITING

    @given(st.integers(2, 6), st.data())
    def test_notices_every_change_of_every_field_of_a_seal(self, count, data):
        digests, seals = chain(count)
        copies = {one.day: copy_of(TENANT, one) for one in seals}
        place = data.draw(st.integers(0, count - 1))
        changed = data.draw(
            st.sampled_from(
                [
                    {"event_count": 99},
                    {"events_sha256": "a" * 64},
                    {"previous_sha256": "b" * 64},
                    {"sha256": "c" * 64},
                    {"form": 2},
                ]
            )
        )
        forged = [replace(one, **changed) if number == place else one for number, one in enumerate(seals)]
        assert any(one.is_trouble for one in verdicts(forged, digests, copies))
        other = compare(TENANT + 1, seals, digests, copies, DAYS)
        assert all(one.verdict.is_trouble for one in other)


class TestCopies:
    def test_stand_in_one_folder_a_month_and_name_their_day(self):
        parts = copy_parts(FIRST)
        assert parts == ("trail-seals", "2026-04", "2026-04-01.json")
        assert copy_day("tenants/7/" + "/".join(parts)) == FIRST
        assert copy_day("tenants/7/trail-seals/2026-04/readme.txt") is None


class TestMonths:
    @pytest.mark.parametrize("text", ["", "x", "2026-13", "2026-1-1", "9999-12", "1999-12", "\x00", "２０２６年"])
    def test_that_are_none_mean_this_one(self, text):
        assert month_of(text, date(2026, 11, 20)) == (date(2026, 11, 1), date(2026, 12, 1))

    @given(st.dates(date(2000, 1, 1), date(2100, 12, 31)))
    def test_follow_each_other(self, day):
        first = day.replace(day=1)
        assert previous_month(next_month(first)) == first
        assert next_month(first) > day
