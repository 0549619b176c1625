"""Every step of an explanation is computed again from its own words, and leads from the basis value to the invoice."""

import json
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.apportionment.case import CaseRefused
from billing.statements.content import content_of
from billing.statements.rules import statement_view
from billing.statements.why.facts import RunFacts
from billing.statements.why.rules import why_sections
from tests.billing.apportionment.random_cases import random_case
from tests.billing.apportionment.random_version_two import random_case_2
from tests.billing.apportionment.small_cases import A, B, C, cost, small_case
from tests.billing.statements.heavy_cases import heavy_case
from tests.billing.statements.sample_run import codes, run_of, sample_case
from tests.billing.statements.why.reading import check_line, operands

seeds = st.integers(0, 2**32).map(random.Random)
KINDS = {"first": random_case, "second": random_case_2, "heavy": heavy_case}


def explained(case, result, code, *, published=False, why=True):
    """The sections of one member as its page shows them, after the content went through JSON."""
    content = content_of(statement_view(case, result, code))
    if why:
        content["why"] = RunFacts(case, published=published).of(code)
    content = json.loads(json.dumps(content))
    return content, why_sections(content)


def words(sections):
    return "\n".join(
        "\n".join((step.title, step.rule, *step.arithmetic, *step.sources))
        for section in sections
        for step in section.steps
    )


def check_chain(content, sections):
    """Each line holds, each step comes to its result, and each result is a figure of the step that uses it."""
    known = {}
    for section in sections:
        for step in section.steps:
            assert step.anchor not in known
            known[step.anchor] = step
            if not step.arithmetic:  # outside the basis: nothing to calculate, and a total would tell of others
                assert step.result == 0, step
                continue
            ends = [check_line(line) for line in step.arithmetic]
            last = ends[-1]
            assert last.low <= step.result <= last.high, step
            figures = [one for line in step.arithmetic for one in operands(line)] + ends
            for name in step.uses:
                used = known[name].result
                assert any(one.low <= used <= one.high for one in figures), (step, known[name])
    for place, line in enumerate(content["lines"], 1):
        last = sections[[one.anchor for one in sections].index(f"line-{place}")].steps[-1]
        assert last.result == Fraction(line["exact"] if line["share_yen"] is None else line["share_yen"]), line
    assert known["gross"].result == content["gross_yen"]
    assert known["burden"].result == content["burden_yen"]
    assert known["invoice"].result == content["invoice_yen"]
    assert known["invoice"].uses == ("burden",)
    granted = [known[name].result for name in known["burden"].uses[1:]]
    assert [one["amount_yen"] for one in content["grants"]] == granted
    assert content["gross_yen"] - sum(granted) == content["burden_yen"]
    if content["issued_yen"]:
        assert known["difference"].result == content["difference_yen"]
    if len(content["instalments_yen"]) > 1:
        assert known["instalments"].result == content["instalments_yen"][0]


class TestEveryCase:
    @pytest.mark.parametrize("kind", KINDS)
    @settings(max_examples=60, deadline=None)
    @given(rng=seeds, published=st.booleans())
    def test_can_be_computed_again_step_by_step(self, kind, rng, published):
        try:
            case, result = run_of(KINDS[kind](rng))
        except CaseRefused:
            return
        for member in rng.sample(case["members"], min(3, len(case["members"]))):
            check_chain(*explained(case, result, member["code"], published=published))
            check_chain(*explained(case, result, member["code"], why=False))


class TestWords:
    def test_lead_from_the_basis_value_to_the_invoice(self):
        case, result = run_of(small_case(1001, issued_yen={B: 100}))
        _, sections = explained(case, result, B)
        text = words(sections)
        for said in (
            "人: 例(令和6年4月1日現在)",
            "30人 ÷ 100人 = 3/10(0.3)",
            "1,001円 × 3/10 = 3,003/10円(300.3円)",
            "3,003/10円(300.3円) → 1円未満切捨て 300円",
            "1,001円 − 1,000円 = 1円",
            "端数の大きい団体から順に1団体へ1円ずつ加えます(最大剰余法",
            "貴団体の端数は0.3円で、その順に入らないので、加えません。",
            "300円 − 100円 = 200円",
            "追加で納めていただく額です。",
        ):
            assert said.replace("人: 例", "people: 例") in text, said

    def test_say_who_received_the_leftover_yen(self):
        case, result = run_of(small_case(1001))
        assert "その順に入るので、1円を加えます。" in words(explained(case, result, A)[1])

    @pytest.mark.parametrize(
        ("policy", "named", "said"),
        [
            ("undistributed", None, "どの団体にも配分しません"),
            ("prefecture", None, "余りは県が負担します"),
            ("named", A, "あらかじめ定めた団体(貴団体)"),
            ("named", C, "あらかじめ定めたほかの団体"),
            ("largest_share", None, "それは貴団体です"),
            ("smallest_up", None, "負担額が小さい団体"),
        ],
    )
    def test_tell_every_policy(self, policy, named, said):
        rounding = {"stage": "cost", "unit_yen": 1, "remainder": policy} | ({"named": named} if named else {})
        case, result = run_of(small_case(1001, rounding=rounding))
        assert said in words(explained(case, result, A)[1])

    def test_tell_the_order_only_where_shares_are_published(self):
        case, result = run_of(small_case(1001))
        assert "最後に加えたのは甲市(端数 1/2円)です。" in words(explained(case, result, B, published=True)[1])
        assert "甲市" not in words(explained(case, result, B)[1])

    def test_tell_a_direct_charge_a_refund_and_instalments(self):
        costs = [cost("c1", 900), cost("c2", 10, {"member": A})]
        fields = {"instalments": {"count": 3, "unit_yen": 100}, "issued_yen": {A: 999}}
        case, result = run_of(small_case(900, **fields) | {"costs": costs})
        text = words(explained(case, result, A)[1])
        assert "貴団体だけが負担する個別負担" in text
        assert "460円 − 100円 × 2 = 260円" in text
        assert "460円 − 999円 = △539円" in text
        assert "お返しする額です" in text

    def test_tell_grants_of_every_level_with_caps_and_without_tax(self):
        for level in ("program", "cost", "member"):
            grant = {"id": "g", "name": "国の交付金", "rate": "1/2", "level": level, "tax": "excluded", "cap_yen": 300}
            case, result = run_of(small_case(1001, 1002, grants=[grant]))
            content, sections = explained(case, result, B)
            check_chain(content, sections)
            text = words(sections)
            assert "÷ (1 + 1/10)" in text, level
            assert "上限300円を超える" in text, level

    def test_show_what_an_older_statement_still_holds(self):
        case, result = run_of(sample_case())
        content, sections = explained(case, result, codes(41)[5], why=False)
        check_chain(content, sections)
        assert "貴団体に加えた額は" in words(sections)
        content["why"] = {"facts": 99}
        assert words(why_sections(content)) == words(sections)


