"""Random well-formed cases: every rounding policy, stage, grant level, cap, tax, host, fixed key and unit price."""

import itertools

CODES = ("011002", "131016", "280003", "281000", "282014", "285862", "472018", "A-kigyodan", "b1", "k-union")
STRANGER = "gone-1"
REMAINDERS = ("largest_remainder", "smallest_up", "largest_share", "named", "prefecture", "undistributed")
MODES = ("floor", "half_up", "ceil")
UNITS = (1, 1, 1, 10, 100, 1000)
VALUES = ("0", "1", "2", "3", "10", "7.5", "29680", "1525152", "0.125", "1/3", "530495", "12", "99")
FRACTIONS = ("0", "1/2", "1/3", "0.5", "2", "1", "3/4", "1.25")
NAMES = ("p", "q", "r")


def random_case(rng):
    """Build one case from ``rng`` (a ``random.Random``); some are refused for a sum of zero and the like."""
    codes = rng.sample(CODES, rng.choice((1, 2, 3, 3, 4, 5, 6, 8)))
    bases = [random_basis(rng, name, codes) for name in NAMES[: rng.randint(0, 3)]]
    keys = [random_key(rng, f"k{place}", codes, bases) for place in range(rng.randint(1, 4))]
    stage = rng.choice(("cost", "cost", "total"))
    costs = [random_cost(rng, f"c{place}", codes, keys, stage) for place in range(rng.choice((0, 1, 2, 3, 5, 7)))]
    case = {
        "format": "yui-apportionment/1",
        "fiscal_year": 2024,
        "title": "乱数による例",
        "members": [random_member(rng, code) for code in codes],
        "bases": bases,
        "keys": keys,
        "costs": costs,
        "rounding": {"stage": stage, **random_rounding(rng, codes)},
        "grants": [random_grant(rng, f"g{place}", costs) for place in range(rng.choice((0, 1, 1, 2, 3)))],
        "national_ceiling": rng.choice(("1", "1", "1/2", "2/3")),
        "invoice": {"unit_yen": rng.choice(UNITS), "mode": rng.choice(MODES)},
        "instalments": {"count": rng.choice((1, 2, 3, 4, 12)), "unit_yen": rng.choice(UNITS)},
        "issued_yen": {code: rng.randint(0, 10**6) for code in codes if rng.random() < 0.3},
    }
    for name in ("rounding", "invoice", "instalments", "issued_yen"):
        if rng.random() < 0.1 and not (name == "rounding" and stage == "total"):
            del case[name]
    return case


def random_member(rng, code):
    member = {"code": code, "name": f"{code}町"}
    if rng.random() < 0.3:
        member["months"] = rng.randint(0, 12)
    if rng.random() < 0.2:
        member["factor"] = rng.choice(FRACTIONS)
    return member


def random_basis(rng, name, codes):
    values = {code: rng.choice(VALUES) if rng.random() < 0.7 else str(rng.randint(0, 10**6)) for code in codes}
    return {"id": name, "name": name, "unit": "人", "as_of": "2024-04-01", "source": "合成", "values": values}


def random_parts(rng, count):
    """Draw fractions that add to exactly 1."""
    whole = rng.choice((1, 2, 3, 7, 10, 20, 100))
    cuts = sorted(rng.randint(0, whole) for _ in range(count - 1))
    edges = [0, *cuts, whole]
    return [f"{right - left}/{whole}" for left, right in itertools.pairwise(edges)]


def random_key(rng, name, codes, bases):
    key = {"id": name, "name": name}
    kind = rng.choice(("components", "components", "fixed", "renormalised", "host", "price"))
    if kind == "fixed":
        return {**key, "fixed": dict(zip(codes, random_parts(rng, len(codes)), strict=True))}
    if kind == "renormalised":
        chosen = rng.sample([*codes, STRANGER], rng.randint(1, len(codes) + 1))
        return {**key, "fixed": {code: rng.choice(FRACTIONS) for code in chosen}, "renormalise": True}
    count = 1 if kind == "price" else rng.choice((1, 2, 3))
    key["components"] = [random_component(rng, weight, codes, bases) for weight in random_parts(rng, count)]
    if kind == "host":
        key["host"] = {"code": rng.choice(codes), "share": rng.choice(("0", "1/2", "1/3", "0.3", "1"))}
    if kind == "price":
        key["unit_price_decimals"] = rng.choice((0, 0, 1, 2, 4))
    return key


def random_component(rng, weight, codes, bases):
    component = {"weight": weight, "basis": rng.choice(["equal", *(basis["id"] for basis in bases)])}
    if rng.random() < 0.3:
        component["factors"] = {code: rng.choice(FRACTIONS) for code in codes if rng.random() < 0.4}
    if rng.random() < 0.3:
        component["exclude"] = [code for code in codes if rng.random() < 0.3]
    return component


def random_rounding(rng, codes):
    rounding = {"unit_yen": rng.choice(UNITS), "remainder": rng.choice(REMAINDERS)}
    if rounding["remainder"] == "named":
        rounding["named"] = rng.choice(codes)
    return rounding


def random_cost(rng, name, codes, keys, stage):
    amount = rng.choice((0, 1, 2, 5, 100, 999, 10_000, 52_000_000, rng.randint(0, 10**9), 10**12))
    cost = {
        "id": name,
        "name": name,
        "amount_yen": amount,
        "eligible": rng.random() < 0.7,
        "charge": rng.choice(
            [{"key": rng.choice(keys)["id"]}] * 4 + [{"member": rng.choice(codes)}, {"prefecture": True}]
        ),
    }
    if rng.random() < 0.3:
        cost["revenue_yen"] = rng.randint(0, amount)
    if rng.random() < 0.4:
        cost["tax_rate"] = rng.choice(("0", "8/100", "0.1", "0.08", "1/3"))
    if stage == "cost" and rng.random() < 0.25:
        cost["rounding"] = random_rounding(rng, codes)
    return cost


def random_grant(rng, name, costs):
    grant = {
        "id": name,
        "name": name,
        "funder": rng.choice(("national", "prefecture", "other")),
        "rate": rng.choice(("0", "1/2", "1/3", "1/4", "0.1", "2/3", "1/2")),
        "level": rng.choice(("program", "cost", "member")),
        "tax": rng.choice(("included", "excluded")),
        "rounding": {"unit_yen": rng.choice(UNITS), "mode": rng.choice(("floor", "floor", "half_up", "ceil"))},
    }
    if rng.random() < 0.4:
        grant["cap_yen"] = rng.choice((0, 1, 999, 50_000, rng.randint(0, 10**8)))
    if grant["level"] == "member" and rng.random() < 0.4:
        grant["member_cap_yen"] = rng.choice((0, 1, 999, 50_000, rng.randint(0, 10**7)))
    if rng.random() < 0.4:
        grant["costs"] = [cost["id"] for cost in costs if cost["eligible"] and rng.random() < 0.6]
    return grant


def shuffled(rng, case):
    """Shuffle every list of a case but the grants, and the order of names in every object."""

    def stir(value, name=""):
        if isinstance(value, dict):
            names = list(value)
            rng.shuffle(names)
            return {inner: stir(value[inner], inner) for inner in names}
        if isinstance(value, list):
            items = [stir(item) for item in value]
            if name != "grants":
                rng.shuffle(items)
            return items
        return value

    return stir(case)
