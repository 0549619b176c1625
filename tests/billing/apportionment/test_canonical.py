"""Two files that mean the same have the same bytes and the same hash."""

import hashlib
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.apportionment.case import CaseRefused, canonical_json, case_sha256, parse_case
from tests.billing.apportionment.random_cases import random_case, shuffled
from tests.billing.apportionment.small_cases import BY_PEOPLE, A, B, grant, small_case


def refusal_codes(document):
    try:
        parse_case(document)
    except CaseRefused as refused:
        return sorted(problem.code for problem in refused.problems)
    return []


def spelled(**fields):
    return canonical_json(parse_case(small_case(1000, **fields)))


class TestCanonicalJson:
    def test_is_sorted_compact_utf8_and_a_case_file_again(self):
        found = spelled()
        assert (
            found == json.dumps(json.loads(found), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        )
        assert canonical_json(parse_case(found)) == found

    def test_fills_in_defaults(self):
        members = [
            {"code": m["code"], "name": m["name"], "months": 12, "factor": "1.0"} for m in small_case()["members"]
        ]
        explicit = spelled(
            members=members,
            rounding={"stage": "cost", "unit_yen": 1, "remainder": "largest_remainder", "named": None},
            grants=[],
            national_ceiling="0.5",
            invoice={"unit_yen": 1, "mode": "floor"},
            instalments={"count": 1, "unit_yen": 1},
            issued_yen={A: 0},
        )
        assert explicit == spelled()

    @pytest.mark.parametrize("weights", [("3/10", "7/10"), ("0.3", "0.7"), ("6/20", "0.70")])
    def test_has_one_spelling_of_fractions(self, weights):
        parts = [{"weight": w, "basis": b} for w, b in zip(weights, ("equal", "people"), strict=True)]
        found = spelled(key={"id": "k", "name": "k", "components": parts})
        assert b'"weight":"3/10"' in found
        turned = [{**part, "factors": {A: "1"}, "exclude": []} for part in reversed(parts)]
        assert spelled(key={"id": "k", "name": "k", "components": turned, "host": None}) == found

    def test_leaves_out_fixed_fractions_of_zero(self):
        fixed = {"id": "k", "name": "k", "fixed": {A: "1"}}
        assert spelled(key={**fixed, "fixed": {A: "1", B: "0"}}) == spelled(key=fixed)

    def test_gives_each_keyed_cost_the_rounding_that_applies(self):
        case = small_case(1000)
        case["costs"][0]["rounding"] = {"unit_yen": 1}
        assert canonical_json(parse_case(case)) == spelled()
        case["costs"][0]["rounding"] = {"unit_yen": 10}
        assert canonical_json(parse_case(case)) != spelled()

    @pytest.mark.parametrize(
        "fields",
        [
            {"title": "別"},
            {"fiscal_year": 2025},
            {"issued_yen": {A: 1}},
            {"rounding": {"remainder": "prefecture"}},
            {"key": {**BY_PEOPLE, "unit_price_decimals": 0}},
            {"grants": [grant("1/2")]},
        ],
    )
    def test_differs_when_the_meaning_differs(self, fields):
        assert spelled(**fields) != spelled()

    def test_keeps_the_order_of_grants(self):
        pair = [{**grant("1/4"), "id": "a"}, {**grant("1/4"), "id": "b"}]
        assert spelled(grants=pair) != spelled(grants=pair[::-1])

    def test_hashes_the_canonical_bytes(self):
        case = parse_case(small_case(1000))
        assert case_sha256(case) == hashlib.sha256(canonical_json(case)).hexdigest()

    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, 2**32))
    def test_is_the_same_for_every_order_and_survives_a_round_trip(self, seed):
        rng = random.Random(seed)  # noqa: S311
        document = random_case(rng)
        refused = refusal_codes(document)
        assert refusal_codes(shuffled(rng, document)) == refused
        if refused:
            return
        found = canonical_json(parse_case(document))
        assert canonical_json(parse_case(shuffled(rng, document))) == found
        assert canonical_json(parse_case(found)) == found
        assert canonical_json(parse_case(json.dumps(document))) == found
