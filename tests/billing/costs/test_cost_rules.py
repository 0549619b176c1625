"""What a cost must satisfy, and what the cost form accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.costs.forms import NEW_COST, cost_input, cost_values
from billing.costs.rules import CostInput, CostView, check_cost, totals
from billing.money import MAX_YEN
from billing.programs.rules import MemberView
from tenants.errors import Invalid

MEMBERS = [MemberView(1, 2, "281000", "神戸市", 12, "1"), MemberView(2, 3, "283011", "猪名川町", 12, "1")]
KEYS = [7]
GOOD = {
    **NEW_COST,
    "name": " 衛星画像解析業務 ",
    "amount_yen": "５２，０００，０００ 円",
    "revenue_yen": "¥1,000",
    "eligible": "yes",
    "charge_kind": "key",
    "key_id": "7",
}
COST = CostInput("衛星画像解析業務", 52_000_000, 1_000, "10/100", True, "key", 7, None)


def view(**changes: object) -> CostView:
    facts = {
        "id": 1,
        **{name: getattr(COST, name) for name in CostInput.__dataclass_fields__},
        "source": "page",
        "reference": "r",
        "version": 1,
        "key_name": "人口割",
        "member_name": "",
        "takes_part": True,
    }
    return CostView(**{**facts, **changes})  # type: ignore[arg-type]


class TestCostInput:
    def test_reads_what_was_typed(self):
        assert cost_input(GOOD, KEYS, MEMBERS) == COST

    def test_leaves_aside_what_another_way_of_bearing_does_not_use(self):
        one = cost_input({**GOOD, "charge_kind": "prefecture", "member_id": "2"}, KEYS, MEMBERS)
        assert (one.key_id, one.member_id) == (None, None)
        one = cost_input({**GOOD, "charge_kind": "member", "member_id": "3"}, KEYS, MEMBERS)
        assert (one.key_id, one.member_id) == (None, 3)

    def test_takes_no_revenue_for_zero(self):
        assert cost_input({**GOOD, "revenue_yen": " "}, KEYS, MEMBERS).revenue_yen == 0

    @pytest.mark.parametrize(
        ("field", "text"),
        [
            ("name", ""),
            ("name", "あ" * 101),
            ("amount_yen", ""),
            ("amount_yen", "△1"),
            ("amount_yen", "9223372036854775808"),
            ("amount_yen", "1.5"),
            ("amount_yen", "約5千円"),
            ("revenue_yen", "-1"),
            ("revenue_yen", "abc"),
            ("revenue_yen", "52,000,001"),
            ("tax_rate", "5/100"),
            ("eligible", "maybe"),
            ("charge_kind", "nobody"),
            ("key_id", ""),
            ("key_id", "8"),
            ("key_id", "９"),
        ],
    )
    def test_tells_the_field_that_is_wrong(self, field: str, text: str):
        with pytest.raises(Invalid) as refused:
            cost_input({**GOOD, field: text}, KEYS, MEMBERS)
        assert set(refused.value.fields) == {field}

    @pytest.mark.parametrize("text", ["", "4", "1", "281000"])
    def test_refuses_a_bearer_that_takes_no_part(self, text: str):
        with pytest.raises(Invalid) as refused:
            cost_input({**GOOD, "charge_kind": "member", "member_id": text}, KEYS, MEMBERS)
        assert set(refused.value.fields) == {"member_id"}

    def test_tells_every_field_at_once(self):
        with pytest.raises(Invalid) as refused:
            cost_input({}, KEYS, MEMBERS)
        assert set(refused.value.fields) == {"name", "amount_yen", "tax_rate", "eligible", "charge_kind"}

    def test_names_more_revenue_than_cost(self):
        with pytest.raises(Invalid) as refused:
            cost_input({**GOOD, "revenue_yen": "52000001"}, KEYS, MEMBERS)
        assert refused.value.code == "negative-net"

    @given(st.integers(0, MAX_YEN), st.data())
    def test_shows_what_it_reads(self, amount: int, data):
        revenue = data.draw(st.integers(0, amount))
        one = view(amount_yen=amount, revenue_yen=revenue)
        assert cost_input(cost_values(one, {}), KEYS, MEMBERS) == one.content


class TestCheckCost:
    @pytest.mark.parametrize(
        ("changes", "field", "code"),
        [
            ({"amount_yen": -1, "revenue_yen": 0}, "amount_yen", "yen-out-of-range"),
            ({"amount_yen": 2**70}, "amount_yen", "yen-out-of-range"),
            ({"revenue_yen": 52_000_001}, "revenue_yen", "negative-net"),
            ({"key_id": None}, "key_id", "unknown-key"),
            ({"key_id": 8}, "key_id", "unknown-key"),
            ({"member_id": 2}, "member_id", "unknown-member"),
            ({"charge_kind": "member", "key_id": None, "member_id": 9}, "member_id", "unknown-member"),
            ({"tax_rate": "0.1"}, "tax_rate", "bad-tax-rate"),
            ({"name": ""}, "name", "bad-name"),
        ],
    )
    def test_refuses(self, changes: dict[str, object], field: str, code: str):
        cost = CostInput(**{**{n: getattr(COST, n) for n in CostInput.__dataclass_fields__}, **changes})  # type: ignore[arg-type]
        with pytest.raises(Invalid) as refused:
            check_cost(cost, {7}, {2, 3})
        assert refused.value.code == code
        assert field in refused.value.fields


class TestTotals:
    def test_adds_what_is_left_and_what_counts_for_grants(self):
        sums = totals([view(), view(amount_yen=500, revenue_yen=100, eligible=False)])
        assert (sums.amount_yen, sums.revenue_yen, sums.net_yen, sums.eligible_yen) == (
            52_000_500,
            1_100,
            51_999_400,
            51_999_000,
        )

    def test_is_zero_without_costs(self):
        assert totals([]).net_yen == 0
