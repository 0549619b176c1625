"""When a scenario may be adopted, and its entries as the inputs of the program's own operations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

from billing.apportionment.terms import EQUAL_BASIS
from billing.bases.rules import BasisInput
from billing.costs.rules import TAX_RATES, CostInput
from billing.costs.tariffs.rules import Definition
from billing.grants.rules import GrantInput
from billing.keys.rules import KeyInput
from billing.programs.rules import MemberInput, MemberView, ProgramInput
from billing.scenarios.cases import Document
from billing.scenarios.differences import Change
from billing.scenarios.rules import ScenarioView
from tenants.errors import Conflict


class NotCalculable(Conflict):
    """Only what can be calculated is worth registering."""

    def __init__(self) -> None:
        super().__init__(
            "scenario-not-calculable", "計算できない試算は登録内容に反映できません。先に試算を直してください。"
        )


class ProgramChanged(Conflict):
    """The program is no longer what was copied; ``changes`` say what somebody changed meanwhile."""

    def __init__(self, changes: Sequence[Change]) -> None:
        super().__init__(
            "program-changed",
            "写したあとに事業の登録内容が変わったため、反映できません。いまの登録内容を写し直して試算してください。",
        )
        self.changes = tuple(changes)


class NothingToAdopt(Conflict):
    """The scenario says what the program says already."""

    def __init__(self) -> None:
        super().__init__("nothing-to-adopt", "登録内容と違うところがないため、反映するものがありません。")


class AdoptionDiffers(Conflict):
    """The registered inputs cannot say what the scenario says; everything is undone."""

    def __init__(self, changes: Sequence[Change]) -> None:
        shown = "、".join(f"{one.part_label} {one.label}" for one in changes)
        super().__init__("adoption-differs", f"登録内容では表せない変更があるため、反映できません({shown})。")


def check_can_adopt(scenario: ScenarioView, meanwhile: Sequence[Change], changes: Sequence[Change]) -> None:
    """Raises NotCalculable, ProgramChanged or NothingToAdopt."""
    if scenario.result is None:
        raise NotCalculable
    if meanwhile:
        raise ProgramChanged(meanwhile)
    if not changes:
        raise NothingToAdopt


@dataclass(slots=True)
class Rows:
    """Which row of the program stands behind an id of the case; what is created meanwhile is added."""

    tenants: Mapping[str, int]
    bases: dict[str, int] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    costs: dict[str, int] = field(default_factory=dict)
    grants: dict[str, int] = field(default_factory=dict)

    def renamed(self, case: Document) -> Document:
        """The case with the ids the rows have now."""
        names = {
            part: {entry_id: f"{letter}{row}" for entry_id, row in rows.items()}
            for part, letter, rows in (
                ("bases", "b", self.bases),
                ("keys", "k", self.keys),
                ("costs", "c", self.costs),
                ("grants", "g", self.grants),
            )
        }
        return {
            **case,
            "bases": [_named(one, names["bases"]) for one in case["bases"]],
            "keys": [_key_named(one, names) for one in case["keys"]],
            "costs": [_cost_named(one, names) for one in case["costs"]],
            "grants": [_grant_named(one, names) for one in case["grants"]],
        }


def _named(entry: Mapping[str, Any], names: Mapping[str, str]) -> Document:
    return {**entry, "id": names.get(entry["id"], entry["id"])}


def _key_named(key: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> Document:
    found = _named(key, names["keys"])
    if "components" in key:
        bases = names["bases"]
        found["components"] = [{**one, "basis": bases.get(one["basis"], one["basis"])} for one in key["components"]]
    return found


def _cost_named(cost: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> Document:
    found = _named(cost, names["costs"])
    if "key" in cost["charge"]:
        found["charge"] = {"key": names["keys"].get(cost["charge"]["key"], cost["charge"]["key"])}
    return found


def _grant_named(grant: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> Document:
    found = _named(grant, names["grants"])
    if grant["costs"] != "eligible":
        found["costs"] = [names["costs"].get(one, one) for one in grant["costs"]]
    return found


def settings_input(case: Document, settings: ProgramInput, tenants: Mapping[str, int]) -> ProgramInput:
    """The program's settings with the case's rules; what is no rule of the calculation stays."""
    rounding, named = case["rounding"], case["rounding"]["named"]
    return replace(
        settings,
        rounding_stage=rounding["stage"],
        rounding_unit_yen=rounding["unit_yen"],
        rounding_remainder=rounding["remainder"],
        rounding_named_id=None if named is None else tenants[named],
        national_ceiling=case["national_ceiling"],
        invoice_unit_yen=case["invoice"]["unit_yen"],
        invoice_mode=case["invoice"]["mode"],
        instalment_count=case["instalments"]["count"],
        instalment_unit_yen=case["instalments"]["unit_yen"],
    )


def member_inputs(
    case: Document, base: Document, registered: Mapping[str, MemberView], tenants: Mapping[str, int]
) -> list[MemberInput]:
    """Who takes part. What does not differ stays as registered: a case counts the months of departures already."""
    before = {one["code"]: one for one in base["members"]}
    wanted = []
    for one in case["members"]:
        present = registered.get(one["code"])
        if before.get(one["code"]) != one:
            wanted.append(MemberInput(tenants[one["code"]], one["months"], one["factor"]))
        elif present is not None:  # else it left before and stands in the case for its refund only
            wanted.append(MemberInput(present.tenant_id, present.months, present.factor))
    return wanted


def basis_input(basis: Mapping[str, Any]) -> BasisInput:
    """What a basis is."""
    return BasisInput(basis["name"], basis["unit"], date.fromisoformat(basis["as_of"]), basis["source"])


def key_input(key: Mapping[str, Any], rows: Rows) -> KeyInput:
    """How a key splits, as it is kept: bases by their row, nothing written out that says nothing."""
    limits = {"limits": key["limits"]} if "limits" in key else {}
    if "fixed" in key:
        return KeyInput(key["name"], {"fixed": key["fixed"], "renormalise": key["renormalise"], **limits})
    components = []
    for one in key["components"]:
        basis = one["basis"] if one["basis"] == EQUAL_BASIS else rows.bases[one["basis"]]
        terms = {name: one[name] for name in ("factors", "exclude") if one[name]}
        components.append({"weight": one["weight"], "basis": basis, **terms})
    further = {name: key[name] for name in ("host", "unit_price_decimals") if key[name] is not None}
    return KeyInput(key["name"], {"components": components, **further, **limits})


def cost_input(cost: Mapping[str, Any], rows: Rows, before: Definition | None, absent: frozenset[str]) -> CostInput:
    """A cost as it is entered; ``before`` is the tariff it has now, ``absent`` the members that take no part."""
    charge = cost["charge"]
    kind = next(one for one in ("key", "member", "tariff", "prefecture") if one in charge)
    rate = Fraction(cost["tax_rate"])
    return CostInput(
        name=cost["name"],
        amount_yen=cost["amount_yen"],
        revenue_yen=cost["revenue_yen"],
        tax_rate=next((one for one in TAX_RATES if Fraction(one) == rate), cost["tax_rate"]),
        eligible=cost["eligible"],
        charge_kind=kind,
        key_id=rows.keys[charge["key"]] if kind == "key" else None,
        member_id=rows.tenants[charge["member"]] if kind == "member" else None,
        tariff=_tariff(charge["tariff"], rows, before or {}, absent) if kind == "tariff" else None,
    )


def _tariff(tariff: Mapping[str, Any], rows: Rows, before: Definition, absent: frozenset[str]) -> Definition:
    """The tariff as it is kept; a case also excludes whoever takes no part, which is no term of the tariff."""
    own = (set(tariff.get("exclude", ())) - absent) | (set(before.get("exclude", ())) & absent)
    basis = tariff["basis"] if tariff["basis"] == EQUAL_BASIS else rows.bases[tariff["basis"]]
    return {**tariff, "basis": basis, "exclude": sorted(own)}


def grant_input(grant: Mapping[str, Any], rows: Rows) -> GrantInput:
    """What a grant gives."""
    counted = grant["costs"]
    return GrantInput(
        name=grant["name"],
        funder=grant["funder"],
        rate=grant["rate"],
        cap_yen=grant["cap_yen"],
        member_cap_yen=grant["member_cap_yen"],
        cost_ids=None if counted == "eligible" else tuple(sorted(rows.costs[one] for one in counted)),
        tax=grant["tax"],
        level=grant["level"],
        rounding_unit_yen=grant["rounding"]["unit_yen"],
        rounding_mode=grant["rounding"]["mode"],
    )
