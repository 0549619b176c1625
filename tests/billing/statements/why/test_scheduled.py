"""Every payment is explained from what was notified, and no reason is given that is not so."""

from dataclasses import asdict
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.statements.why.claims import claim_section
from billing.statements.why.scheduled import due_anchor, schedule_section
from billing.years.instalments.rules import Instalment, from_plain, plain, schedule
from tests.billing.statements.why.reading import check_line, operands

START = date(2026, 4, 30)
SETTLED = date(2027, 5, 31)
DUE_ALREADY = "承認の日までに納期限が来ている"


def content_with(lines, invoice, *, previous=None):
    """As much of a statement's content as its payments are explained from."""
    issued = sum(one.notified_yen for one in lines)
    return {
        "schedule": [{**asdict(one), "due_date": one.due_date and one.due_date.isoformat()} for one in lines],
        "previous": {"document_number": "R8-1-1", "invoice_yen": issued} if previous is not None else None,
        "gross_yen": invoice,
        "burden_yen": invoice,
        "invoice_yen": invoice,
        "invoice_unit_yen": 1,
        "invoice_mode": "floor",
        "invoice_words": "1円未満切捨て",
        "instalments_yen": [invoice],
        "issued_yen": issued,
        "difference_yen": invoice - issued,
    }


def explained(lines, invoice, *, previous=None, unit=1):
    """The steps of the claim and of the payments, by anchor; every line of theirs computed again."""
    content = content_with(lines, invoice, previous=previous)
    section = schedule_section(7, content, unit)
    steps = {one.anchor: one for one in (*claim_section(6, content, [], unit).steps, *section.steps)}
    for step in steps.values():
        last = [check_line(line) for line in step.arithmetic][-1]
        assert last.low <= step.result <= last.high, step
        figures = [one for line in step.arithmetic for one in operands(line)]
        for name in set(step.uses) - {"gross"}:
            assert any(one.low <= steps[name].result <= one.high for one in figures), (step, name)
    for one, line in zip(lines, content["schedule"], strict=True):
        assert steps[due_anchor(line)].result == one.yen
    return steps


def rules(steps):
    return {name: step.rule for name, step in steps.items()}


amounts = st.integers(0, 3000)


class TestEveryPayment:
    @settings(deadline=None)
    @given(
        st.integers(1, 5),
        amounts,
        st.lists(st.tuples(amounts, st.integers(0, 400)), max_size=4),
        st.sampled_from([1, 100]),
    )
    def test_is_computed_again_through_a_year_of_changes(self, count, invoice, changes, unit):
        dues = tuple(START + timedelta(days=60 * place) for place in range(count))
        each = invoice // count // unit * unit
        lines = schedule(None, invoice, [invoice - each * (count - 1)] + [each] * (count - 1), dues, START)
        explained(lines, invoice, unit=unit)
        today = START
        for changed, days in changes:
            today += timedelta(days=days)
            previous = from_plain(plain(lines))
            lines = schedule(previous, changed, [], dues, today, settlement_due=SETTLED)
            steps = explained(lines, changed, previous=previous)
            assert steps["difference"].result == changed - sum(one.yen for one in previous)
            dates = {one.number: one.due_date for one in previous}
            for one in lines:
                if DUE_ALREADY in steps[f"due-{one.number}"].rule:
                    assert dates[one.number] is not None, one
                    assert dates[one.number] <= today, one


class TestWords:
    NOTIFIED = tuple(Instalment(place, START + timedelta(days=90 * place), 100) for place in range(1, 5))
    DUES = tuple(one.due_date for one in NOTIFIED)
    AFTER_THE_FIRST = START + timedelta(days=100)

    def _told(self, invoice, today=AFTER_THE_FIRST, **options):
        lines = schedule(self.NOTIFIED, invoice, [], self.DUES, today, **options)
        return explained(lines, invoice, previous=self.NOTIFIED)

    def test_say_that_nothing_past_moves_and_the_next_takes_what_is_more(self):
        told = self._told(450)
        said = rules(told)
        assert DUE_ALREADY in said["due-1"]
        assert "これから納期限が来る最初の期" in said["due-2"]
        assert told["due-2"].arithmetic == ("100円 + 50円 = 150円",)
        assert "増減はほかの期ですべて加えた" in said["due-3"]
        assert "文書番号 R8-1-1" in said["notified"]
        assert told["difference"].arithmetic == ("450円 − 400円 = 50円",)
        assert told["schedule-sum"].arithmetic == ("100円 + 150円 + 100円 + 100円 = 450円",)

    def test_carry_what_an_instalment_cannot_take_to_the_next_and_back_to_the_town(self):
        told = self._told(50)
        said = rules(told)
        assert "残りの250円は後で精算します" in said["due-2"]
        assert told["due-2"].arithmetic == ("△350円 + 100円 = △250円", "100円 + △100円 = 0円")
        assert told["due-3"].arithmetic == ("△350円 + 100円 = △250円", "100円 + △100円 = 0円")
        assert "県からお返しします(還付)" in said["due-5"]
        assert told["due-5"].arithmetic == ("△350円 + 300円 = △50円", "0円 + △50円 = △50円")
        assert told["due-5"].title == "還付の額"

    def test_say_that_everything_is_paid_back_where_nothing_is_to_come(self):
        assert "全額を県からお返しします" in rules(self._told(250, SETTLED))["due-5"]

    def test_say_that_a_new_payment_takes_what_no_instalment_can(self):
        today = self.DUES[-1]
        told = self._told(430, today, settlement_due=SETTLED)
        assert "全額をこの期に納めていただきます" in rules(told)["due-5"]
        assert "令和9年5月31日" in told["due-5"].title

    def test_say_that_nothing_changed(self):
        assert set(rules(self._told(400)).values()) >= {"請求額に増減がないので、前回の通知の額のままです。"}
