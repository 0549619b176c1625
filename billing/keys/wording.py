"""A key in one plain sentence, and whom it names although they take no part."""

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from billing.apportionment.terms import EQUAL_BASIS
from billing.bases.rules import EQUAL_NAME
from billing.keys.limits import limits_sentence
from billing.keys.rules import Definition
from billing.money import exact_text

_TENTHS, _HUNDREDTHS = 10, 100


def key_sentence(definition: Definition, basis_names: Mapping[int, str], member_names: Mapping[str, str]) -> str:
    """How the key splits: 「均等割3割・人口割7割」, 「所在地(神戸市)5割・残りを均等」, 「固定割合(2団体)」."""
    limits = limits_sentence(definition.get("limits"))
    return _split_sentence(definition, basis_names, member_names) + (f"({limits})" if limits else "")


def _split_sentence(definition: Definition, basis_names: Mapping[int, str], member_names: Mapping[str, str]) -> str:
    if "fixed" in definition:
        count = len(definition["fixed"])
        return f"固定割合({count}団体{'、参加団体だけで按分' if definition['renormalise'] else ''})"
    host = definition.get("host")
    components = definition["components"]
    weights = [Fraction(one["weight"]) for one in components] + ([Fraction(host["share"])] if host else [])
    divisor = _divisor(weights)
    names = [basis_name(one["basis"], basis_names) for one in components]
    if "unit_price_decimals" in definition:
        said = f"{names[0]}の単価方式(単価は小数{definition['unit_price_decimals']}桁)"
    elif len(components) == 1:
        said = names[0] if host else _divided_by(names[0])
    else:
        said = "・".join(
            f"{_divided_by(name)}{_share(Fraction(one['weight']), divisor)}"
            for name, one in zip(names, components, strict=True)
        )
    if host:
        place = member_names.get(host["code"], host["code"])
        said = f"所在地({place}){_share(Fraction(host['share']), divisor)}・残りを{said}"
    return said + _adjustments(components)


def basis_name(basis: int | str, basis_names: Mapping[int, str]) -> str:
    """What people call the basis of a component."""
    if basis == EQUAL_BASIS:
        return EQUAL_NAME
    return basis_names.get(int(basis), "(なくなった按分基準)")


def strangers(definition: Definition, member_codes: Collection[str]) -> list[str]:
    """Codes that the key weighs, excludes or hosts although they take no part; a run would be refused.

    固定割合 that is made whole over those who take part may name others.
    """
    if "fixed" in definition:
        named = set() if definition["renormalise"] else set(definition["fixed"])
    else:
        named = {definition["host"]["code"]} if "host" in definition else set()
        for one in definition["components"]:
            named |= {*one.get("factors", {}), *one.get("exclude", ())}
    named |= {*definition.get("limits", {}).get("members", {})}
    return sorted(named - set(member_codes))


def _divided_by(name: str) -> str:
    return name if name.endswith("割") else f"{name}割"


def _divisor(weights: list[Fraction]) -> int:
    """Tenths (割) when all weights are whole tenths, else hundredths (%), else fractions (0)."""
    return next((one for one in (_TENTHS, _HUNDREDTHS) if all((w * one).denominator == 1 for w in weights)), 0)


def _share(weight: Fraction, divisor: int) -> str:
    if not divisor:
        return exact_text(weight)
    return f"{weight * divisor}{'割' if divisor == _TENTHS else '%'}"


def _adjustments(components: list[dict[str, Any]]) -> str:
    weighted = {code for one in components for code in one.get("factors", {})}
    excluded = {code for one in components for code in one.get("exclude", ())}
    said = [
        *([f"{len(weighted)}団体に重み"] if weighted else []),
        *([f"{len(excluded)}団体を除外"] if excluded else []),
    ]
    return f"({'、'.join(said)})" if said else ""
