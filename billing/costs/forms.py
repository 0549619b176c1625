"""The cost form: text as typed → frozen input, with a message at every field that is wrong."""

from collections.abc import Mapping, Sequence

from billing.costs.rules import CHARGES, TAX_RATES, CostInput, CostView, cost_faults
from billing.costs.tariffs.forms import NEW_TARIFF, TariffChoices, read_tariff_form, tariff_values
from billing.money import parse_yen
from billing.programs.rules import MemberView
from tenants.web.form_data import Faults, one_of, required_text

ELIGIBLE: Mapping[str, str] = {"yes": "補助対象", "no": "対象外"}

NEW_COST: dict[str, str] = {
    "name": "",
    "amount_yen": "",
    "revenue_yen": "0",
    "tax_rate": "10/100",
    "eligible": "",
    "charge_kind": "",
    "key_id": "",
    "member_id": "",
    **NEW_TARIFF,
}
"""What an empty form starts from; whether a cost is eligible and who bears it is never guessed."""


def cost_input(
    form: Mapping[str, str], key_ids: Sequence[int], members: Sequence[MemberView], basis_ids: Sequence[int] = ()
) -> CostInput:
    """The cost a person typed; raises Invalid with every field's message.

    A key, member or tariff entered beside another way of bearing the cost is left aside, as the page says.
    """
    faults = Faults()
    kind = one_of(form, "charge_kind", "負担のしかた", CHARGES, faults)
    key_id = member_id = None
    if kind == "key":
        chosen = one_of(form, "key_id", "按分方法", {str(one): one for one in key_ids}, faults)
        key_id = next((one for one in key_ids if str(one) == chosen), None)
    if kind == "member":
        chosen = one_of(form, "member_id", "負担する団体", {str(one.tenant_id): one for one in members}, faults)
        member_id = next((one.tenant_id for one in members if str(one.tenant_id) == chosen), None)
    tariff = read_tariff_form(form, TariffChoices(basis_ids, members), faults) if kind == "tariff" else None
    cost = CostInput(
        name=required_text(form, "name", "経費の名前", faults, longest=100, one_line=True),
        amount_yen=faults.read("amount_yen", parse_yen, form.get("amount_yen", ""), 0),
        revenue_yen=faults.read("revenue_yen", parse_yen, form.get("revenue_yen", "").strip() or "0", 0),
        tax_rate=one_of(form, "tax_rate", "消費税率", TAX_RATES, faults),
        eligible=one_of(form, "eligible", "補助対象かどうか", ELIGIBLE, faults) == "yes",
        charge_kind=kind,
        key_id=key_id,
        member_id=member_id,
        tariff=tariff,
    )
    for field, (code, message) in cost_faults(cost, key_ids, [one.tenant_id for one in members], basis_ids).items():
        # Against an amount that could not be read nothing can be compared.
        if not (code == "negative-net" and "amount_yen" in faults.fields):
            faults.note(field, message, code)
    faults.raise_if_any()
    return cost


def cost_values(cost: CostView, names: Mapping[str, str]) -> dict[str, str]:
    """The cost as the form shows it; ``names`` of the members by code."""
    return {
        "name": cost.name,
        "amount_yen": f"{cost.amount_yen:,}",
        "revenue_yen": f"{cost.revenue_yen:,}",
        "tax_rate": cost.tax_rate,
        "eligible": "yes" if cost.eligible else "no",
        "charge_kind": cost.charge_kind,
        "key_id": "" if cost.key_id is None else str(cost.key_id),
        "member_id": "" if cost.member_id is None else str(cost.member_id),
        **tariff_values(cost.tariff, names),
    }
