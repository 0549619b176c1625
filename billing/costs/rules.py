"""Costs as people enter them and other floors post them: views, choices, what a cost must satisfy."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

from billing.costs.tariffs.rules import Definition, used_basis_id
from billing.money import MAX_YEN, format_yen
from tenants.errors import Invalid
from tenants.fingerprint import sha256_of

TAX_RATES: Mapping[str, str] = {"10/100": "10%", "8/100": "8%(軽減税率)", "0": "0%(対象外)"}
"""The consumption tax contained in an amount: standard, reduced and none, as the case format writes them."""
CHARGES: Mapping[str, str] = {
    "key": "按分する",
    "member": "1団体の個別負担",
    "prefecture": "県が負担する",
    "tariff": "料金表による",
}
PAGE_SOURCE = "page"
"""The source of costs that people enter themselves; every other source is the word of the slice that posted."""

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class CostInput:
    """One amount in yen, tax included, what reduces it, and who bears the rest."""

    name: str
    amount_yen: int
    revenue_yen: int
    tax_rate: str
    eligible: bool
    """Whether it counts for grants (補助対象)."""
    charge_kind: str
    key_id: int | None
    member_id: int | None
    """The tenant id of the organisation that bears it alone."""
    tariff: Definition | None = None
    """The price list every member pays by (料金表)."""


@dataclass(frozen=True, slots=True)
class CostView:
    """One cost of a program, with the names of whoever bears it."""

    id: int
    name: str
    amount_yen: int
    revenue_yen: int
    tax_rate: str
    eligible: bool
    charge_kind: str
    key_id: int | None
    member_id: int | None
    source: str
    reference: str
    version: int
    key_name: str
    member_name: str
    takes_part: bool
    """False when the organisation that should bear it alone is no member (any more)."""
    tariff: Definition | None = None

    @property
    def net_yen(self) -> int:
        """What is left to bear after 特定財源."""
        return self.amount_yen - self.revenue_yen

    @property
    def content(self) -> CostInput:
        """What was entered or posted."""
        return CostInput(**{name: getattr(self, name) for name in CostInput.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class PostedCost:
    """What is known of a cost that was posted: its name now, and the fingerprint of what was posted then."""

    id: int
    name: str
    posted_sha256: str


def content_sha256(cost: CostInput) -> str:
    """The fingerprint of a cost's content: what makes a repeated posting the same posting.

    It is stored for years, so a field added later must be left out while it has its default.
    """
    content = asdict(cost)
    if cost.tariff is None:
        del content["tariff"]
    return sha256_of(json.dumps(content, ensure_ascii=False, sort_keys=True).encode())


def borne_by(charge_kind: str, key_name: str, member_name: str, *, takes_part: bool) -> str:
    """Who bears a cost, in words; says so when the one organisation that should is no member (any more)."""
    if charge_kind == "key":
        return f"按分: {key_name}"
    if charge_kind == "member":
        return f"個別負担: {member_name}" + ("" if takes_part else "(構成団体ではありません)")
    return "料金表" if charge_kind == "tariff" else "県負担"


@dataclass(frozen=True, slots=True)
class CostTotals:
    """Sums over a program's costs, in yen."""

    amount_yen: int
    revenue_yen: int
    net_yen: int
    eligible_yen: int
    """The net of the costs that count for grants."""


def totals(costs: Sequence[CostView]) -> CostTotals:
    """The sum row."""
    return CostTotals(
        sum(one.amount_yen for one in costs),
        sum(one.revenue_yen for one in costs),
        sum(one.net_yen for one in costs),
        sum(one.net_yen for one in costs if one.eligible),
    )


def cost_faults(
    cost: CostInput, key_ids: Collection[int], member_ids: Collection[int], basis_ids: Collection[int] = ()
) -> dict[str, tuple[str, str]]:
    """What is wrong with a cost, by form field: (code, Japanese sentence).

    ``key_ids`` and ``basis_ids`` are the program's, ``member_ids`` the tenant ids of its members.
    """
    faults: dict[str, tuple[str, str]] = {}
    if not 1 <= len(cost.name) <= _LONGEST_NAME:
        faults["name"] = "bad-name", f"経費の名前を1文字から{_LONGEST_NAME}文字で入力してください。"
    for field, amount in (("amount_yen", cost.amount_yen), ("revenue_yen", cost.revenue_yen)):
        if not 0 <= amount <= MAX_YEN:
            faults[field] = "yen-out-of-range", f"0円から{format_yen(MAX_YEN)}までで入力してください。"
    if not faults.keys() & {"amount_yen", "revenue_yen"} and cost.revenue_yen > cost.amount_yen:
        faults["revenue_yen"] = (
            "negative-net",
            f"特定財源が経費({format_yen(cost.amount_yen)})を上回っています。経費の額までにしてください。",
        )
    if cost.tax_rate not in TAX_RATES:
        faults["tax_rate"] = "bad-tax-rate", "消費税率を選んでください。"
    if cost.charge_kind not in CHARGES:
        faults["charge_kind"] = "required", "負担のしかたを選んでください。"
    if (cost.charge_kind == "key") != (cost.key_id is not None) or (
        cost.key_id is not None and cost.key_id not in key_ids
    ):
        faults["key_id"] = "unknown-key", "この事業の按分方法から選んでください。"
    if (cost.charge_kind == "member") != (cost.member_id is not None) or (
        cost.member_id is not None and cost.member_id not in member_ids
    ):
        faults["member_id"] = "unknown-member", "この事業の構成団体から選んでください。"
    if (cost.charge_kind == "tariff") != (cost.tariff is not None):
        faults["charge_kind"] = "required", "料金表の内容を入力してください。"
    elif used_basis_id(cost.tariff) not in {None, *basis_ids}:
        faults["tariff_basis"] = "unknown-basis", "この事業の按分基準から選んでください。"
    return faults


def check_cost(
    cost: CostInput, key_ids: Collection[int], member_ids: Collection[int], basis_ids: Collection[int] = ()
) -> None:
    """Raises Invalid with every field's message when the cost cannot stand in the program."""
    faults = cost_faults(cost, key_ids, member_ids, basis_ids)
    if faults:
        messages = {field: message for field, (_, message) in faults.items()}
        raise Invalid(next(iter(faults.values()))[0], "経費の内容を確かめてください。", messages)
