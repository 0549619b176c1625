"""The mixes seen in real rules: each can be typed, and the engine takes what comes of it."""

import pytest

from billing.keys.forms import key_input, key_values
from billing.keys.rules import KeyView
from tests.billing.keys.test_key_forms import ALL_NAMES, CHOICES, accepted, read

MIXES: dict[str, dict[str, str]] = {
    "均等割5%・人口割95%": {"weight_at_1": "5%", "basis_at_1": "equal", "weight_at_2": "95%", "basis_at_2": "11"},
    "均等10・高齢者人口50・人口40": {
        "weight_at_1": "10%",
        "basis_at_1": "equal",
        "weight_at_2": "50%",
        "basis_at_2": "12",
        "weight_at_3": "40%",
        "basis_at_3": "11",
    },
    "均等6・利用者94": {"weight_at_1": "6%", "basis_at_1": "equal", "weight_at_2": "94%", "basis_at_2": "12"},
    "均等4・消防需要額96": {"weight_at_1": "0.04", "basis_at_1": "equal", "weight_at_2": "0.96", "basis_at_2": "13"},
    "均等10(市1、町1/2)・人口65・職員数25": {
        "weight_at_1": "10%",
        "basis_at_1": "equal",
        "members_at_1": "猪名川町\t1/2\n神河町\t1/2",
        "weight_at_2": "65%",
        "basis_at_2": "11",
        "weight_at_3": "25%",
        "basis_at_3": "12",
    },
    "平等20・人口80、除外あり": {
        "weight_at_1": "20%",
        "basis_at_1": "equal",
        "weight_at_2": "80%",
        "basis_at_2": "11",
        "members_at_2": "神河町\t除外",
    },
    "固定割合": {"method": "fixed", "fixed": "神戸市\t0.345\n猪名川町\t0.345\n神河町\t31/100"},
    "所在地5割、残りを均等30・搬入70": {
        "host_code": "281000",
        "host_share": "50%",
        "weight_at_1": "30%",
        "basis_at_1": "equal",
        "weight_at_2": "70%",
        "basis_at_2": "13",
    },
    "残りを均等": {"weight_at_1": "1", "basis_at_1": "equal"},
    "1団体を半分の重みで": {"weight_at_1": "1", "basis_at_1": "11", "members_at_1": "283011\t0.5"},
    "管路延長": {"weight_at_1": "10割", "basis_at_1": "13"},
    "単価方式": {"weight_at_1": "100%", "basis_at_1": "12", "unit_price_decimals": "４"},
}


class TestMixesOfRealRules:
    @pytest.mark.parametrize("name", MIXES)
    def test_can_be_typed_and_are_accepted_by_the_engine(self, name: str):
        key = read(name=name, **MIXES[name])
        accepted(key)
        again = key_input(key_values(KeyView(1, key.name, key.definition, 1), ALL_NAMES), CHOICES)
        assert again == key
