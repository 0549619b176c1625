"""The last steps: from what is borne to burden, invoice, instalments, and what was told before; pure."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from billing.statements.why.arithmetic import added, rounded, yen
from billing.statements.why.scheduled import notified_step
from billing.statements.why.steps import Section, Step


def gross_section(number: int, borne: Sequence[Step], gross_yen: int) -> Section:
    """What the costs come to; ``borne`` are the steps whose yen are added."""
    line = f"{added(yen(one.result) for one in borne)} = {yen(gross_yen)}"
    rule = "経費ごとの負担額を足します。" if borne else "負担する経費はありません。"
    uses = tuple(one.anchor for one in borne)
    step = Step("gross", f"{number}-1", "負担総額", rule, (line,), Fraction(gross_yen), uses=uses)
    return Section("gross-section", "負担総額", (step,))


def claim_section(number: int, content: Mapping[str, Any], grants: Sequence[Step], unit_yen: int | None) -> Section:
    """Burden, invoice and difference; a statement without a schedule shows its instalments here.

    ``unit_yen`` is the instalments' unit where it is known.
    """
    notified = notified_step(content)
    made = [
        _burden(content, grants),
        _invoice(content),
        *([] if content.get("schedule") else _instalments(content, unit_yen)),
        *([] if notified is None else [notified]),
        *_difference(content, notified),
    ]
    steps = tuple(
        Step(one.anchor, f"{number}-{place}", one.title, one.rule, one.arithmetic, one.result, one.unit, (), one.uses)
        for place, one in enumerate(made, 1)
    )
    return Section("claim", "負担金と請求額", steps)


def _burden(content: Mapping[str, Any], grants: Sequence[Step]) -> Step:
    taken = "".join(f" − {yen(one.result)}" for one in grants)
    line = f"{yen(content['gross_yen'])}{taken} = {yen(content['burden_yen'])}"
    rule = "負担総額から交付金を差し引きます。" if grants else "交付金がないので、負担総額がそのまま負担金です。"
    uses = ("gross", *(one.anchor for one in grants))
    return Step("burden", "", "負担金", rule, (line,), Fraction(content["burden_yen"]), uses=uses)


def _invoice(content: Mapping[str, Any]) -> Step:
    invoice, burden = content["invoice_yen"], content["burden_yen"]
    tail = rounded(content["invoice_unit_yen"], content["invoice_mode"], invoice)
    rule = f"負担金の端数を処理します({content['invoice_words']})。"
    if invoice != burden:
        rule += f"差の{yen(abs(burden - invoice))}は{'県が負担します' if burden > invoice else '県に入ります'}。"
    line = f"{yen(burden)}{tail}"
    return Step("invoice", "", "請求額", rule, (line,), Fraction(invoice), uses=("burden",))


def _instalments(content: Mapping[str, Any], unit_yen: int | None) -> list[Step]:
    amounts = content["instalments_yen"]
    count, invoice = len(amounts), content["invoice_yen"]
    if count == 1:
        return []
    first, each = amounts[0], amounts[1]
    lines = []
    rule = f"請求額を{count}回に分け、残りは1回目に加えます。"
    if unit_yen is not None:
        rule = f"請求額を{count}回で割って{unit_yen:,}円未満を切り捨てた額が2回目からの額です。残りは1回目に加えます。"
        lines.append(f"{yen(invoice)} ÷ {count} = {yen(Fraction(invoice, count))}{rounded(unit_yen, 'floor', each)}")
    lines.append(f"{yen(invoice)} − {yen(each)} × {count - 1} = {yen(first)}")
    step = Step("instalments", "", "納付の期ごとの額(1回目)", rule, tuple(lines), Fraction(first), uses=("invoice",))
    return [step]


def _difference(content: Mapping[str, Any], notified: Step | None) -> list[Step]:
    issued, difference = content["issued_yen"], content["difference_yen"]
    if not issued and notified is None:
        return []
    less = "お返しする額です(△は還付)。" if notified is None else "減る額です(△は減)。"
    told = "追加で納めていただく額です。" if difference > 0 else less if difference < 0 else "増減はありません。"
    rule = f"請求額から、前回までに通知した額を差し引きます。{told}"
    line = f"{yen(content['invoice_yen'])} − {yen(issued)} = {yen(difference)}"
    uses = ("invoice",) if notified is None else ("invoice", notified.anchor)
    return [Step("difference", "", "通知済みの額との差", rule, (line,), Fraction(difference), uses=uses)]
