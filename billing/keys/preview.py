"""What a key gives every member, before any cost is entered: measures and exact shares, by the engine itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from billing.apportionment.exact import Exact
from billing.apportionment.shares import Shares
from billing.apportionment.terms import EQUAL_BASIS, Basis, Case, Component, Host, Key, Member
from billing.keys.rules import Definition
from billing.programs.rules import MemberView

Values = Mapping[int, Mapping[str, str]]
"""Exact basis values by basis id, then by member code."""


@dataclass(frozen=True, slots=True)
class MissingValue:
    """A basis that has no value for members the key counts."""

    basis_id: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComponentShare:
    """One member's measure in one component and its part of the component's sum; both None for the host."""

    measure: Fraction | None
    share: Fraction | None


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One member's shares; ``share`` is its part of the whole cost."""

    code: str
    name: str
    components: tuple[ComponentShare, ...]
    share: Fraction


@dataclass(frozen=True, slots=True)
class SharesPreview:
    """Every member by code, and the sums of the measures; the shares add to exactly 1."""

    rows: tuple[ShareRow, ...]
    sums: tuple[Fraction, ...]

    @property
    def total(self) -> Fraction:
        """The sum of all shares."""
        return sum((row.share for row in self.rows), Fraction(0))


def missing_values(definition: Definition, members: Sequence[MemberView], values: Values) -> list[MissingValue]:
    """The bases whose values are not complete for this key, in the order of its components, once each."""
    missing: dict[int, tuple[str, ...]] = {}
    for one in definition.get("components", ()):
        if one["basis"] == EQUAL_BASIS:
            continue
        known = values.get(one["basis"], {})
        names = [member.name for member in members if _is_counted(definition, one, member) and member.code not in known]
        if names:
            earlier = missing.get(one["basis"], ())
            missing[one["basis"]] = tuple(dict.fromkeys((*earlier, *names)))
    return [MissingValue(basis_id, names) for basis_id, names in missing.items()]


def shares_preview(definition: Definition, members: Sequence[MemberView], values: Values) -> SharesPreview:
    """The shares of all members, by code. Needs every value (``missing_values``) and at least one member.

    Raises CaseRefused (basis-sum-zero, too-precise) where the engine cannot split by this key.
    """
    in_order = sorted((_member(one) for one in members), key=lambda one: one.code)
    whole = _key(definition)
    # A key of one component with a unit price makes the engine give the measures themselves.
    measuring = [
        Key(
            id=f"measure-{number}",
            name="",
            components=(replace(component, weight=Fraction(1)),),
            host=replace(whole.host, share=Fraction(0)) if whole.host else None,
            unit_price_decimals=0,
        )
        for number, component in enumerate(whole.components)
    ]
    shares = Shares(_case(in_order, [whole, *measuring], values), in_order)
    totals = _fractions(shares.of(whole.id).figures)
    columns = [_fractions(shares.of(key.id).figures) for key in measuring]
    sums = tuple(sum(column, Fraction(0)) for column in columns)
    nothing = ComponentShare(None, None)
    rows = []
    for place, member in enumerate(in_order):
        if whole.host and whole.host.code == member.code:
            parts = [nothing for _ in columns]
        else:
            parts = [
                ComponentShare(column[place], column[place] / total)
                for column, total in zip(columns, sums, strict=True)
            ]
        rows.append(ShareRow(member.code, member.name, tuple(parts), totals[place]))
    return SharesPreview(tuple(rows), sums)


def _case(members: Sequence[Member], keys: Sequence[Key], values: Values) -> Case:
    """As much of a case as shares depend on."""
    bases = tuple(
        # Name, unit, day and source play no part in the shares.
        Basis(str(basis_id), "", "", date.min, "", {code: Fraction(value) for code, value in known.items()})
        for basis_id, known in values.items()
    )
    return Case(fiscal_year=0, title="", members=tuple(members), bases=bases, keys=tuple(keys), costs=())


def _member(one: MemberView) -> Member:
    return Member(one.code, one.name, one.months, Fraction(one.factor))


def _key(definition: Definition) -> Key:
    """The definition in the engine's words, without its unit price, so that shares add to 1."""
    if "fixed" in definition:
        fixed = {code: Fraction(share) for code, share in definition["fixed"].items()}
        return Key(id="key", name="", fixed=fixed, renormalise=definition["renormalise"])
    host = definition.get("host")
    return Key(
        id="key",
        name="",
        components=tuple(
            Component(
                weight=Fraction(one["weight"]),
                basis=str(one["basis"]),
                factors={code: Fraction(factor) for code, factor in one.get("factors", {}).items()},
                exclude=tuple(one.get("exclude", ())),
            )
            for one in definition["components"]
        ),
        host=Host(host["code"], Fraction(host["share"])) if host else None,
    )


def _fractions(figures: Exact) -> list[Fraction]:
    return [Fraction(numerator, figures.denominator) for numerator in figures.numerators]


def _is_counted(definition: Definition, component: Mapping[str, Any], member: MemberView) -> bool:
    host = definition.get("host")
    return member.code not in component.get("exclude", ()) and not (host and host["code"] == member.code)
