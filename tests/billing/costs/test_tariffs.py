"""Costs by tariff (料金表): entered, previewed, frozen into version 2 of the case, and seen in the API."""

from collections.abc import Mapping
from typing import Any

import pytest

from billing.bases import operations as bases
from billing.bases import queries as basis_queries
from billing.costs import queries
from billing.costs.forms import NEW_COST, cost_input, cost_values
from billing.costs.rules import CostView, content_sha256
from billing.costs.tariffs.preview import prices_preview
from billing.costs.tariffs.rules import tariff_for_case
from billing.programs import queries as programs
from billing.programs.rules import MemberView
from billing.runs.freezing import case_document
from tenants.context import Scope
from tenants.database.transaction import Pool, open_door
from tenants.errors import Invalid
from tests.factories.browsers import Browser
from tests.factories.programs import found_basis, found_cost
from tests.factories.worlds import World

MEMBERS = [MemberView(1, 2, "281000", "神戸市", 12, "1"), MemberView(2, 3, "283011", "猪名川町", 9, "1")]
TYPED = {
    **NEW_COST,
    "name": "相談窓口",
    "amount_yen": "1,000,000",
    "eligible": "no",
    "charge_kind": "tariff",
    "tariff_basis": "7",
    "tariff_price-1": "480,000",
    "tariff_bound-2": "３０，０００",
    "tariff_within-2": "below",
    "tariff_price-2": "240,000",
    "tariff_unit_yen": "100",
    "tariff_tax_rate": "10/100",
}


def definition(**changes: Any) -> Mapping[str, Any]:
    tariff = cost_input({**TYPED, **changes}, (), MEMBERS, (7,)).tariff
    assert tariff is not None
    return tariff


class TestTariffForm:
    def test_keeps_steps_from_the_lowest_bracket_up(self):
        assert definition()["steps"] == [{"below": "30000", "price_yen": 240_000}, {"price_yen": 480_000}]

    def test_shows_again_what_it_read(self):
        one = definition(tariff_exclude="猪名川町")
        assert one["exclude"] == ["283011"]
        view = CostView(1, "相談窓口", 1_000_000, 0, "10/100", False, "tariff", None, None, "page", "r", 1, "", "",
                        True, one)  # fmt: skip
        names = {member.code: member.name for member in MEMBERS}
        assert cost_input(cost_values(view, names), (), MEMBERS, (7,)) == view.content

    def test_reads_a_rate(self):
        assert definition(tariff_form="rate", tariff_rate="165/1000")["rate"] == "33/200"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"tariff_basis": "8"}, "tariff_basis"),
            ({"tariff_price-1": "1.5"}, "tariff_price-1"),
            ({"tariff_price-1": "△5"}, "tariff_price-1"),
            ({"tariff_bound-2": "多い"}, "tariff_bound-2"),
            ({"tariff_bound-2": ""}, "tariff_bound-2"),
            ({"tariff_price-1": "", "tariff_price-2": "", "tariff_bound-2": ""}, "tariff_price-1"),
            ({"tariff_form": "rate"}, "tariff_rate"),
            ({"tariff_unit_yen": "0"}, "tariff_unit_yen"),
            ({"tariff_months": "x"}, "tariff_months"),
            ({"tariff_exclude": "神戸市\n神戸市"}, "tariff_exclude"),
            ({"tariff_exclude": "どこか"}, "tariff_exclude"),
        ],
    )
    def test_says_what_is_wrong_at_the_field(self, changes: Mapping[str, str], field: str):
        with pytest.raises(Invalid) as refused:
            cost_input({**TYPED, **changes}, (), MEMBERS, (7,))
        assert list(refused.value.fields) == [field]

    def test_is_left_aside_for_other_ways_of_bearing(self):
        one = cost_input({**TYPED, "charge_kind": "prefecture"}, (), MEMBERS, (7,))
        assert one.tariff is None
        # The fingerprint of what was posted before tariffs existed.
        assert content_sha256(one) == "b04247c61b338a1ca374a23c43d06bd31f34aacc63571134ed69cfd18109e45c"


