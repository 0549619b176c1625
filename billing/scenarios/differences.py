"""What differs between two cases, in words: by cost, key, grant, member, basis value and rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.apportionment.terms import EQUAL_BASIS
from billing.bases.rules import EQUAL_NAME, shown_number
from billing.grants.rules import FUNDERS, LEVELS, TAXES
from billing.money import exact_text, format_yen
from billing.programs.rules import REMAINDERS, ROUNDING_MODES, ROUNDING_STAGES
from billing.scenarios.cases import Document, used_bases
from billing.scenarios.rules import PARTS

NOTHING = "(なし)"
_BEARS = "負担のしかた"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs: the part of the case, the entry's id there, and both sides in words."""

    part: str
    entry_id: str
    label: str
    before: str
    after: str

    @property
    def part_label(self) -> str:
        """The part in Japanese."""
        return PARTS[self.part]

    @property
    def full_label(self) -> str:
        """The part and what differs there."""
        return f"{self.part_label} {self.label}".strip()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One cost, key, grant, member or rule: its name, what it is in short, and every fact by label."""

    label: str
    summary: str
    facts: Mapping[str, str]


def differences(before: Document, after: Document) -> list[Change]:
    """Everything that differs, by part; what follows from a member having left is not told again.

    What was issued before, and bases that nothing uses, are no inputs a person changes here.
    """
    names = _names(before, after)
    found: list[Change] = []
    for part in PARTS:
        old, new = _entries(part, before, after, names), _entries(part, after, after, names)
        for entry_id in dict.fromkeys((*new, *old)):
            found += _compared(part, entry_id, old.get(entry_id), new.get(entry_id))
    if (order := _reordered(before, after)) is not None:
        found.append(Change("grants", "", "計算の順番", *order))
    return found


def _compared(part: str, entry_id: str, old: _Entry | None, new: _Entry | None) -> list[Change]:
    if new is None and old is not None:
        return [Change(part, entry_id, old.label, old.summary, NOTHING)]
    if old is None and new is not None:
        return [Change(part, entry_id, new.label, NOTHING, new.summary)]
    if old is None or new is None:
        return []
    pairs = {
        label: (old.facts.get(label, NOTHING), new.facts.get(label, NOTHING))
        for label in dict.fromkeys((*new.facts, *old.facts))
    }
    return [
        Change(part, entry_id, f"{new.label} {label}".strip(), one, other)
        for label, (one, other) in pairs.items()
        if one != other
    ]


def _reordered(before: Document, after: Document) -> tuple[str, str] | None:
    """The names of the grants both have, where they stand in another order: the order is that of the calculation."""
    ids = {one["id"] for one in before["grants"]} & {one["id"] for one in after["grants"]}
    orders = [[one["id"] for one in each["grants"] if one["id"] in ids] for each in (before, after)]
    if orders[0] == orders[1]:
        return None
    names = {one["id"]: one["name"] for one in after["grants"]}
    old, new = ("、".join(names[one] for one in order) for order in orders)
    return old, new


@dataclass(frozen=True, slots=True)
class _Names:
    """What ids and codes are called, in either case."""

    members: Mapping[str, str]
    bases: Mapping[str, str]
    keys: Mapping[str, str]
    costs: Mapping[str, str]

    def basis(self, basis_id: str) -> str:
        return EQUAL_NAME if basis_id == EQUAL_BASIS else self.bases.get(basis_id, basis_id)

    def member(self, code: str) -> str:
        return self.members.get(code, code)


def _names(*cases: Document) -> _Names:
    parts = (("members", "code"), ("bases", "id"), ("keys", "id"), ("costs", "id"))
    return _Names(*({one[name]: one["name"] for case in cases for one in case[part]} for part, name in parts))


def _entries(part: str, case: Document, after: Document, names: _Names) -> dict[str, _Entry]:
    codes = {one["code"] for one in after["members"]}
    if part == "members":
        return {one["code"]: _member(one) for one in case["members"]}
    if part == "bases":
        # A basis nothing uses is no part of the calculation, and one that is missing cannot have been changed.
        known = {one["id"] for one in after["bases"]}
        used = used_bases(after)
        return {
            one["id"]: _basis(one, codes, names) for one in case["bases"] if one["id"] in known and one["id"] in used
        }
    if part == "keys":
        used_keys = {one["charge"]["key"] for each in (case, after) for one in each["costs"] if "key" in one["charge"]}
        return {one["id"]: _key(one, codes, names) for one in case["keys"] if one["id"] in used_keys}
    if part == "costs":
        return {one["id"]: _cost(one, codes, names) for one in case["costs"]}
    if part == "grants":
        return {one["id"]: _grant(one, names) for one in case["grants"]}
    return {"": _Entry("", "", _rules(case, names))}


def _member(one: Mapping[str, Any]) -> _Entry:
    facts = {"参加月数": f"{one['months']}か月", "係数": _exact(one["factor"])}
    return _Entry(one["name"], f"参加({one['months']}か月、係数 {_exact(one['factor'])})", facts)


def _basis(one: Mapping[str, Any], codes: set[str], names: _Names) -> _Entry:
    facts = {
        names.member(code): f"{shown_number(Fraction(value))}{one['unit']}"
        for code, value in sorted(one["values"].items())
        if code in codes
    }
    facts |= {"単位": one["unit"], "基準日": one["as_of"], "出典": one["source"]}
    return _Entry(f"「{one['name']}」", "追加", facts)


def _key(one: Mapping[str, Any], codes: set[str], names: _Names) -> _Entry:
    facts = {"名前": one["name"]}
    if "fixed" in one:
        facts |= {f"{names.member(code)}の割合": _exact(part) for code, part in one["fixed"].items() if code in codes}
        facts["合計が1になるように割り直す"] = "する" if one["renormalise"] else "しない"
    else:
        facts["分け方"] = " + ".join(sorted(_component(part, codes, names) for part in one["components"]))
        host = one["host"]
        facts["所在団体"] = f"{names.member(host['code'])} {_exact(host['share'])}" if host else NOTHING
        decimals = one["unit_price_decimals"]
        facts["単価方式"] = NOTHING if decimals is None else f"小数{decimals}位"
    limits = one.get("limits", {})
    facts |= {label: _bound(limits.get(bound)) for bound, label in _BOUNDS.items()}
    for code, own in limits.get("members", {}).items():
        if code in codes:
            facts |= {f"{names.member(code)}の{label}": _bound(own[bound]) for bound, label in _BOUNDS.items()}
    return _Entry(f"「{one['name']}」", facts.get("分け方", "固定割合"), facts)


_BOUNDS = {"minimum_yen": "下限額", "maximum_yen": "上限額"}


def _component(part: Mapping[str, Any], codes: set[str], names: _Names) -> str:
    terms = [f"{names.member(code)} {_exact(one)}" for code, one in sorted(part["factors"].items()) if code in codes]
    terms += [f"{names.member(code)} 除外" for code in sorted(part["exclude"]) if code in codes]
    return f"{names.basis(part['basis'])} {_exact(part['weight'])}" + (f"({'、'.join(terms)})" if terms else "")


def _cost(one: Mapping[str, Any], codes: set[str], names: _Names) -> _Entry:
    facts = {
        "名前": one["name"],
        "金額": format_yen(one["amount_yen"]),
        "特定財源": format_yen(one["revenue_yen"]),
        "消費税率": _percent(one["tax_rate"]),
        "補助対象": "対象" if one["eligible"] else "対象外",
        **_charge(one["charge"], codes, names),
    }
    if "rounding" in one:
        facts["端数処理"] = _rounding(one["rounding"], names)
    return _Entry(f"「{one['name']}」", f"{facts['金額']}({facts[_BEARS]})", facts)


def _charge(charge: Mapping[str, Any], codes: set[str], names: _Names) -> dict[str, str]:
    if "key" in charge:
        return {_BEARS: f"按分: {names.keys.get(charge['key'], charge['key'])}"}
    if "member" in charge:
        return {_BEARS: f"個別負担: {names.member(charge['member'])}"}
    if "tariff" not in charge:
        return {_BEARS: "県負担"}
    tariff = charge["tariff"]
    excluded = "、".join(names.member(code) for code in sorted(tariff.get("exclude", ())) if code in codes)
    facts = {_BEARS: "料金表", "料金表の基準": names.basis(tariff["basis"]), "料金表の対象外": excluded or NOTHING}
    if "rate" in tariff:
        facts["料金表の率"] = _exact(tariff["rate"])
    for number, step in enumerate(tariff.get("steps", ()), 1):
        bound = next((f"{_exact(step[one])} {word}" for one, word in _WITHIN.items() if one in step), "上限なし")
        facts[f"料金表の段階{number}"] = f"{bound} {format_yen(step['price_yen'])}"
    rest = ("months", "unit_yen", "mode", "tax_rate")
    return facts | {f"料金表の{_TARIFF[name]}": str(tariff[name]) for name in rest if name in tariff}


_WITHIN = {"up_to": "以下", "below": "未満"}
_TARIFF = {"months": "月割り", "unit_yen": "端数の単位", "mode": "端数の処理", "tax_rate": "消費税率"}


def _grant(one: Mapping[str, Any], names: _Names) -> _Entry:
    counted = one["costs"]
    listed = "補助対象の経費すべて"
    if counted != "eligible":
        listed = "、".join(names.costs.get(cost, cost) for cost in sorted(counted)) or NOTHING
    facts = {
        "名前": one["name"],
        "財源": FUNDERS.get(one["funder"], one["funder"]),
        "率": _exact(one["rate"]),
        "上限額": _bound(one["cap_yen"]),
        "団体ごとの上限額": _bound(one["member_cap_yen"]),
        "対象の経費": listed,
        "消費税": TAXES[one["tax"]],
        "計算の段階": LEVELS[one["level"]],
        "端数": f"{one['rounding']['unit_yen']:,}円単位で{ROUNDING_MODES[one['rounding']['mode']]}",
    }
    return _Entry(f"「{one['name']}」", f"採択(率 {facts['率']})", facts)


def _rules(case: Document, names: _Names) -> dict[str, str]:
    invoice, instalments = case["invoice"], case["instalments"]
    return {
        "端数処理": _rounding(case["rounding"], names),
        "国費の上限": _exact(case["national_ceiling"]),
        "負担金の端数": f"{invoice['unit_yen']:,}円単位で{ROUNDING_MODES[invoice['mode']]}",
        "納付回数": f"{instalments['count']}回({instalments['unit_yen']:,}円単位)",
    }


def _rounding(rounding: Mapping[str, Any], names: _Names) -> str:
    named = f": {names.member(rounding['named'])}" if rounding["named"] else ""
    unit = f"{rounding['unit_yen']:,}円単位"
    return f"{ROUNDING_STAGES[rounding['stage']]}、{unit}、{REMAINDERS[rounding['remainder']]}{named}"


def _bound(amount: int | None) -> str:
    return NOTHING if amount is None else format_yen(amount)


def _exact(text: str) -> str:
    return exact_text(Fraction(text))


def _percent(rate: str) -> str:
    return f"{exact_text(Fraction(rate) * 100)}%"
