"""A case in which every part of the format stands at a known place, and what may not stand there."""

import pytest

from billing.apportionment.case import CaseRefused, parse_case
from tests.billing.apportionment.small_cases import A, B, C, basis, cost, grant, small_case


def full_case():
    """A case in which every part of the format stands at a known place."""
    case = small_case(1000, 500, grants=[grant("1/2")])
    case["keys"] = [
        {"id": "k", "name": "k", "components": [
            {"weight": "1/2", "basis": "equal", "factors": {A: "1"}, "exclude": [C]},
            {"weight": "1/2", "basis": "people"}]},
        {"id": "f", "name": "f", "fixed": {A: "3/5", B: "2/5"}},
        {"id": "h", "name": "h", "host": {"code": A, "share": "1/2"},
         "components": [{"weight": "1", "basis": "people"}]},
        {"id": "u", "name": "u", "unit_price_decimals": 2, "components": [{"weight": "1", "basis": "people"}]},
    ]  # fmt: skip
    case["costs"].append(cost("d", 10, {"member": A}))
    case["costs"].append(cost("p", 10, {"prefecture": True}, eligible=False))
    case["rounding"] = {"stage": "cost", "unit_yen": 1, "remainder": "named", "named": A}
    case["invoice"] = {"unit_yen": 1, "mode": "floor"}
    case["instalments"] = {"count": 2, "unit_yen": 1}
    case["issued_yen"] = {A: 1}
    case["national_ceiling"] = "1/2"
    return case


DELETE = object()


def changed(path, value):
    """Change one place of the full case; the path is written like a JSON pointer."""
    case = full_case()
    *parents, last = [int(token) if token.isdigit() and len(token) < 3 else token for token in path[1:].split("/")]
    place = case
    for token in parents:
        place = place[token]
    if value is DELETE:
        del place[last]
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value
    return case


def problems_of(document):
    with pytest.raises(CaseRefused) as refused:
        parse_case(document)
    for problem in refused.value.problems:
        assert problem.message.endswith("。")
    return [(problem.pointer, problem.code) for problem in refused.value.problems]


