"""Random cases whose products are far beyond what a cell holds exactly: long bases, many components, large costs."""

from tests.billing.statements.sample_run import codes

REMAINDERS = ("largest_remainder", "largest_remainder", "smallest_up", "largest_share", "prefecture", "undistributed")


def heavy_case(rng):
    """Build one case from ``rng`` (a ``random.Random``); some are refused."""
    members = codes(rng.choice((2, 7, 41)))
    keys = [
        {"id": "k1", "name": "四つの基準", "components": _parts(("1/7", "2/7", "3/7", "1/7"))},
        {"id": "k2", "name": "単価", "unit_price_decimals": rng.choice((0, 4, 10)),
         "components": [{"weight": "1", "basis": "a", "factors": {members[0]: "1/3"}}]},
        {"id": "k3", "name": "所在団体", "host": {"code": members[0], "share": "1/3"},
         "components": _parts(("1/2", "1/2"))},
        {"id": "k4", "name": "一つの基準", "components": [{"weight": "1", "basis": "c"}]},
    ]  # fmt: skip
    return {
        "format": "yui-apportionment/1",
        "fiscal_year": 2024,
        "title": "桁の多い例",
        "members": [
            {"code": code, "name": f"{code}町", "months": rng.choice((12, 12, 7)),
             "factor": rng.choice(("1", "1", "2/3"))}
            for code in members
        ],
        "bases": [
            {"id": name, "name": name, "unit": "人", "as_of": "2024-04-01", "source": "合成",
             "values": {code: _value(rng) for code in members}}
            for name in "abc"
        ],
        "keys": keys,
        "costs": _costs(rng, members, keys),
        "rounding": {
            "stage": rng.choice(("cost", "total")),
            "unit_yen": rng.choice((1, 1, 1000)),
            "remainder": rng.choice(REMAINDERS),
        },
        "grants": [_grant(rng)],
        "invoice": {"unit_yen": 100, "mode": "half_up"},
        "instalments": {"count": 3, "unit_yen": 1000},
    }  # fmt: skip


def _parts(weights):
    return [
        {"weight": weight, "basis": basis} for weight, basis in zip(weights, ("equal", "a", "b", "c"), strict=False)
    ]


def _value(rng):
    decimals = f".{rng.randint(1, 9999)}" if rng.random() < 0.5 else ""
    return f"{rng.randint(1, 10 ** rng.choice((3, 7, 8)))}{decimals}"


def _costs(rng, members, keys):
    amounts = [rng.choice((10**12, rng.randint(1, 10**12), rng.randint(1, 10**9))) for _ in range(4)]
    costs = [
        {"id": f"c{place}", "name": f"経費{place}", "amount_yen": amount, "eligible": rng.random() < 0.8,
         "tax_rate": rng.choice(("1/10", "0", "8/100")), "charge": {"key": rng.choice(keys)["id"]}}
        for place, amount in enumerate(amounts)
    ]  # fmt: skip
    alone = ({"member": rng.choice(members)}, {"prefecture": True})
    return costs + [
        {
            "id": f"d{place}",
            "name": f"個別{place}",
            "amount_yen": rng.randint(1, 10**9),
            "eligible": True,
            "charge": charge,
        }
        for place, charge in enumerate(alone)
    ]


def _grant(rng):
    cap = {"cap_yen": rng.randint(0, 10**11)} if rng.random() < 0.5 else {}
    return {
        "id": "g",
        "name": "交付金",
        "rate": rng.choice(("1/2", "1/3")),
        "level": rng.choice(("program", "cost", "member")),
        "tax": rng.choice(("included", "excluded")),
        "rounding": {"unit_yen": rng.choice((1, 1000)), "mode": rng.choice(("floor", "half_up"))},
        **cap,
    }
