"""What changed between two issued statements of a member, item by item down to the invoice; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from billing.statements.rules import difference_word

_Item = tuple[str, int]
"""An item's name and its yen, negative where it lowers the invoice."""


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """One item of a statement before and now, in yen; an item that is new or gone was or is 0."""

    name: str
    before_yen: int
    now_yen: int

    @property
    def difference_yen(self) -> int:
        """Positive when more is asked for."""
        return self.now_yen - self.before_yen


@dataclass(frozen=True, slots=True)
class MemberDifference:
    """One member before and now; its items add up to what it is asked for."""

    code: str
    name: str
    before_yen: int
    now_yen: int
    reason: str
    items: tuple[ItemDifference, ...]

    @property
    def difference_yen(self) -> int:
        """Positive 追徴, negative 還付."""
        return self.now_yen - self.before_yen

    @property
    def word(self) -> str:
        """追徴, 還付 or 増減なし."""
        return difference_word(self.difference_yen)

    @property
    def changed(self) -> tuple[ItemDifference, ...]:
        """The items that differ."""
        return tuple(one for one in self.items if one.difference_yen)


@dataclass(frozen=True, slots=True)
class DifferenceReport:
    """The 差額調書 of a run: its members by code, and what it is compared with."""

    title: str
    fiscal_year: int
    stage_label: str
    document_number: str
    previous_label: str
    previous_number: str
    members: tuple[MemberDifference, ...]

    @property
    def before_yen(self) -> int:
        """What all members together were asked for before."""
        return sum(one.before_yen for one in self.members)

    @property
    def now_yen(self) -> int:
        """What they are asked for now."""
        return sum(one.now_yen for one in self.members)


Contents = Mapping[int, Mapping[str, Any]]
"""The frozen content of every statement of a run by tenant, with the member's ``code`` and ``name``."""


def member_differences(now: Contents, before: Contents) -> dict[int, MemberDifference]:
    """Every member of either run by tenant; one that is in one run only has 0 in the other."""
    both = {tenant: now.get(tenant) or before[tenant] for tenant in now.keys() | before.keys()}
    order = sorted(both, key=lambda tenant: str(both[tenant]["code"]))
    return {tenant: _member(both[tenant], now.get(tenant), before.get(tenant)) for tenant in order}


def _member(
    known: Mapping[str, Any], now: Mapping[str, Any] | None, before: Mapping[str, Any] | None
) -> MemberDifference:
    was, stands = _items(before), _items(now)
    names = {**{key: item[0] for key, item in was.items()}, **{key: item[0] for key, item in stands.items()}}
    items = [
        ItemDifference(name, was[key][1] if key in was else 0, stands[key][1] if key in stands else 0)
        for key, name in names.items()
    ]
    return MemberDifference(
        code=known["code"],
        name=known["name"],
        before_yen=before["invoice_yen"] if before else 0,
        now_yen=now["invoice_yen"] if now else 0,
        reason=(now or {}).get("reason") or "",
        items=tuple(one for one in items if one.before_yen or one.now_yen),
    )


def _items(content: Mapping[str, Any] | None) -> dict[tuple[str, str], _Item]:
    """The items of a statement; together they are its invoice."""
    if content is None:
        return {}
    lines: Sequence[Mapping[str, Any]] = content["lines"]
    if content.get("total") or any(line["share_yen"] is None for line in lines):
        items: dict[tuple[str, str], _Item] = {("gross", ""): ("負担総額", content["gross_yen"])}
    else:
        items = {("cost", line["cost_id"]): (line["name"], line["share_yen"]) for line in lines}
    items |= {("grant", one["id"]): (f"{one['name']}(交付金)", -one["amount_yen"]) for one in content["grants"]}
    items["rounding", ""] = ("負担金の端数処理", content["invoice_yen"] - content["burden_yen"])
    # Whatever else moves a burden (上限・下限 of a member) must not go missing from the sum.
    rest = content["invoice_yen"] - sum(yen for _, yen in items.values())
    return items | {("rest", ""): ("上限・下限などの調整", rest)}