# path changed, new value, code, and the pointer where it differs from the path
REFUSALS = [
    ("/format", "yui-apportionment/3", "unknown-choice", None),
    ("/format", DELETE, "missing-field", None),
    ("/fiscal_year", "2024", "not-integer", None),
    ("/fiscal_year", 2024.0, "not-integer", None),
    ("/fiscal_year", True, "not-integer", None),
    ("/fiscal_year", 24, "out-of-range", None),
    ("/title", "", "blank-text", None),
    ("/title", "a\x00b", "bad-text", None),
    ("/title", "\ud800", "bad-text", None),
    ("/title", 5, "not-text", None),
    ("/title", "長" * 201, "text-too-long", None),
    ("/extra", 1, "unknown-field", None),
    ("/a~1b", 1, "unknown-field", "/a~01b"),
    ("/members", [], "no-members", None),
    ("/members", {}, "not-list", None),
    ("/members", DELETE, "missing-field", None),
    ("/members/0", "x", "not-object", None),
    ("/members/0/name", DELETE, "missing-field", None),
    ("/members/3", {"code": A, "name": "again"}, "duplicate-code", "/members/3/code"),
    ("/members/3", {"code": "281001", "name": "x"}, "bad-check-digit", "/members/3/code"),
    ("/members/3", {"code": "神戸", "name": "x"}, "bad-code", "/members/3/code"),
    ("/members/3", {"code": "２８１０００", "name": "x"}, "bad-code", "/members/3/code"),
    ("/members/3", {"code": "x" * 21, "name": "x"}, "bad-code", "/members/3/code"),
    ("/members/0/months", 13, "out-of-range", None),
    ("/members/0/months", -1, "out-of-range", None),
    ("/members/0/months", None, "not-integer", None),
    ("/members/0/months", True, "not-integer", None),
    ("/members/0/factor", 0.5, "bad-fraction", None),
    ("/members/0/factor", "-1/2", "negative-value", None),
    ("/members/0/x", 1, "unknown-field", None),
    ("/bases/0/as_of", "2024/04/01", "bad-date", None),
    ("/bases/0/as_of", "2023-02-29", "bad-date", None),
    ("/bases/0/as_of", "20240401", "bad-date", None),
    ("/bases/0/source", " ", "blank-text", None),
    ("/bases/0/id", "equal", "reserved-id", None),
    ("/bases/1", basis("people", 1, 1, 1), "duplicate-id", "/bases/1/id"),
    ("/bases/0/values", [], "not-object", None),
    ("/bases/0/values/" + A, 50, "bad-fraction", None),
    ("/bases/0/values/" + A, None, "bad-fraction", None),
    ("/bases/0/values/" + A, "-1", "negative-value", None),
    ("/bases/0/values/" + A, DELETE, "missing-basis-value", None),
    ("/bases/0/values/zzz", "1", "unknown-member", None),
    ("/bases/0/x", 1, "unknown-field", None),
    ("/keys/0/fixed", {A: "1"}, "key-form", "/keys/0"),
    ("/keys/0/components", DELETE, "key-form", "/keys/0"),
    ("/keys/0/components", [], "weights-not-one", None),
    ("/keys/0/components", "x", "not-list", None),
    ("/keys/0/renormalise", True, "key-form", None),
    ("/keys/0/renormalise", "yes", "not-boolean", None),
    ("/keys/0/id", "f", "duplicate-id", "/keys/1/id"),
    ("/keys/0/x", 1, "unknown-field", None),
    ("/keys/0/components/0/weight", "1/3", "weights-not-one", "/keys/0/components"),
    ("/keys/0/components/0/weight", "-1/2", "negative-value", None),
    ("/keys/0/components/0/weight", 0.5, "bad-fraction", None),
    ("/keys/0/components/0/basis", "nobody", "unknown-basis", None),
    ("/keys/0/components/0/factors/zzz", "1", "unknown-member", None),
    ("/keys/0/components/0/factors/" + A, "x", "bad-fraction", None),
    ("/keys/0/components/0/exclude/1", C, "duplicate-code", None),
    ("/keys/0/components/0/exclude/1", "zzz", "unknown-member", None),
    ("/keys/0/components/0/exclude", [A, B, C], "basis-sum-zero", "/keys/0/components/0"),
    ("/keys/0/components/0/x", 1, "unknown-field", None),
    ("/keys/0/unit_price_decimals", 2, "key-form", None),
    ("/keys/1/fixed/" + A, "1/2", "weights-not-one", "/keys/1/fixed"),
    ("/keys/1/fixed/gone", "0", "unknown-member", None),
    ("/keys/1/fixed/" + A, "3.", "bad-fraction", None),
    ("/keys/1", {"id": "f", "name": "f", "fixed": {"gone": "1"}, "renormalise": True}, "basis-sum-zero",
     "/keys/1/fixed"),
    ("/keys/1/host", {"code": A, "share": "1"}, "key-form", None),
    ("/keys/1/unit_price_decimals", 1, "key-form", None),
    ("/keys/2/host/code", "zzz", "unknown-member", None),
    ("/keys/2/host/share", "3/2", "out-of-range", None),
    ("/keys/2/host/x", 1, "unknown-field", None),
    ("/keys/2/host", "x", "not-object", None),
    ("/keys/2/unit_price_decimals", 1, "key-form", None),
    ("/keys/3/unit_price_decimals", 11, "out-of-range", None),
    ("/keys/3/unit_price_decimals", 1.0, "not-integer", None),
    ("/costs", DELETE, "missing-field", None),
    ("/costs/0/amount_yen", 10.5, "not-integer", None),
    ("/costs/0/amount_yen", "10", "not-integer", None),
    ("/costs/0/amount_yen", 10**15, "out-of-range", None),
    ("/costs/0/amount_yen", 2**70, "out-of-range", None),
    ("/costs/0/amount_yen", -1, "negative-net", "/costs/0"),
    ("/costs/0/amount_yen", 10**15 - 1, "out-of-range", "/costs"),
    ("/costs/0/revenue_yen", 1001, "negative-net", "/costs/0"),
    ("/costs/0/revenue_yen", -1, "out-of-range", None),
    ("/costs/0/tax_rate", "10%", "bad-fraction", None),
    ("/costs/0/tax_rate", "10", "out-of-range", None),
    ("/costs/0/eligible", 1, "not-boolean", None),
    ("/costs/0/id", "c2", "duplicate-id", "/costs/1/id"),
    ("/costs/0/charge", DELETE, "missing-field", None),
    ("/costs/0/charge", {}, "charge-form", None),
    ("/costs/0/charge", {"key": "k", "member": A}, "charge-form", None),
    ("/costs/0/charge", {"tariff": []}, "unknown-field", "/costs/0/charge/tariff"),
    ("/costs/0/charge/key", "zzz", "unknown-key", None),
    ("/costs/2/charge/member", "zzz", "unknown-member", None),
    ("/costs/3/charge/prefecture", False, "charge-form", None),
    ("/costs/0/rounding", {"stage": "total"}, "rounding-stage", "/costs/0/rounding/stage"),
    ("/costs/0/rounding", {"remainder": "named"}, "missing-field", "/costs/0/rounding/named"),
    ("/costs/0/x", 1, "unknown-field", None),
    ("/rounding/stage", "both", "unknown-choice", None),
    ("/rounding/unit_yen", 0, "out-of-range", None),
    ("/rounding/remainder", "random", "unknown-choice", None),
    ("/rounding/remainder", "prefecture", "named-not-used", "/rounding/named"),
    ("/rounding/named", DELETE, "missing-field", None),
    ("/rounding/named", "zzz", "unknown-member", None),
    ("/grants/0/rate", "3/2", "out-of-range", None),
    ("/grants/0/rate", DELETE, "missing-field", None),
    ("/grants/0/funder", "国", "unknown-choice", None),
    ("/grants/0/cap_yen", -1, "out-of-range", None),
    ("/grants/0/member_cap_yen", 10, "member-cap-level", None),
    ("/grants/0/costs", ["zzz"], "unknown-cost", "/grants/0/costs/0"),
    ("/grants/0/costs", ["p"], "not-eligible", "/grants/0/costs/0"),
    ("/grants/0/costs", ["c1", "c1"], "duplicate-id", "/grants/0/costs/1"),
    ("/grants/0/costs", "all", "not-list", None),
    ("/grants/0/tax", "net", "unknown-choice", None),
    ("/grants/0/level", "town", "unknown-choice", None),
    ("/grants/0/rounding/mode", "round", "unknown-choice", None),
    ("/grants/1", grant("0"), "duplicate-id", "/grants/1/id"),
    ("/grants/0/x", 1, "unknown-field", None),
    ("/national_ceiling", "2", "out-of-range", None),
    ("/invoice/unit_yen", 0, "out-of-range", None),
    ("/invoice/x", 0, "unknown-field", None),
    ("/instalments/count", 0, "out-of-range", None),
    ("/instalments/count", 54, "out-of-range", None),
    ("/issued_yen/zzz", 1, "unknown-member", None),
    ("/issued_yen/" + A, "1", "not-integer", None),
    ("/issued_yen", [], "not-object", None),
]  # fmt: skip