class TestOthersStayOut:
    @pytest.mark.parametrize("stage", ["cost", "total"])
    @pytest.mark.parametrize("level", ["program", "cost", "member"])
    def test_no_name_or_value_of_another_is_told_or_kept(self, stage, level):
        other, rounding = codes(41)[7], {"stage": stage, "unit_yen": 1, "remainder": "largest_remainder"}
        grant = {"id": "g", "name": "交付金", "rate": "1/2", "level": level, "cap_yen": 9_000_000}
        case = sample_case(rounding=rounding, grants=[grant])
        case["members"][7]["name"] = "CANARY町"
        for basis in case["bases"]:
            basis["values"][other] = "918273645.75"
        case["issued_yen"][other] = 777_888_999
        alone = {
            "id": "z",
            "name": "CANARY経費",
            "amount_yen": 55_444_333,
            "eligible": True,
            "charge": {"member": other},
        }
        case["costs"].append(alone)
        case, result = run_of(case)
        figures = next(each for each in result["members"] if each["code"] == other)
        secrets = {"918273645", "777888999", "55444333", str(figures["gross_yen"]), str(figures["invoice_yen"])}
        secrets |= {str(line["share_yen"]) for line in figures["lines"] if (line["share_yen"] or 0) > 9999}
        for code in (codes(41)[0], codes(41)[20], codes(41)[-1]):
            content, sections = explained(case, result, code)
            own = {str(line["share_yen"]) for line in content["lines"]}
            check_chain(content, sections)
            told = (json.dumps(content["why"]) + words(sections)).replace(",", "")
            assert "CANARY" not in told
            assert other not in told
            assert not {one for one in secrets - own if one in told}

    def test_a_sum_of_one_other_is_kept_back_also_where_more_take_part(self):
        """丙町 bears nothing that earns the grant: what all receive but 甲市's own is 乙市's."""
        grant = {"id": "g", "name": "交付金", "rate": "1/2", "level": "member", "cap_yen": 300}
        case, result = run_of(
            small_case(grants=[grant]) | {"costs": [cost("c1", 700, {"member": A}), cost("c2", 901, {"member": B})]}
        )
        content, sections = explained(case, result, A)
        check_chain(content, sections)
        assert "everybody_yen" not in content["why"]["grants"][0]["member"]
        assert "800" not in words(sections)
        assert "全団体の計800円" in words(explained(case, result, A, published=True)[1])
        assert "everybody_yen" in explained(case, result, C)[0]["why"]["grants"][0]["member"]

    def test_a_rounding_on_the_total_keeps_back_costs_that_only_others_share(self):
        """丙町 bears nothing of the second cost: the sum of both less its own would be that cost."""
        rounding = {"stage": "total", "unit_yen": 1, "remainder": "largest_remainder"}
        key = {"id": "k9", "name": "甲乙割", "components": [{"weight": "1", "basis": "equal", "exclude": [C]}]}
        case = small_case(rounding=rounding)
        case["keys"] = [*case["keys"], key]
        case["costs"] = [cost("c1", 1_000, {"key": case["keys"][0]["id"]}), cost("c2", 77_777, {"key": "k9"})]
        case, result = run_of(case)
        for published in (False, True):
            content, sections = explained(case, result, C, published=published)
            check_chain(content, sections)
            told = (json.dumps(content["why"]) + words(sections)).replace(",", "")
            assert ("78777" in told) is published
        assert "78,777円" in words(explained(case, result, A)[1])

    @settings(max_examples=60, deadline=None)
    @given(rng=seeds, kind=st.sampled_from([random_case, random_case_2]))
    def test_no_other_name_is_in_any_case_that_is_not_published(self, rng, kind):
        case = kind(rng)
        for member in case["members"]:
            member["name"] = f"名{member['code']}名"
        for one in case["costs"]:
            if "member" in one["charge"]:
                one["name"] = f"名{one['charge']['member']}名"
        try:
            case, result = run_of(case)
        except CaseRefused:
            return
        own = rng.choice(case["members"])["code"]
        content, sections = explained(case, result, own)
        told = json.dumps(content["why"], ensure_ascii=False) + words(sections)
        assert not [one["name"] for one in case["members"] if one["code"] != own and one["name"] in told]
