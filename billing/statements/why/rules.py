"""Every yen of a statement, step by step, from the content it was issued with; pure.

The content (billing/statements/content.py) holds the view; its ``why`` (billing/statements/why/facts.py) holds what the
view does not say. A statement issued before there was ``why`` shows what can be derived without it.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from billing.statements.why.arithmetic import added, exact_yen, yen_factor
from billing.statements.why.charged import cost_section
from billing.statements.why.claims import claim_section, gross_section
from billing.statements.why.facts import FACTS
from billing.statements.why.granted import grant_section
from billing.statements.why.keyed import key_section
from billing.statements.why.leftover import leftover_step
from billing.statements.why.scheduled import due_anchor, schedule_section
from billing.statements.why.steps import Section, Step

__all__ = ["Section", "Step", "due_anchor", "facts_of", "line_anchors", "why_sections"]

# The parts in the order they are computed; a step's number begins with its part's, and the keys are part 1.
_COSTS, _TOTAL, _GROSS, _GRANTS, _CLAIM, _PAYMENTS = 2, 3, 4, 5, 6, 7


def facts_of(content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The facts frozen with a statement, None when there are none this version understands."""
    facts = content.get("why")
    return facts if facts and facts.get("facts") == FACTS else None


def why_sections(content: Mapping[str, Any]) -> tuple[Section, ...]:
    """The explanation of one statement, in the order of the calculation; the last step of each part is its result."""
    facts = facts_of(content)
    places = {key["id"]: place for place, key in enumerate(content["keys"], 1)}
    sections = [_key(place, key, facts) for place, key in enumerate(content["keys"], 1)]
    costs = [cost_section(_COSTS, place, line, facts, places) for place, line in enumerate(content["lines"], 1)]
    sections += costs
    borne = {line["cost_id"]: one.steps[-1] for line, one in zip(content["lines"], costs, strict=True)}
    whole = list(borne.values())
    if content["total"] is not None:
        keyed = [borne[line["cost_id"]] for line in content["lines"] if line["key"] is not None]
        sections.append(_total(content["total"], keyed, facts))
        whole = [sections[-1].steps[-1]]
        whole += [borne[line["cost_id"]] for line in content["lines"] if line["key"] is None]
    sections.append(gross_section(_GROSS, whole, content["gross_yen"]))
    anchors = {name: step.anchor for name, step in borne.items()}
    told = facts["grants"] if facts else [None] * len(content["grants"])
    grants = [
        grant_section(_GRANTS, place, grant, one, anchors)
        for place, (grant, one) in enumerate(zip(content["grants"], told, strict=True), 1)
    ]
    sections += grants
    unit = facts["instalments"]["unit_yen"] if facts else None
    sections.append(claim_section(_CLAIM, content, [one.steps[-1] for one in grants], unit))
    payments = schedule_section(_PAYMENTS, content, unit)
    return tuple(sections) if payments is None else (*sections, payments)


def _key(place: int, key: Mapping[str, Any], facts: Mapping[str, Any] | None) -> Section:
    if facts is None:
        return key_section(place, key, None)
    fixed = [one["fixed"] for one in facts["charges"].values() if one.get("key") == key["id"] and "fixed" in one]
    return key_section(place, key, fixed[0] if fixed else None)


def _total(total: Mapping[str, Any], keyed: list[Step], facts: Mapping[str, Any] | None) -> Section:
    """The one rounding of a run that adds the exact shares first."""
    exact = Fraction(total["exact"])
    uses = tuple(one.anchor for one in keyed)
    number = str(_TOTAL)
    steps = [
        Step(
            "total-1",
            f"{number}-1",
            "按分する経費の合計(端数処理前)",
            "この計算では、按分する経費の端数処理前の額を足してから、端数を一度だけ処理します。",
            (f"{added(yen_factor(one.result) for one in keyed)} = {exact_yen(exact)}",),
            exact,
            uses=uses,
        ),
        leftover_step("total-2", f"{number}-2", total, facts["total"] if facts else None, "total-1"),
    ]
    return Section("total", "按分する経費の合計", tuple(steps))


def line_anchors(content: Mapping[str, Any]) -> list[str]:
    """Where each cost of the statement is explained, in the order of its lines."""
    return [f"line-{place}" for place in range(1, len(content["lines"]) + 1)]
