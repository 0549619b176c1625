"""端数・請求・納付 of a scenario, and the door to the six parts: what each page shows and how it is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from billing.programs.rules import REMAINDERS, ROUNDING_MODES, ROUNDING_STAGES
from billing.scenarios.cases import Document, complete
from billing.scenarios.editing.costs import cost_values, read_costs
from billing.scenarios.editing.fields import Typed
from billing.scenarios.editing.grants import grant_values, read_grants
from billing.scenarios.editing.keys import key_values, read_keys
from billing.scenarios.editing.rosters import Draft, basis_values, member_values, read_bases, read_members
from tenants.web.form_data import Faults, FormData
from tenants.web.stale import Value

_MOST_INSTALMENTS = 12


def setting_values(draft: Draft) -> dict[str, Value]:
    """The rules of the case as the form shows them."""
    rounding, invoice, instalments = (draft.case[name] for name in ("rounding", "invoice", "instalments"))
    return {
        "rounding.stage": rounding["stage"],
        "rounding.unit_yen": f"{rounding['unit_yen']:,}",
        "rounding.remainder": rounding["remainder"],
        "rounding.named": rounding["named"] or "",
        "invoice.unit_yen": f"{invoice['unit_yen']:,}",
        "invoice.mode": invoice["mode"],
        "instalments.count": str(instalments["count"]),
        "instalments.unit_yen": f"{instalments['unit_yen']:,}",
        "national_ceiling": draft.case["national_ceiling"],
    }


def read_settings(draft: Draft, typed: Typed) -> Document:
    """The case with the rules typed; a cost's own rounding stays."""
    rounding, invoice, instalments = (draft.case[name] for name in ("rounding", "invoice", "instalments"))
    remainder = typed.choice("rounding.remainder", rounding["remainder"], REMAINDERS, "端数の行き先")
    named = None
    if remainder == "named":
        codes = {one["code"] for one in draft.case["members"]}
        named = typed.choice("rounding.named", rounding["named"] or "", codes, "端数をまとめて負担する団体")
    return complete(
        {
            **draft.case,
            "rounding": {
                "stage": typed.choice("rounding.stage", rounding["stage"], ROUNDING_STAGES, "端数処理の段階"),
                "unit_yen": typed.unit("rounding.unit_yen", rounding["unit_yen"]),
                "remainder": remainder,
                "named": named,
            },
            "invoice": {
                "unit_yen": typed.unit("invoice.unit_yen", invoice["unit_yen"]),
                "mode": typed.choice("invoice.mode", invoice["mode"], ROUNDING_MODES, "負担金の端数"),
            },
            "instalments": {
                "count": typed.count("instalments.count", instalments["count"], 1, _MOST_INSTALMENTS),
                "unit_yen": typed.unit("instalments.unit_yen", instalments["unit_yen"]),
            },
            "national_ceiling": typed.share("national_ceiling", draft.case["national_ceiling"]),
        }
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One page: its fields as shown, and the case read from them."""

    values: Callable[[Draft], dict[str, Value]]
    read: Callable[[Draft, Typed], Document]


PARTS: Mapping[str, Part] = {
    "members": Part(member_values, read_members),
    "bases": Part(basis_values, read_bases),
    "keys": Part(key_values, read_keys),
    "costs": Part(cost_values, read_costs),
    "grants": Part(grant_values, read_grants),
    "settings": Part(setting_values, read_settings),
}


def read_part(part: str, draft: Draft, form: FormData) -> Document:
    """The case as the form changes it; raises Invalid with every field's message."""
    faults = Faults()
    case = PARTS[part].read(draft, Typed(form, faults))
    faults.raise_if_any()
    return case
