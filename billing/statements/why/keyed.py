"""The steps from a basis value to the member's share of a key (按分率); pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from billing.statements.why.arithmetic import amount, ratio, ratio_twice
from billing.statements.why.steps import Section, Step
from tenants.calendar import japanese_date
from tenants.documents.figures import fraction_text

_MONTHS = 12


def key_section(place: int, key: Mapping[str, Any], fixed: Mapping[str, str] | None) -> Section:
    """One key as the statement holds it; ``fixed`` is what its fractions are divided by, if known."""
    anchor = f"key-{place}"
    title, priced = f"按分方法「{key['name']}」", key["unit_price_decimals"] is not None
    parts = []
    for n, part in enumerate(key["components"], 1):
        parts.append(_component(f"{anchor}-{n}", f"1-{place}-{n}", part, priced=priced))
    if priced:
        return Section(anchor, title, tuple(parts))
    return Section(anchor, title, (*parts, _share(anchor, f"1-{place}-{len(parts) + 1}", key, parts, fixed)))


def source_of(name: str, source: str, as_of: str | None) -> str:
    """A basis and where its value comes from: 「人口: 令和2年国勢調査(令和2年10月1日現在)」."""
    when = f"({japanese_date(date.fromisoformat(as_of))}現在)" if as_of else ""
    return f"{name}: {source}{when}" if source or when else name


def _component(anchor: str, number: str, part: Mapping[str, Any], *, priced: bool) -> Step:
    """The member's part of one basis; of a unit price (``priced``) the value the price is multiplied by."""
    value, factor, measure = (Fraction(part[name]) for name in ("value", "factor", "measure"))
    unit, name, counted = part["unit"], part["basis_name"], part.get("counted")
    whom = f"按分に入る{counted:,}団体" if counted is not None else "按分に入る団体"
    lines = []
    if part["excluded"]:
        rule = "貴団体はこの基準の対象外なので、割合は0です。"
    elif factor != 1 or part["months"] != _MONTHS:
        rule = f"貴団体の値に、係数{ratio(factor)}と参加月数({part['months']}か月)を掛けて算入します。"
        factors = [f" × {ratio(factor)}"] if factor != 1 else []
        factors += [f" × {part['months']} ÷ 12"] if part["months"] != _MONTHS else []
        lines.append(f"{amount(value, unit)}{''.join(factors)} = {amount(measure, unit)}")
    else:
        rule = "貴団体の値をそのまま算入します。"
    if part["excluded"]:
        lines.append(f"0{unit}")
    elif priced:
        rule += "この値に単価を掛けます。"
        lines = lines or [amount(measure, unit)]
    else:
        rule += f"{whom}の計で割ります。"
        divisor = amount(Fraction(part["total"]), unit)
        lines.append(f"{amount(measure, unit)} ÷ {divisor} = {ratio_twice(Fraction(part['share']))}")
    return Step(
        anchor=anchor,
        number=number,
        title=f"基準「{name}」の{'値' if priced else '割合'}",
        rule=rule,
        arithmetic=tuple(lines),
        result=measure if priced else Fraction(part["share"]),
        unit=unit if priced else "",
        sources=(source_of(name, part["source"], part["as_of"]),) if part["source"] or part["as_of"] else (),
    )


def _share(
    anchor: str, number: str, key: Mapping[str, Any], parts: Sequence[Step], fixed: Mapping[str, str] | None
) -> Step:
    """The member's share of what the key splits."""
    share, host = Fraction(key["share"]), Fraction(key["host_share"])
    uses: tuple[str, ...] = ()
    if key["fixed"]:
        rule, line = "あらかじめ定めた割合を使います。", ratio_twice(share)
        if fixed is not None and Fraction(fixed["sum"]) != 1:
            rule = "あらかじめ定めた割合を、参加する団体の割合の計で割って使います。"
            line = f"{ratio(Fraction(fixed['own']))} ÷ ({ratio(Fraction(fixed['sum']))}) = {ratio_twice(share)}"
    elif key["is_host"]:
        rule = "貴団体は所在団体なので、定めた割合を先に負担します。残りはほかの団体で按分します。"
        line = ratio_twice(share)
    else:
        rule = "基準ごとの割合に、重み(構成割合)を掛けて足します。"
        weights = [Fraction(part["weight"]) for part in key["components"]]
        uses = tuple(part.anchor for part in parts)
        line = " + ".join(f"{ratio(w)} × {ratio(p.result)}" for w, p in zip(weights, parts, strict=True))
        if host:
            rule += f"所在団体が先に負担する{fraction_text(host)}を除いた残りに掛けます。"
            line = f"(1 − {ratio(host)}) × ({line})"
        line = f"{line} = {ratio_twice(share)}"
    return Step(anchor + "-share", number, "貴団体の按分率", rule, (line,), share, "", (), uses)
