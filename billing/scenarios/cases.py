"""Case documents as scenarios hold them: every field written out, members joining and leaving, ids of what is new."""

import copy
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from billing.apportionment.terms import EQUAL_BASIS, FORMAT, FORMAT_2

Document = dict[str, Any]
_NUMBER = re.compile(r"\d+")


def complete(document: Mapping[str, Any]) -> Document:
    """The same case with every default written out and every list by id, so that two copies can be compared.

    A cost's own rounding that equals the case's is left out: a frozen case repeats it at every cost, and a change of
    the case's rounding would otherwise change nothing.
    """
    found: Document = copy.deepcopy(dict(document))
    found["members"] = sorted(({"months": 12, "factor": "1", **one} for one in found["members"]), key=_code)
    found["bases"] = sorted(found["bases"], key=_by_id)
    found["keys"] = sorted(map(_key, found["keys"]), key=_by_id)
    found["rounding"] = _rounding(found.get("rounding", {}))
    found["costs"] = sorted((_cost(one, found["rounding"]) for one in found["costs"]), key=_by_id)
    found["grants"] = [_grant(one) for one in found.get("grants", ())]
    found["invoice"] = {"unit_yen": 1, "mode": "floor", **found.get("invoice", {})}
    found["instalments"] = {"count": 1, "unit_yen": 1, **found.get("instalments", {})}
    found.setdefault("national_ceiling", "1/2")
    found.setdefault("issued_yen", {})
    return with_format(found)


def with_format(document: Document) -> Document:
    """The document as the lowest version of the format that can say what it says."""
    newer = any("limits" in one for one in document["keys"]) or any(
        "tariff" in one["charge"] for one in document["costs"]
    )
    return {**document, "format": FORMAT_2 if newer else FORMAT}


def written(document: Mapping[str, Any]) -> str:
    """The document as it is stored."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def without_member(document: Document, code: str) -> Document:
    """The case without one member, its measures and its own terms; what names it as a bearer stays, to be decided."""
    found = copy.deepcopy(document)
    found["members"] = [one for one in found["members"] if one["code"] != code]
    found["issued_yen"].pop(code, None)
    for basis in found["bases"]:
        basis["values"].pop(code, None)
    for key in found["keys"]:
        key.get("fixed", {}).pop(code, None)
        key.get("limits", {}).get("members", {}).pop(code, None)
        for component in key.get("components", ()):
            component["factors"].pop(code, None)
            component["exclude"] = [one for one in component["exclude"] if one != code]
    for cost in found["costs"]:
        tariff = cost["charge"].get("tariff", {})
        if "exclude" in tariff:
            tariff["exclude"] = [one for one in tariff["exclude"] if one != code]
    return found


def refunded_member(document: Document, code: str) -> Document:
    """The case in which a member that was notified an amount takes part no more, so that the amount comes back to it.

    It stays with 0 months, as a run keeps whoever left, and without a part in fixed fractions, which know no months.
    """
    found = copy.deepcopy(document)
    for member in found["members"]:
        if member["code"] == code:
            member["months"] = 0
    for key in found["keys"]:
        key.get("fixed", {}).pop(code, None)
    return found


def borne_by(document: Document, code: str) -> list[str]:
    """What a member bears whatever its months: costs of its own, a host's share, the remainder; in words."""
    found = [f"経費「{one['name']}」の個別負担" for one in document["costs"] if one["charge"].get("member") == code]
    hosts = [one for one in document["keys"] if one.get("host") and one["host"]["code"] == code]
    found += [f"按分方法「{one['name']}」の所在団体" for one in hosts]
    return [*found, "端数をまとめて負担する団体"] if document["rounding"]["named"] == code else found