class TestPreview:
    def test_charges_by_bracket_months_rounding_and_tax(self):
        found = prices_preview(definition(), 1_000_000, MEMBERS, (), {7: {"281000": "30000", "283011": "29999"}})
        # 480,000 and 20,000 × 9 months, 10 % on top
        assert [row.yen for row in found.rows] == [528_000, 198_000]
        assert "274,000円足りず、県が負担" in found.prefecture

    def test_says_why_a_member_has_no_price(self):
        values = {7: {"281000": "40000"}}
        found = prices_preview(definition(**{"tariff_bound-1": "35000"}), 0, MEMBERS, (), values)
        assert [row.reason for row in found.rows] == ["あたる段階がありません", "按分基準の値がありません"]
        assert found.unpriced == 2

    def test_leaves_out_whoever_takes_no_part(self):
        absent = {"281000": 12, "283011": 0}
        assert tariff_for_case(definition(), absent)["exclude"] == ["283011"]
        assert tariff_for_case({**definition(), "exclude": ["289999"]}, {"281000": 12})["exclude"] == []


@pytest.fixture
async def basis_id(world: World, program_id: int) -> int:
    return await found_basis(world, program_id, {"281000": "1498825", "283011": "28289"})


@pytest.fixture
def typed(basis_id: int) -> dict[str, str]:
    return {**TYPED, "tariff_basis": str(basis_id)}


class TestTariffPages:
    async def test_preview_before_saving_then_save_show_and_freeze(
        self, finance: Browser, pool: Pool, program_id: int, typed: dict[str, str]
    ):
        here = f"/programs/{program_id}/costs"
        shown = await finance.post(here, {**typed, "preview": "1"})
        assert shown.status_code == 200
        for words in ("まだ保存していません", "30,000人未満", "264,000", "208,000円足りず"):
            assert words in shown.text
        async with open_door(pool, Scope.PREFECTURE, 1, read_only=True):
            assert await queries.costs(program_id) == []
        more = await finance.post(here, {**typed, "tariff_rows": "5", "more": "1"})
        assert "段階15" in more.text
        assert "480,000" in more.text
        assert (await finance.post(here, typed)).status_code == 303
        listed = await finance.get(here)
        assert "料金表" in listed.text
        async with open_door(pool, Scope.PREFECTURE, 1, read_only=True):
            (cost,) = await queries.costs(program_id)
            case = await case_document(await programs.program(program_id))
        assert case["format"] == "yui-apportionment/2"
        assert case["costs"][0]["charge"]["tariff"]["basis"] == case["bases"][0]["id"]
        prices = await finance.get(f"{here}/{cost.id}/prices")
        assert "528,000" in prices.text
        assert "480,000" in (await finance.get(f"{here}/{cost.id}/edit")).text

    async def test_show_what_is_wrong_and_keep_what_was_typed(
        self, finance: Browser, program_id: int, typed: dict[str, str]
    ):
        for button in ({}, {"preview": "1"}):
            answer = await finance.post(f"/programs/{program_id}/costs", {**typed, "tariff_bound-2": "多い", **button})
            assert answer.status_code == 422
            assert "段階2の上限" in answer.text
            assert "多い" in answer.text

    async def test_stand_folded_until_the_price_list_is_chosen_or_wrong(
        self, finance: Browser, program_id: int, typed: dict[str, str]
    ):
        here = f"/programs/{program_id}/costs"
        folded, unfolded = "<details>\n<summary>料金表を入力する", "<details open>\n<summary>料金表を入力する"
        assert folded in (await finance.get(f"{here}/new")).text
        assert folded in (await finance.post(here, {**typed, "charge_kind": "prefecture", "name": ""})).text
        assert unfolded in (await finance.post(here, {**typed, "name": ""})).text
        assert unfolded in (await finance.post(here, {**typed, "charge_kind": "prefecture", "more": "1"})).text

    async def test_find_no_prices_of_a_cost_without_a_tariff(self, finance: Browser, world: World, program_id: int):
        cost_id = await found_cost(world, program_id, "事務局")
        assert (await finance.get(f"/programs/{program_id}/costs/{cost_id}/prices")).status_code == 404


class TestTariffBasis:
    async def test_stays_while_a_tariff_reads_it(
        self, finance: Browser, world: World, program_id: int, typed: dict[str, str], basis_id: int
    ):
        await finance.post(f"/programs/{program_id}/costs", typed)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            version = (await basis_queries.basis(program_id, basis_id)).version
            with pytest.raises(bases.BasisInUse, match="経費「相談窓口」の料金表"):
                await bases.delete_basis(world.finance, program_id, basis_id, version)

    async def test_leaves_a_case_without_tariffs_in_version_one(self, world: World, program_id: int):
        await found_cost(world, program_id, "事務局")
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            case = await case_document(await programs.program(program_id))
        assert case["format"] == "yui-apportionment/1"
