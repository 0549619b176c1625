"""How one member's share of a key comes about, read from a frozen case (``yui-apportionment/1``); pure.

Only the member's own values and the sums over all members leave this module, never another member's value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

MONTHS_OF_A_YEAR = 12
_EQUAL = "equal"
_NOBODY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One weighted part of a key, for one member: its value, what it is multiplied by, and the sum over all.

    ``measure`` = ``value`` × ``factor`` × ``months`` ÷ 12, zero when ``excluded``; ``share`` = measure ÷ ``total``.
    ``as_of`` is None for the equal basis, which needs no source.
    """

    weight: Fraction
    basis_id: str
    basis_name: str
    unit: str
    as_of: date | None
    source: str
    value: Fraction
    factor: Fraction
    months: int
    excluded: bool
    measure: Fraction
    total: Fraction
    counted: int
    """How many members the total adds up: neither excluded nor the host, and there for at least a month."""

    @property
    def share(self) -> Fraction:
        """The member's part of the sum, before the weight."""
        return self.measure / self.total if self.total else Fraction(0)

    @property
    def adjusted(self) -> bool:
        """Whether the measure differs from the value by months, a factor or an exclusion."""
        return self.measure != self.value


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key as one member meets it; ``share`` is the member's exact part of what is split.

    ``host_share`` is what the host receives first; ``is_host`` whether this member is the host.
    """

    id: str
    name: str
    share: Fraction
    components: tuple[ComponentView, ...]
    fixed: bool
    host_share: Fraction
    is_host: bool
    unit_price_decimals: int | None

    def exact_yen(self, net_yen: int) -> Fraction:
        """The member's exact share of ``net_yen``, in yen, before any rounding."""
        if self.unit_price_decimals is None:
            return self.share * net_yen
        return self.unit_price(net_yen) * self.components[0].measure

    def unit_price(self, net_yen: int) -> Fraction:
        """Yen per unit of the basis, truncated to the key's decimals (unit-price keys only)."""
        scale = 10 ** (self.unit_price_decimals or 0)
        total = self.components[0].total
        return Fraction(net_yen * scale * total.denominator // total.numerator, scale)


def key_view(case: Mapping[str, Any], key_id: str, member_code: str) -> KeyView:
    """Will explain the key ``key_id`` of a canonical case to one member. Raises ``KeyError`` for unknown ids."""
    key = _named(case["keys"], "id", key_id)
    if key.get("fixed") is not None:
        return _fixed(case, key, member_code)
    host = key.get("host")
    host_code = host["code"] if host else None
    components = tuple(_component(case, part, member_code, host_code) for part in key["components"])
    host_share = Fraction(host["share"]) if host else Fraction(0)
    is_host = host_code == member_code
    rest = sum((part.weight * part.share for part in components), Fraction(0)) * (1 - host_share)
    return KeyView(
        id=key["id"],
        name=key["name"],
        share=host_share if is_host else rest,
        components=() if is_host else components,
        fixed=False,
        host_share=host_share,
        is_host=is_host,
        unit_price_decimals=key.get("unit_price_decimals"),
    )


def all_shares(case: Mapping[str, Any], key: Mapping[str, Any]) -> list[Fraction]:
    """Every member's exact part of what a key without a host or a unit price splits, in the order of the case."""
    if key.get("fixed") is not None:
        present = [Fraction(key["fixed"].get(member["code"], "0")) for member in case["members"]]
        return [one / sum(present) for one in present]
    shares = [Fraction(0)] * len(case["members"])
    for part in key["components"]:
        basis = _EQUAL_BASIS if part["basis"] == _EQUAL else _named(case["bases"], "id", part["basis"])
        measures = [
            Fraction(0) if one["code"] in part.get("exclude", ()) else _measure(one, basis, part)
            for one in case["members"]
        ]
        weight = Fraction(part["weight"]) / sum(measures)
        shares = [before + weight * measure for before, measure in zip(shares, measures, strict=True)]
    return shares


def _fixed(case: Mapping[str, Any], key: Mapping[str, Any], member_code: str) -> KeyView:
    present = [Fraction(key["fixed"].get(member["code"], "0")) for member in case["members"]]
    share = Fraction(key["fixed"].get(member_code, "0")) / sum(present)
    return KeyView(key["id"], key["name"], share, (), True, Fraction(0), False, None)  # noqa: FBT003


def _component(
    case: Mapping[str, Any], part: Mapping[str, Any], member_code: str, host_code: str | None
) -> ComponentView:
    basis = _EQUAL_BASIS if part["basis"] == _EQUAL else _named(case["bases"], "id", part["basis"])
    outside = {*part.get("exclude", ()), host_code}
    measures = {
        member["code"]: _measure(member, basis, part) if member["code"] not in outside else Fraction(0)
        for member in case["members"]
    }
    own = _named(case["members"], "code", member_code)
    return ComponentView(
        weight=Fraction(part["weight"]),
        basis_id=basis["id"],
        basis_name=basis["name"],
        unit=basis["unit"],
        as_of=date.fromisoformat(basis["as_of"]) if basis["as_of"] else None,
        source=basis["source"],
        value=_value(basis, own),
        factor=_factor(own, part),
        months=own.get("months", MONTHS_OF_A_YEAR),
        excluded=member_code in outside,
        measure=measures[member_code],
        total=sum(measures.values(), Fraction(0)),
        counted=sum(
            member["code"] not in outside and member.get("months", MONTHS_OF_A_YEAR) > 0 for member in case["members"]
        ),
    )


_EQUAL_BASIS: Mapping[str, Any] = {
    "id": _EQUAL,
    "name": "均等",
    "unit": "団体",
    "as_of": "",
    "source": "",
    "values": None,
}


def _measure(member: Mapping[str, Any], basis: Mapping[str, Any], part: Mapping[str, Any]) -> Fraction:
    months = Fraction(member.get("months", MONTHS_OF_A_YEAR), MONTHS_OF_A_YEAR)
    return _value(basis, member) * _factor(member, part) * months


def _value(basis: Mapping[str, Any], member: Mapping[str, Any]) -> Fraction:
    return Fraction(1) if basis["values"] is None else Fraction(basis["values"].get(member["code"], "0"))


def _factor(member: Mapping[str, Any], part: Mapping[str, Any]) -> Fraction:
    return Fraction(member.get("factor", "1")) * Fraction(part.get("factors", _NOBODY).get(member["code"], "1"))


def _named(entries: list[dict[str, Any]], field: str, wanted: str) -> dict[str, Any]:
    for entry in entries:
        if entry[field] == wanted:
            return entry
    raise KeyError(wanted)
