"""経費 of a scenario: amounts, who bears them, prices of a tariff; a cost more, a cost less."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from billing.costs.rules import TAX_RATES
from billing.scenarios.cases import Document, new_id, with_format
from billing.scenarios.editing.fields import Typed
from billing.scenarios.editing.rosters import Draft
from tenants.web.stale import Value

PREFECTURE, TARIFF = "prefecture", "tariff"


def blocks(draft: Draft) -> list[Mapping[str, Any]]:
    """The costs of the case and an empty one."""
    return [*draft.case["costs"], {"id": new_id(draft.case["costs"]), "name": "", **_NEW}]


_NEW: Mapping[str, Any] = {
    "amount_yen": 0,
    "revenue_yen": 0,
    "tax_rate": "10/100",
    "eligible": False,
    "charge": {},
}


def charges(draft: Draft, cost: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Who may bear a cost, as options; its own tariff only where it has one."""
    own = [(TARIFF, "料金表による")] if TARIFF in cost["charge"] else []
    offered = [
        *((f"key:{one['id']}", f"按分: {one['name']}") for one in draft.case["keys"]),
        *((f"member:{one['code']}", f"個別負担: {one['name']}") for one in draft.case["members"]),
        (PREFECTURE, "県が負担する"),
        *own,
    ]
    present = _charge(cost["charge"]) if cost["charge"] else PREFECTURE
    if present not in {code for code, _ in offered}:
        offered.append((present, "(いまの負担先は構成団体ではありません)"))
    return offered


def cost_values(draft: Draft) -> dict[str, Value]:
    """Every cost as the form shows it."""
    values: dict[str, Value] = {}
    for cost in blocks(draft):
        at = f"costs.{cost['id']}"
        values[f"{at}.name"] = cost["name"]
        values[f"{at}.amount_yen"] = f"{cost['amount_yen']:,}" if cost["name"] else ""
        values[f"{at}.revenue_yen"] = f"{cost['revenue_yen']:,}"
        values[f"{at}.tax_rate"] = _tax_rate(cost["tax_rate"])
        values[f"{at}.eligible"] = "1" if cost["eligible"] else ""
        values[f"{at}.charge"] = _charge(cost["charge"])
        values[f"{at}.removed"] = ""
        tariff = cost["charge"].get(TARIFF, {})
        for number, step in enumerate(tariff.get("steps", ())):
            values[f"{at}.charge.tariff.steps.{number}.price_yen"] = f"{step['price_yen']:,}"
        if "rate" in tariff:
            values[f"{at}.charge.tariff.rate"] = tariff["rate"]
    return values


def read_costs(draft: Draft, typed: Typed) -> Document:
    """The case with the costs typed; the empty block counts once it has a name or an amount.

    A cost taken out is taken out of the grants that list it too.
    """
    known = {one["id"] for one in draft.case["costs"]}
    costs, gone = [], set()
    for cost in blocks(draft):
        at = f"costs.{cost['id']}"
        if cost["id"] in known and typed.form.get(f"{at}.removed"):
            gone.add(cost["id"])
        elif cost["id"] in known or any(typed.form.get(f"{at}.{one}", "").strip() for one in ("name", "amount_yen")):
            costs.append(_read_cost(draft, typed, cost, at))
    grants = [
        one if one["costs"] == "eligible" else {**one, "costs": [cost for cost in one["costs"] if cost not in gone]}
        for one in draft.case["grants"]
    ]
    return with_format({**draft.case, "costs": costs, "grants": grants})


def _read_cost(draft: Draft, typed: Typed, cost: Mapping[str, Any], at: str) -> Document:
    sent = f"{at}.name" in typed.form
    now = _tax_rate(cost["tax_rate"])
    chosen = typed.choice(f"{at}.tax_rate", now, {now, *TAX_RATES}, "消費税率")
    amount_field = f"{at}.amount_yen"
    if sent and not typed.form.get(amount_field, "").strip():
        typed.faults.note(amount_field, "金額を入力してください。", "blank-yen")
    return {
        **cost,
        "name": typed.text(f"{at}.name", cost["name"], "経費の名前"),
        "amount_yen": typed.yen(amount_field, cost["amount_yen"]),
        "revenue_yen": typed.yen(f"{at}.revenue_yen", cost["revenue_yen"]),
        "tax_rate": cost["tax_rate"] if chosen == now else chosen,
        "eligible": f"{at}.eligible" in typed.form if sent else cost["eligible"],
        "charge": _read_charge(draft, typed, cost, at),
    }


def _read_charge(draft: Draft, typed: Typed, cost: Mapping[str, Any], at: str) -> Document:
    now = cost["charge"]
    allowed = {code for code, _ in charges(draft, cost)}
    chosen = typed.choice(f"{at}.charge", _charge(now), allowed, "負担のしかた")
    kind, _, name = chosen.partition(":")
    if chosen != _charge(now):
        return {PREFECTURE: True} if kind == PREFECTURE else {kind: name}
    if kind != TARIFF:
        return dict(now)
    tariff = dict(now[TARIFF])
    if "steps" in tariff:
        place = f"{at}.charge.tariff.steps"
        tariff["steps"] = [
            {**step, "price_yen": typed.yen(f"{place}.{number}.price_yen", step["price_yen"])}
            for number, step in enumerate(tariff["steps"])
        ]
    else:
        tariff["rate"] = typed.share(f"{at}.charge.tariff.rate", tariff["rate"])
    return {TARIFF: tariff}


def _charge(charge: Mapping[str, Any]) -> str:
    for kind in ("key", "member"):
        if kind in charge:
            return f"{kind}:{charge[kind]}"
    return TARIFF if TARIFF in charge else PREFECTURE if PREFECTURE in charge else ""


def _tax_rate(rate: str) -> str:
    """The rate as the options spell it; a frozen case holds it reduced."""
    return next((one for one in TAX_RATES if Fraction(one) == Fraction(rate)), rate)
