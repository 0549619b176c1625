"""The steps of one grant: base, rate, cap, rounding, and how the member's part was given out; pure."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from billing.statements.why.arithmetic import added, exact_yen, ratio, rounded, yen, yen_factor
from billing.statements.why.steps import Section, Step

_OTHERS = (
    "対象経費に貴団体が負担しない経費が入り、計を示すとほかの団体の額が分かるため、県が計算した結果だけを示します。"
)
_FEW = "団体が少なく、計を示すとほかの団体の額が分かるため、上限を配分した結果だけを示します。"


def grant_section(
    number: int, place: int, grant: Mapping[str, Any], facts: Mapping[str, Any] | None, borne: Mapping[str, str]
) -> Section:
    """One grant of the statement; ``borne`` is the anchor of the yen this member bears of each cost."""
    made = _Made(f"grant-{place}", f"{number}-{place}", borne)
    given = grant["amount_yen"]
    if facts is None:
        made.add("貴団体の交付金", f"{grant['words']}。", (yen(given),), Fraction(given))
    elif "member" in facts:
        made.by_member(facts, facts["member"])
    else:
        parts = [made.over(facts, part) for part in facts["parts"]]
        if facts["level"] == "cost" and len(parts) != 1:
            rule = "経費ごとの交付金を足します。" if parts else "貴団体が負担する経費に、対象のものはありません。"
            line = f"{added(yen(one.result) for one in parts)} = {yen(given)}"
            made.add("貴団体の交付金", rule, (line,), Fraction(given), uses=tuple(one.anchor for one in parts))
    return Section(made.anchor, f"交付金「{grant['name']}」", tuple(made.steps))


class _Made:
    """The steps of one grant as they come."""

    def __init__(self, anchor: str, number: str, borne: Mapping[str, str]) -> None:
        self.anchor, self.number, self.borne = anchor, number, borne
        self.steps: list[Step] = []

    def add(
        self, title: str, rule: str, arithmetic: Sequence[str], result: Fraction, uses: tuple[str, ...] = ()
    ) -> Step:
        """One more step."""
        place = len(self.steps) + 1
        step = Step(
            f"{self.anchor}-{place}", f"{self.number}-{place}", title, rule, tuple(arithmetic), result, uses=uses
        )
        self.steps.append(step)
        return step

    def over(self, terms: Mapping[str, Any], part: Mapping[str, Any]) -> Step:
        """A grant on the sum of costs, given to those who bear them."""
        given = part["given_yen"]
        if "hidden" in part:
            return self.add("貴団体の交付金", _OTHERS, (yen(given),), Fraction(given))
        base = self._base(terms, part)
        each = "(経費ごと)" if terms["level"] == "cost" else ""
        amount = self._amount(terms, base, f"交付金の額{each}", terms["cap_yen"], part["amount_yen"])
        if not part["amount_yen"]:
            rule = "交付金の額が0円なので、貴団体の交付金も0円です。"
            return self.add("貴団体の交付金", rule, (yen(0),), Fraction(0), (amount.anchor,))
        return self._share(part, amount)

    def _base(self, terms: Mapping[str, Any], part: Mapping[str, Any]) -> Step:
        lines, bases = [], []
        excluded = terms["tax"] == "excluded"
        for one in part["bases"]:
            if excluded:
                lines.append(_without_tax(one["name"], Fraction(one["net_yen"]), one["tax_rate"], one["base_yen"]))
            bases.append(yen(one["base_yen"]))
        if part["rest_yen"]:
            bases.append(yen(part["rest_yen"]))
        total = sum(one["base_yen"] for one in part["bases"]) + part["rest_yen"]
        lines.append(f"{added(bases)} = {yen(total)}")
        names = "、".join(f"「{one['name']}」" for one in part["bases"])
        rule = f"対象になる経費({names or 'なし'})の対象額{'から消費税を除いた額' if excluded else ''}を足します。"
        if part["rest_yen"]:
            rule += "最後の数は、貴団体が負担しない対象経費の計です。"
        return self.add("補助対象額", rule, lines, Fraction(total))

    def _amount(self, terms: Mapping[str, Any], base: Step, title: str, cap: int | None, result: int) -> Step:
        """Rate, cap and rounding."""
        rate = Fraction(terms["rate"])
        before = base.result * rate
        line = f"{yen_factor(base.result)} × {ratio(rate)} = {exact_yen(before)}"
        rule = "補助対象額に補助率を掛け、端数を処理します。"
        if cap is not None and before > cap:
            lines: tuple[str, ...] = (line, f"{yen(cap)}{rounded(terms['unit_yen'], terms['mode'], result)}")
            rule = f"補助対象額に補助率を掛けた額が上限{yen(cap)}を超えるので、上限額とし、端数を処理します。"
        else:
            lines = (line + rounded(terms["unit_yen"], terms["mode"], result),)
            rule += f"上限は{yen(cap)}で、超えていません。" if cap is not None else "上限はありません。"
        return self.add(title, rule, lines, Fraction(result), (base.anchor,))

    def _share(self, part: Mapping[str, Any], amount: Step) -> Step:
        """What of a grant comes to this member, in proportion to what it bears."""
        own, everybody = Fraction(part["own"]), Fraction(part["everybody"])
        exact = amount.result * own / everybody
        base, left = exact.__floor__(), part["amount_yen"] - part["floored_yen"]
        given = part["given_yen"]
        borne = [yen_factor(Fraction(one["borne"])) for one in part["bases"]]
        lines = [f"{added(borne)} = {yen_factor(own)}"] if len(borne) > 1 else []
        lines += [
            f"{yen(amount.result)} × {yen_factor(own)} ÷ {yen_factor(everybody)} = {exact_yen(exact)}"
            + rounded(1, "floor", base)
        ]
        rule = "交付金の額を、対象経費の負担(全団体と県の計)に占める貴団体の負担の割合で配分し、1円未満を切り捨てます。"
        if left:
            rule += f"切捨ての余り{yen(left)}は、端数の大きい順に1円ずつ加えます(最大剰余法)。"
            rule += _received(given - base)
        lines.append(f"{yen(base)} + {yen(given - base)} = {yen(given)}")
        uses = (amount.anchor, *(self.borne[one["cost"]] for one in part["bases"] if one["cost"] in self.borne))
        return self.add("貴団体の交付金", rule, lines, Fraction(given), uses)

    def by_member(self, terms: Mapping[str, Any], part: Mapping[str, Any]) -> None:
        """A grant on what this member bears."""
        lines, bases, total = [], [], Fraction(0)
        for one in part["bases"]:
            base = Fraction(one["base"])
            if terms["tax"] == "excluded":
                lines.append(_without_tax(one["name"], Fraction(one["borne"]), one["tax_rate"], int(base)))
            bases.append(yen_factor(base))
            total += base
        floored = total.__floor__()
        tail = rounded(1, "floor", floored) if total != floored else ""
        lines.append(f"{added(bases)} = {exact_yen(total)}{tail}")
        names = "、".join(f"「{one['name']}」" for one in part["bases"])
        taxed = "(消費税を除く)" if terms["tax"] == "excluded" else ""
        uses = tuple(self.borne[one["cost"]] for one in part["bases"] if one["cost"] in self.borne)
        rule = f"対象になる経費({names or 'なし'})のうち、貴団体の負担{taxed}を足します。"
        base_step = self.add("貴団体の補助対象額", rule, lines, Fraction(floored), uses)
        amount = self._amount(terms, base_step, "貴団体の交付金", terms["member_cap_yen"], part["before_yen"])
        if part["over"]:
            self._capped(terms, part, amount)

    def _capped(self, terms: Mapping[str, Any], part: Mapping[str, Any], before: Step) -> None:
        """The cap over all members, shared out in units."""
        given, unit, cap = part["given_yen"], terms["unit_yen"], terms["cap_yen"]
        if "hidden" in part:
            said = f"全団体の計が上限{yen(cap)}を超えるので、上限を配分します。{_FEW}"
            self.add("上限を配分した交付金", said, (yen(given),), Fraction(given))
            return
        units, everybody = part["units"], part["everybody_yen"]
        exact = Fraction(units * part["before_yen"], everybody)
        base, left = exact.__floor__(), units - part["floored_units"]
        extra = given // unit - base
        rule = (
            f"全団体の計{yen(everybody)}が上限{yen(cap)}を超えるので、上限を{yen(unit)}の単位で、"
            "上限の前の額の割合で配分します。1単位未満は切り捨てます。"
        )
        if left:
            rule += f"余り{left:,}単位は、端数の大きい順に1単位ずつ加えます(最大剰余法)。{_received(extra)}"
        lines = (
            f"{yen(cap)} ÷ {unit} = {yen_factor(Fraction(cap, unit))}{rounded(1, 'floor', units)}",
            f"{units:,} × {yen(part['before_yen'])} ÷ {yen(everybody)} = {exact_yen(exact)}{rounded(1, 'floor', base)}",
            f"({base:,} + {extra:,}) × {yen(unit)} = {yen(given)}",
        )
        self.add("上限を配分した交付金", rule, lines, Fraction(given), (before.anchor,))


def _received(extra: int) -> str:
    return "貴団体はその順に入るので加えます。" if extra else "貴団体はその順に入らないので加えません。"


def _without_tax(name: str, amount: Fraction, tax_rate: str, base: int) -> str:
    rate = Fraction(tax_rate)
    quotient = amount / (1 + rate)
    return f"「{name}」 {yen_factor(amount)} ÷ (1 + {ratio(rate)}) = {exact_yen(quotient)}{rounded(1, 'floor', base)}"
