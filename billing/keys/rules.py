"""Keys as they are kept and frozen: the stored definition, the bases it names, its part of a case document.

A definition has the shape of a key in the case format (``yui-apportionment/2``), but names a basis by its id
(an integer) or by the word ``equal``; members are named by organisation code, fractions are exact texts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from billing.apportionment.terms import EQUAL_BASIS
from tenants.errors import Invalid

Definition = Mapping[str, Any]
"""``{"components": […], "host": {…}, "unit_price_decimals": n}`` or ``{"fixed": {…}, "renormalise": bool}``; perhaps
``"limits": {"minimum_yen": n, "maximum_yen": n, "members": {code: {…}}}``."""


@dataclass(frozen=True, slots=True)
class KeyInput:
    """What a key is called and how it splits."""

    name: str
    definition: Definition


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key of a program."""

    id: int
    name: str
    definition: Definition
    version: int


def used_basis_ids(definition: Definition) -> set[int]:
    """The ids of the bases the definition names; 均等 has none."""
    return {one["basis"] for one in definition.get("components", ()) if one["basis"] != EQUAL_BASIS}


def definition_for_case(view: KeyView, basis_ids: Collection[int]) -> dict[str, Any]:
    """The key as it stands in a case document: ids ``k1`` and ``b12``, everything else as it is kept.

    Raises Invalid (unknown-basis) when a basis is not among ``basis_ids``, so that the key is named to the person.
    """
    if not used_basis_ids(view.definition) <= set(basis_ids):
        raise Invalid(
            "unknown-basis", f"按分方法「{view.name}」が使う按分基準がありません。按分方法を変更してください。"
        )
    document = {"id": f"k{view.id}", "name": view.name, **view.definition}
    if "components" in document:
        document["components"] = [
            {**one, "basis": one["basis"] if one["basis"] == EQUAL_BASIS else f"b{one['basis']}"}
            for one in document["components"]
        ]
    return document