def with_member(document: Document, base: Document, code: str, name: str) -> Document:
    """The case with one member more; what the copied case ``base`` knew of it comes back."""
    found = copy.deepcopy(document)
    found["members"] = sorted([*found["members"], {"code": code, "name": name, "months": 12, "factor": "1"}], key=_code)
    if code in base["issued_yen"]:
        found["issued_yen"][code] = base["issued_yen"][code]
    values = {one["id"]: one["values"] for one in base["bases"]}
    for basis in found["bases"]:
        if code in values.get(basis["id"], {}):
            basis["values"][code] = values[basis["id"]][code]
    terms = {one["id"]: one for one in base["keys"]}
    for key in found["keys"]:
        _restore_terms(key, terms.get(key["id"], {}), code)
    return found


def _restore_terms(key: Document, before: Mapping[str, Any], code: str) -> None:
    if "fixed" in key and code in before.get("fixed", {}):
        key["fixed"][code] = before["fixed"][code]
    for now, then in zip(key.get("components", ()), before.get("components", ()), strict=False):
        if code in then["factors"]:
            now["factors"][code] = then["factors"][code]
        if code in then["exclude"]:
            now["exclude"] = sorted({*now["exclude"], code})


def used_bases(document: Mapping[str, Any]) -> set[str]:
    """The ids of the bases that a key or a tariff reads."""
    used = {part["basis"] for key in document["keys"] for part in key.get("components", ())}
    used |= {cost["charge"]["tariff"]["basis"] for cost in document["costs"] if "tariff" in cost["charge"]}
    return used - {EQUAL_BASIS}


def new_id(entries: Sequence[Mapping[str, Any]]) -> str:
    """An id for an entry that no row of the program stands behind."""
    taken = {one["id"] for one in entries}
    return next(name for number in range(1, len(taken) + 2) if (name := f"new{number}") not in taken)


def _by_id(entry: Mapping[str, Any]) -> tuple[bool, int, str]:
    """In the order in which the rows were entered; what has no row yet comes last."""
    number = _NUMBER.search(entry["id"])
    return entry["id"].startswith("new"), int(number[0]) if number else 0, entry["id"]


def _code(member: Mapping[str, Any]) -> str:
    return str(member["code"])


def _key(key: Mapping[str, Any]) -> Document:
    limits = {} if key.get("limits") is None else {"limits": _limits(key["limits"])}
    names = {"id": key["id"], "name": key["name"]}
    if key.get("fixed") is not None:
        return {**names, "fixed": dict(key["fixed"]), "renormalise": key.get("renormalise", False), **limits}
    components = [_component({"factors": {}, "exclude": [], **one}) for one in key["components"]]
    host, decimals = key.get("host"), key.get("unit_price_decimals")
    return {**names, "components": components, "host": host, "unit_price_decimals": decimals, **limits}


def _component(component: Document) -> Document:
    """A factor of somebody who is excluded says nothing."""
    factors = {code: one for code, one in component["factors"].items() if code not in component["exclude"]}
    return {**component, "factors": factors}


def _limits(limits: Mapping[str, Any]) -> Document:
    none = {"minimum_yen": None, "maximum_yen": None}
    return {**none, **limits, "members": {code: {**none, **one} for code, one in limits.get("members", {}).items()}}


def _rounding(rounding: Mapping[str, Any]) -> Document:
    defaults = {"stage": "cost", "unit_yen": 1, "remainder": "largest_remainder", "named": None}
    return {**defaults, **rounding}


def _cost(cost: Mapping[str, Any], rounding: Mapping[str, Any]) -> Document:
    found = {"tax_rate": "10/100", "eligible": False, "revenue_yen": 0, **cost}
    own = found.pop("rounding", None)
    if own is not None and _rounding(own) != rounding:
        found["rounding"] = _rounding(own)
    return found


def _grant(grant: Mapping[str, Any]) -> Document:
    defaults = {
        "funder": "national",
        "cap_yen": None,
        "member_cap_yen": None,
        "costs": "eligible",
        "tax": "included",
        "level": "program",
    }
    return {**defaults, **grant, "rounding": {"unit_yen": 1, "mode": "floor", **grant.get("rounding", {})}}
