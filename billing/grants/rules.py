"""Grants as they are kept and frozen, and the words for every choice."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.costs.rules import CostView
from billing.money import exact_text

FUNDERS: Mapping[str, str] = {"national": "国", "prefecture": "県", "other": "その他"}
LEVELS: Mapping[str, str] = {"program": "事業全体", "cost": "経費ごと", "member": "団体ごと"}
NATIONAL = "national"
"""The funder whose rates together may not exceed the program's ceiling (audit guard, specification §3.3)."""
TAXES: Mapping[str, str] = {"included": "消費税を含む", "excluded": "消費税を除く"}


@dataclass(frozen=True, slots=True)
class GrantInput:
    """What a grant gives: ``rate`` is an exact fraction as text, caps and unit are yen.

    ``cost_ids`` None counts every eligible cost.
    """

    name: str
    funder: str
    rate: str
    cap_yen: int | None
    member_cap_yen: int | None
    cost_ids: tuple[int, ...] | None
    tax: str
    level: str
    rounding_unit_yen: int
    rounding_mode: str


@dataclass(frozen=True, slots=True)
class GrantView(GrantInput):
    """One grant of a program; ``position`` counts from 1 and is the order of calculation."""

    id: int
    position: int
    version: int


def grant_for_case(view: GrantView, cost_ids: Collection[int]) -> dict[str, Any]:
    """The grant as it stands in a case document; a listed cost that is gone (not in ``cost_ids``) is left out."""
    costs: str | list[str] = "eligible"
    if view.cost_ids is not None:
        known = set(cost_ids)
        costs = [f"c{one}" for one in view.cost_ids if one in known]
    return {
        "id": f"g{view.id}",
        "name": view.name,
        "funder": view.funder,
        "rate": view.rate,
        "cap_yen": view.cap_yen,
        "member_cap_yen": view.member_cap_yen,
        "costs": costs,
        "tax": view.tax,
        "level": view.level,
        "rounding": {"unit_yen": view.rounding_unit_yen, "mode": view.rounding_mode},
    }


@dataclass(frozen=True, slots=True)
class CeilingFault:
    """One cost that national grants together would pay beyond the ceiling."""

    cost_name: str
    grant_names: tuple[str, ...]
    total: Fraction


def counts(grant: GrantInput, cost: CostView) -> bool:
    """Whether the grant is computed on this cost."""
    return cost.eligible if grant.cost_ids is None else cost.id in grant.cost_ids


def ceiling_faults(grants: Sequence[GrantInput], costs: Sequence[CostView], ceiling: Fraction) -> list[CeilingFault]:
    """Every cost for which the rates of all national grants that count it add to more than ``ceiling``."""
    faults = []
    for cost in costs:
        counting = [one for one in grants if one.funder == NATIONAL and counts(one, cost)]
        total = sum((Fraction(one.rate) for one in counting), Fraction(0))
        if total > ceiling:
            faults.append(CeilingFault(cost.name, tuple(one.name for one in counting), total))
    return faults


def ceiling_message(faults: Sequence[CeilingFault], ceiling: Fraction) -> str:
    """The faults as one text for the field of the rate; costs with the same grants stand together."""
    together: dict[tuple[tuple[str, ...], Fraction], list[str]] = {}
    for one in faults:
        together.setdefault((one.grant_names, one.total), []).append(one.cost_name)
    return "".join(
        f"経費{_quoted(cost_names)}に対する国の交付金{_quoted(grant_names)}の率の合計 {exact_text(total)} が、"
        f"この事業の国費の上限 {exact_text(ceiling)} を超えます。"
        for (grant_names, total), cost_names in together.items()
    )


def _quoted(names: Iterable[str]) -> str:
    return "".join(f"「{name}」" for name in names)
