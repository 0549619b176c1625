"""交付金 of a scenario: adopted or not (不採択なら), rate, caps, level, rounding; a grant more."""

from collections.abc import Mapping
from typing import Any

from billing.grants.rules import FUNDERS, LEVELS, TAXES
from billing.programs.rules import ROUNDING_MODES
from billing.scenarios.cases import Document, new_id
from billing.scenarios.editing.fields import Typed, entry_of
from billing.scenarios.editing.rosters import Draft
from tenants.web.stale import Value

_NEW: Mapping[str, Any] = {
    "name": "",
    "funder": "national",
    "rate": "",
    "cap_yen": None,
    "member_cap_yen": None,
    "costs": "eligible",
    "tax": "included",
    "level": "program",
    "rounding": {"unit_yen": 1, "mode": "floor"},
}


def blocks(draft: Draft) -> list[Mapping[str, Any]]:
    """The grants of the case and, not adopted, those of the copied case; then an empty one. In the order of both."""
    found = list(draft.case["grants"])
    for place, one in enumerate(draft.base["grants"]):
        if entry_of(found, one["id"]) is None:
            found.insert(min(place, len(found)), one)
    return [*found, {**_NEW, "id": new_id(found)}]


def grant_values(draft: Draft) -> dict[str, Value]:
    """Every grant as the form shows it, and which are adopted."""
    values: dict[str, Value] = {}
    for grant in blocks(draft):
        at = f"grants.{grant['id']}"
        values |= {f"{at}.{field}": grant[field] for field in ("name", "funder", "rate", "tax", "level")}
        values[f"{at}.adopted"] = "1" if entry_of(draft.case["grants"], grant["id"]) else ""
        for cap in ("cap_yen", "member_cap_yen"):
            values[f"{at}.{cap}"] = "" if grant[cap] is None else f"{grant[cap]:,}"
        values[f"{at}.rounding.unit_yen"] = f"{grant['rounding']['unit_yen']:,}"
        values[f"{at}.rounding.mode"] = grant["rounding"]["mode"]
        listed = grant["costs"] != "eligible"
        values[f"{at}.counted"] = "listed" if listed else "eligible"
        values[f"{at}.costs"] = tuple(grant["costs"]) if listed else ()
    return values


def read_grants(draft: Draft, typed: Typed) -> Document:
    """The case with the grants adopted; the empty block counts once it has a name."""
    known = {one["id"] for one in (*draft.case["grants"], *draft.base["grants"])}
    grants = []
    for grant in blocks(draft):
        at = f"grants.{grant['id']}"
        is_new = grant["id"] not in known
        if typed.form.get(f"{at}.name", "").strip() if is_new else f"{at}.adopted" in typed.form:
            grants.append(_read_grant(draft, typed, grant, at))
    return {**draft.case, "grants": grants}


def _read_grant(draft: Draft, typed: Typed, grant: Mapping[str, Any], at: str) -> Document:
    if not typed.form.get(f"{at}.rate", grant["rate"]).strip():
        typed.faults.note(f"{at}.rate", "率を入力してください(例: 1/2、50%)。", "bad-fraction")
    return {
        **grant,
        "name": typed.text(f"{at}.name", grant["name"], "交付金の名前"),
        "funder": typed.choice(f"{at}.funder", grant["funder"], {grant["funder"], *FUNDERS}, "財源"),
        "rate": typed.share(f"{at}.rate", grant["rate"]),
        "cap_yen": typed.yen_or_none(f"{at}.cap_yen", grant["cap_yen"]),
        "member_cap_yen": typed.yen_or_none(f"{at}.member_cap_yen", grant["member_cap_yen"]),
        "costs": _read_counted(draft, typed, grant, at),
        "tax": typed.choice(f"{at}.tax", grant["tax"], TAXES, "消費税"),
        "level": typed.choice(f"{at}.level", grant["level"], LEVELS, "計算の段階"),
        "rounding": {
            "unit_yen": typed.unit(f"{at}.rounding.unit_yen", grant["rounding"]["unit_yen"]),
            "mode": typed.choice(f"{at}.rounding.mode", grant["rounding"]["mode"], ROUNDING_MODES, "端数"),
        },
    }


def _read_counted(draft: Draft, typed: Typed, grant: Mapping[str, Any], at: str) -> str | list[str]:
    if f"{at}.counted" not in typed.form:
        found: str | list[str] = grant["costs"]
        return found
    if typed.choice(f"{at}.counted", "eligible", {"eligible", "listed"}, "対象の経費") == "eligible":
        return "eligible"
    ticked = set(typed.form.all(f"{at}.costs"))
    chosen = [one["id"] for one in draft.case["costs"] if one["id"] in ticked]
    if not chosen and grant["costs"] != []:  # a grant whose only cost was taken out counts none until one is chosen
        typed.faults.note(f"{at}.costs", "対象の経費を1つ以上選んでください。", "required")
    return chosen
