"""The steps of one cost: what is split, the exact share, the rounding, and who took what was left; pure."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from billing.statements.why.arithmetic import amount, exact_yen, ratio, rounded, yen, yen_factor
from billing.statements.why.keyed import source_of
from billing.statements.why.leftover import leftover_step
from billing.statements.why.steps import Section, Step
from tenants.documents.figures import decimal_text, fraction_text


def cost_section(
    number: int, place: int, line: Mapping[str, Any], facts: Mapping[str, Any] | None, key_places: Mapping[str, int]
) -> Section:
    """One cost of the statement; ``place`` counts the costs, ``key_places`` says where each key was explained."""
    made = _Made(f"line-{place}", f"{number}-{place}")
    charge = (facts or {}).get("charges", {}).get(line["cost_id"], {})
    net = made.net(line)
    if "tariff" in charge:
        made.tariff(charge["tariff"], int(Fraction(line["exact"])))
    elif line["key"] is None and Fraction(line["exact"]) != net:
        charged = Fraction(line["exact"])
        made.add("負担額", "料金表による額です。この算定書には料金の区分が残っていません。", (yen(charged),), charged)
    elif line["key"] is None:
        rule = "この経費は貴団体だけが負担する個別負担なので、全額が負担額です。"
        made.add("負担額", rule, (yen(net),), Fraction(net), uses=(f"{made.anchor}-1",))
    else:
        made.shares(line, charge, f"key-{key_places[line['key']['id']]}")
        if line["share_yen"] is not None:
            made.whole_yen(line, (facts or {}).get("roundings", {}).get(line["cost_id"]))
    return Section(made.anchor, line["name"], tuple(made.steps))


class _Made:
    """The steps of one cost as they come."""

    def __init__(self, anchor: str, number: str) -> None:
        self.anchor, self.number = anchor, number
        self.steps: list[Step] = []

    def add(
        self,
        title: str,
        rule: str,
        arithmetic: tuple[str, ...],
        result: Fraction,
        *,
        sources: tuple[str, ...] = (),
        uses: tuple[str, ...] = (),
    ) -> Step:
        """One more step."""
        place = len(self.steps) + 1
        anchor, number = f"{self.anchor}-{place}", f"{self.number}-{place}"
        step = Step(anchor, number, title, rule, arithmetic, result, "円", sources, uses)
        self.steps.append(step)
        return step

    def net(self, line: Mapping[str, Any]) -> int:
        """What is split."""
        gross, revenue = line["amount_yen"], line["revenue_yen"]
        net: int = gross - revenue
        if revenue:
            rule, text = "経費の額(税込み)から特定財源を差し引きます。", f"{yen(gross)} − {yen(revenue)} = {yen(net)}"
        else:
            rule, text = "経費の額(税込み)です。差し引く特定財源はありません。", yen(net)
        self.add("対象額", rule, (text,), Fraction(net))
        return net

    def shares(self, line: Mapping[str, Any], charge: Mapping[str, Any], key_anchor: str) -> None:
        """The exact share in yen."""
        key, net, exact = line["key"], line["amount_yen"] - line["revenue_yen"], Fraction(line["exact"])
        uses: tuple[str, ...] = (f"{self.anchor}-1",)
        title = "端数処理前の負担額"
        if key["unit_price_decimals"] is not None:
            self._unit_price(key, net, exact, (*uses, f"{key_anchor}-1"))
            return
        share = Fraction(key["share"])
        before = share * net
        text = f"{yen(net)} × {ratio(share)} = {exact_yen(before)}"
        rule = f"対象額に、「{key['name']}」の按分率を掛けます。"
        uses = (*uses, f"{key_anchor}-share")
        limits = charge.get("limits", None if exact == before else {})
        self.add(title if limits is None else "按分した額(下限・上限の前)", rule, (text,), before, uses=uses)
        if limits is not None:
            self._limits(limits, before, exact)

    def _unit_price(self, key: Mapping[str, Any], net: int, exact: Fraction, uses: tuple[str, ...]) -> None:
        part, decimals = key["components"][0], key["unit_price_decimals"]
        if part["excluded"]:  # it may still be given what is left over
            rule = "貴団体はこの基準の対象外なので、単価による負担はありません。"
            self.add("端数処理前の負担額", rule, (), exact, uses=uses)
            return
        total, measure = Fraction(part["total"]), Fraction(part["measure"])
        quotient = net / total
        price = Fraction((quotient * 10**decimals).__floor__(), 10**decimals)
        cut = f"小数{decimals}桁未満切捨て" if decimals else "1円未満切捨て"
        lines: tuple[str, ...] = (
            f"{yen(net)} ÷ {amount(total, part['unit'])} = {decimal_text(quotient, decimals + 4)}円"
            f" → {cut} {decimal_text(price, decimals)}円",
            f"{decimal_text(price, decimals)}円 × {amount(measure, part['unit'])} = {exact_yen(exact)}",
        )
        rule = "対象額を基準の計で割った単価に、貴団体の算入する値を掛けます。単価の端数で足りない分は余りになります。"
        self.add("端数処理前の負担額", rule, lines, exact, uses=uses)

    def _limits(self, limits: Mapping[str, Any], before: Fraction, exact: Fraction) -> None:
        """What the bounds make of the share."""
        low, high = limits.get("minimum_yen"), limits.get("maximum_yen")
        bounds = "、".join(
            ([f"下限額 {yen(low)}"] if low is not None else []) + ([f"上限額 {yen(high)}"] if high is not None else [])
        )
        change = exact - before
        if exact == high and change < 0:
            rule = f"貴団体は上限額に達するので、上限額になります({bounds})。超えた分はほかの団体で分けます。"
        elif exact == low and change > 0:
            rule = f"貴団体は下限額に満たないので、下限額になります({bounds})。足した分はほかの団体の額から減ります。"
        elif change:
            rule = (
                "下限額・上限額になった団体から動いた額を、残りの団体で同じ割合で分け直します"
                f"({bounds or '貴団体に下限・上限はありません'})。"
                "動いた額はほかの団体の値で決まるので、結果だけを示します。"
            )
        else:
            rule = f"下限額・上限額による増減はありません({bounds or '貴団体に下限・上限はありません'})。"
        sign = "−" if change < 0 else "+"
        text = f"{yen_factor(before)} {sign} {yen_factor(abs(change))} = {exact_yen(exact)}"
        self.add("端数処理前の負担額(下限・上限の後)", rule, (text,), exact, uses=(self.steps[-1].anchor,))

    def whole_yen(self, line: Mapping[str, Any], rounding: Mapping[str, Any] | None) -> None:
        """The floor, and what of the leftover came to this member."""
        place, before = len(self.steps) + 1, self.steps[-1].anchor
        self.steps.append(leftover_step(f"{self.anchor}-{place}", f"{self.number}-{place}", line, rounding, before))

    def tariff(self, tariff: Mapping[str, Any], yen_charged: int) -> None:
        """A price list: bracket or rate, months, unit, tax."""
        value = Fraction(tariff["value"])
        shown = f"{tariff['basis']} {amount(value, tariff['unit'])}"
        if not yen_charged and Fraction(tariff["yen"]):
            self.add("負担額", "貴団体はこの料金の対象外です。", (yen(0),), Fraction(0))
            return
        if tariff["rate"] is not None:
            price = value * Fraction(tariff["rate"])
            rule = "料金表により、基準の値に料率を掛けます。"
            text = f"{amount(value, tariff['unit'])} × {ratio(Fraction(tariff['rate']))} = {exact_yen(price)}"
        else:
            price = Fraction(tariff["price_yen"])
            upto = "以下" if tariff["inclusive"] else "未満"
            bound = f"「{amount(Fraction(tariff['bound']), tariff['unit'])}{upto}」" if tariff["bound"] else "最も上"
            rule = f"{shown}は、料金表の{bound}の区分に当たります。"
            text = yen(price)
        source = source_of(tariff["basis"], tariff["source"], tariff["as_of"])
        last = self.add("料金(年額)", rule, (text,), price, sources=(source,) if tariff["as_of"] else ())
        if tariff["by_month"]:
            last = self._by_month(last, tariff["months"])
        self._priced(last, tariff)

    def _by_month(self, yearly: Step, months: int) -> Step:
        monthly = (yearly.result / 12).__floor__()
        charged = monthly * months
        lines = (
            f"{yen_factor(yearly.result)} ÷ 12 = {exact_yen(yearly.result / 12)}{rounded(1, 'floor', monthly)}",
            f"{yen(monthly)} × {months} = {yen(charged)}",
        )
        rule = f"年額を12で割って1円未満を切り捨てた月額に、参加月数({months}か月)を掛けます。"
        return self.add("参加月数分の料金", rule, lines, Fraction(charged), uses=(yearly.anchor,))

    def _priced(self, before: Step, tariff: Mapping[str, Any]) -> None:
        """Rounding to the unit, then tax."""
        rate, unit, mode = Fraction(tariff["tax_rate"]), tariff["unit_yen"], tariff["mode"]
        charged = tariff["yen"]

        price = _round(before.result, unit, mode)
        lines: tuple[str, ...] = (f"{exact_yen(before.result)}{rounded(unit, mode, price)}",)
        last = self.add("料金の端数処理", "料金の端数を処理します。", lines, Fraction(price), uses=(before.anchor,))
        if rate:
            tax = (price * rate).__floor__()
            rule = f"消費税({fraction_text(rate)})を加えます。1円未満は切り捨てます。"
            lines = (
                f"{yen(price)} × {ratio(rate)} = {exact_yen(price * rate)}{rounded(1, 'floor', tax)}",
                f"{yen(price)} + {yen(tax)} = {yen(charged)}",
            )
            self.add("負担額(税込み)", rule, lines, Fraction(charged), uses=(last.anchor,))


def _round(value: Fraction, unit_yen: int, mode: str) -> int:
    units = value / unit_yen
    if mode == "ceil":
        return -(-units).__floor__() * unit_yen
    return (units + (Fraction(1, 2) if mode == "half_up" else 0)).__floor__() * unit_yen
