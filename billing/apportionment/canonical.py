"""The one spelling of a case: two files that mean the same have the same bytes, and so the same hash.

Lists are ordered (the grants keep theirs), fractions reduced, defaults written out. Per-member maps leave out
entries that equal their default, and a keyed cost carries the rounding that applies to it. A case that uses nothing of
version 2 is written as version 1, so that its hash does not depend on the version it was written in.
"""

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from billing.apportionment.terms import (
    FORMAT,
    FORMAT_2,
    Basis,
    Bounds,
    Case,
    Charge,
    Component,
    Cost,
    Grant,
    Key,
    Limits,
    Rounding,
    Tariff,
    UnitRounding,
)
from billing.money import exact_text


def canonical_json(case: Case) -> bytes:
    """Write the case in its canonical form: UTF-8, sorted names, no spaces. It is a case file again."""
    return _dump(_case(case)).encode("utf-8")


def case_sha256(case: Case) -> str:
    """Hash the canonical form (SHA-256, hexadecimal): the identity of a calculation's input."""
    return hashlib.sha256(canonical_json(case)).hexdigest()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _case(case: Case) -> dict[str, Any]:
    return {
        "format": format_of(case),
        "fiscal_year": case.fiscal_year,
        "title": case.title,
        "members": [
            {"code": member.code, "name": member.name, "months": member.months, "factor": exact_text(member.factor)}
            for member in sorted(case.members, key=lambda member: member.code)
        ],
        "bases": [_basis(basis) for basis in sorted(case.bases, key=lambda basis: basis.id)],
        "keys": [_key(key) for key in sorted(case.keys, key=lambda key: key.id)],
        "costs": [_cost(cost, case.rounding) for cost in sorted(case.costs, key=lambda cost: cost.id)],
        "rounding": _rounding(case.rounding),
        "grants": [_grant(grant) for grant in case.grants],
        "national_ceiling": exact_text(case.national_ceiling),
        "invoice": _unit_rounding(case.invoice),
        "instalments": {"count": case.instalments.count, "unit_yen": case.instalments.unit_yen},
        "issued_yen": {code: amount for code, amount in case.issued_yen.items() if amount},
    }


def format_of(case: Case) -> str:
    """Name the lowest version of the format that can say what the case says."""
    newer = any(key.limits for key in case.keys) or any(cost.charge.tariff for cost in case.costs)
    return FORMAT_2 if newer else FORMAT


def _basis(basis: Basis) -> dict[str, Any]:
    return {
        "id": basis.id,
        "name": basis.name,
        "unit": basis.unit,
        "as_of": basis.as_of.isoformat(),
        "source": basis.source,
        "values": {code: exact_text(value) for code, value in basis.values.items()},
    }


def _key(key: Key) -> dict[str, Any]:
    limits = {} if key.limits is None else {"limits": _limits(key.limits)}
    if key.fixed is not None:
        fixed = _fractions(key.fixed, 0)
        return {"id": key.id, "name": key.name, "fixed": fixed, "renormalise": key.renormalise, **limits}
    return {
        **limits,
        "id": key.id,
        "name": key.name,
        "components": sorted(map(_component, key.components), key=_dump),
        "host": {"code": key.host.code, "share": exact_text(key.host.share)} if key.host else None,
        "unit_price_decimals": key.unit_price_decimals,
    }


def _limits(limits: Limits) -> dict[str, Any]:
    members = {code: _bounds(bounds) for code, bounds in limits.members.items() if bounds != limits.everybody}
    return {**_bounds(limits.everybody), "members": members}


def _bounds(bounds: Bounds) -> dict[str, Any]:
    return {"minimum_yen": bounds.minimum_yen, "maximum_yen": bounds.maximum_yen}


def _component(component: Component) -> dict[str, Any]:
    return {
        "weight": exact_text(component.weight),
        "basis": component.basis,
        "factors": _fractions(component.factors, 1),
        "exclude": sorted(component.exclude),
    }


def _fractions(values: Mapping[str, Fraction], default: int) -> dict[str, str]:
    return {code: exact_text(value) for code, value in values.items() if value != default}


def _cost(cost: Cost, rounding: Rounding) -> dict[str, Any]:
    own = None
    if cost.charge.key is not None and rounding.stage == "cost":
        own = _rounding(cost.rounding or rounding)
    return {
        "id": cost.id,
        "name": cost.name,
        "amount_yen": cost.amount_yen,
        "tax_rate": exact_text(cost.tax_rate),
        "eligible": cost.eligible,
        "revenue_yen": cost.revenue_yen,
        "charge": _charge(cost.charge),
        "rounding": own,
    }


def _charge(charge: Charge) -> dict[str, Any]:
    if charge.key is not None:
        return {"key": charge.key}
    if charge.member is not None:
        return {"member": charge.member}
    if charge.tariff is not None:
        return {"tariff": _tariff(charge.tariff)}
    return {"prefecture": True}


def _tariff(tariff: Tariff) -> dict[str, Any]:
    steps = [
        {"price_yen": step.price_yen}
        | ({} if step.bound is None else {"up_to" if step.inclusive else "below": exact_text(step.bound)})
        for step in tariff.steps
    ]
    return {
        "basis": tariff.basis,
        **({"steps": steps} if tariff.rate is None else {"rate": exact_text(tariff.rate)}),
        "months": tariff.months,
        "unit_yen": tariff.unit_yen,
        "mode": tariff.mode,
        "tax_rate": exact_text(tariff.tax_rate),
        "exclude": sorted(tariff.exclude),
    }


def _rounding(rounding: Rounding) -> dict[str, Any]:
    return {
        "stage": rounding.stage,
        "unit_yen": rounding.unit_yen,
        "remainder": rounding.remainder,
        "named": rounding.named,
    }


def _unit_rounding(rounding: UnitRounding) -> dict[str, Any]:
    return {"unit_yen": rounding.unit_yen, "mode": rounding.mode}


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "name": grant.name,
        "funder": grant.funder,
        "rate": exact_text(grant.rate),
        "cap_yen": grant.cap_yen,
        "member_cap_yen": grant.member_cap_yen,
        "costs": "eligible" if grant.costs is None else sorted(grant.costs),
        "tax": grant.tax,
        "level": grant.level,
        "rounding": _unit_rounding(grant.rounding),
    }
