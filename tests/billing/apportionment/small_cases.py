"""Cases small enough to work out by hand: three towns of 50, 30 and 20 people."""

import copy

from billing.apportionment.calculation import apportion
from billing.apportionment.case import parse_case
from billing.apportionment.result import result_document

A, B, C = "281000", "282014", "285862"

BY_PEOPLE = {"id": "k", "name": "人口割", "components": [{"weight": "1", "basis": "people"}]}
EQUALLY = {"id": "k", "name": "均等割", "components": [{"weight": "1", "basis": "equal"}]}


def small_case(*amounts, key=BY_PEOPLE, **fields):
    """Build a case of keyed, eligible costs of these amounts; ``fields`` replace top-level fields."""
    return copy.deepcopy(
        {
            "format": "yui-apportionment/1",
            "fiscal_year": 2024,
            "title": "例",
            "members": [{"code": C, "name": "丙町"}, {"code": A, "name": "甲市"}, {"code": B, "name": "乙市"}],
            "bases": [basis("people", 50, 30, 20)],
            "keys": [key],
            "costs": [cost(f"c{place}", amount) for place, amount in enumerate(amounts, 1)],
            **fields,
        }
    )


def basis(name, *values):
    return {
        "id": name,
        "name": name,
        "unit": "人",
        "as_of": "2024-04-01",
        "source": "例",
        "values": dict(zip((A, B, C), map(str, values), strict=True)),
    }


def cost(name, amount, charge=None, **fields):
    charge = charge or {"key": "k"}
    return {"id": name, "name": name, "amount_yen": amount, "eligible": True, "charge": charge, **fields}


def grant(rate, unit=1, mode="floor", **fields):
    return {"id": "g", "name": "交付金", "rate": rate, "rounding": {"unit_yen": unit, "mode": mode}, **fields}


def calculate(case):
    return result_document(apportion(parse_case(case)))


def column(document, field):
    """Give one field of the three towns in the order of their codes."""
    return [member[field] for member in document["members"]]


def gross(case):
    """Give the towns' gross, the prefecture's, and what nobody bears."""
    document = calculate(case)
    return [*column(document, "gross_yen"), document["prefecture"]["gross_yen"], document["undistributed_yen"]]


def granted(case):
    """Give the grant "g" of the towns and of the prefecture."""
    document = calculate(case)
    return [*(given["g"] for given in column(document, "grants")), document["prefecture"]["grants"]["g"]]
