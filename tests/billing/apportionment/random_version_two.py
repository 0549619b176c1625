"""Random cases of version 2: those of version 1 with tariffs and with limits on keys."""

from tests.billing.apportionment.random_cases import random_case

SAFE = ("largest_remainder", "smallest_up", "prefecture", "undistributed")
AMOUNTS = (0, 0, 1000, 2000, 100_000, 1_000_000, 30_000_000)


def random_case_2(rng):
    """Build one case from ``rng``; some are refused because their bounds leave no room."""
    case = random_case(rng)
    case["format"] = "yui-apportionment/2"
    codes = [member["code"] for member in case["members"]]
    for cost in case["costs"]:
        if rng.random() < 0.3:
            cost["charge"] = {"tariff": random_tariff(rng, codes, case["bases"])}
            cost.pop("rounding", None)
    if case.setdefault("rounding", {"stage": "cost"})["stage"] == "cost":
        for key in case["keys"]:
            if "host" not in key and "unit_price_decimals" not in key and rng.random() < 0.6:
                key["limits"] = random_limits(rng, codes)
        limited = {key["id"] for key in case["keys"] if "limits" in key}
        for rounding in [case["rounding"], *(c["rounding"] for c in case["costs"] if "rounding" in c)]:
            if limited and rounding.get("remainder") in ("largest_share", "named"):
                rounding["remainder"] = rng.choice(SAFE)
                rounding.pop("named", None)
    return case


def random_limits(rng, codes):
    limits = random_bounds(rng)
    if rng.random() < 0.5:
        limits["members"] = {code: random_bounds(rng) for code in codes if rng.random() < 0.5}
    return limits


def random_bounds(rng):
    low, high = sorted((rng.choice(AMOUNTS), rng.choice((*AMOUNTS, 10**9))))
    bounds = {}
    if rng.random() < 0.4:
        bounds["minimum_yen"] = min(low, 2000)
    if rng.random() < 0.6:
        bounds["maximum_yen"] = max(high, 2000)
    return bounds


def random_tariff(rng, codes, bases):
    tariff = {
        "basis": rng.choice(["equal", *(basis["id"] for basis in bases)]),
        "months": rng.choice(("always", "part_year", "ignore")),
        "unit_yen": rng.choice((1, 10, 100, 1000)),
        "mode": rng.choice(("floor", "half_up", "ceil")),
        "tax_rate": rng.choice(("0", "10/100", "0.08", "1/3")),
        "exclude": [code for code in codes if rng.random() < 0.1],
    }
    if rng.random() < 0.3:
        return {**tariff, "rate": rng.choice(("165/1000", "1/3", "12.5", "0", "1000"))}
    bounds = sorted({(rng.choice((0, 1, 3, 10, 29680, 500_000)), rng.random() < 0.5) for _ in range(rng.randint(0, 4))})
    steps = [
        {"price_yen": rng.choice((0, 1, 12, 100_000, rng.randint(0, 10**7))), "up_to" if up_to else "below": str(bound)}
        for bound, up_to in bounds
    ]
    steps.append({"price_yen": rng.randint(0, 10**6)})
    rng.shuffle(steps)
    return {**tariff, "steps": steps}
