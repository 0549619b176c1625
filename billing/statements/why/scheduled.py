"""The steps of the payments (納付の予定): what was notified, the difference, and where it was set off; pure.

They are read from the frozen payments alone, so that a statement of any year can be explained: whatever the rule of
the year (billing/years/instalments) left unchanged before the last change was due already, and what follows it was
not needed any more.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from billing.statements.why.arithmetic import added, rounded, yen
from billing.statements.why.steps import Section, Step
from tenants.calendar import japanese_date

_PAID_AT_ONCE = "請求額を1回で納めていただきます。"


def schedule_section(number: int, content: Mapping[str, Any], unit_yen: int | None) -> Section | None:
    """Every payment of the front sheet; None for a statement that keeps none. ``unit_yen``: the instalments' unit."""
    lines: Sequence[Mapping[str, Any]] = content.get("schedule") or ()
    if not lines:
        return None
    told = _changed(lines) if content.get("previous") else _first(lines, content["invoice_yen"], unit_yen)
    steps = [
        Step(due_anchor(line), f"{number}-{place}", _title(line), rule, arithmetic, Fraction(line["yen"]), uses=uses)
        for place, (line, (rule, arithmetic, uses)) in enumerate(zip(lines, told, strict=True), 1)
    ]
    if len(lines) > 1:
        steps.append(_sum(f"{number}-{len(lines) + 1}", steps, content["invoice_yen"]))
    return Section("schedule", "納付の予定(期ごとの額)", tuple(steps))


def notified_step(content: Mapping[str, Any]) -> Step | None:
    """What the statement before asked for, payment by payment; None for a first statement."""
    previous, lines = content.get("previous"), content.get("schedule") or ()
    if not previous or not lines:
        return None
    held = [line for line in lines if line["notified_yen"]]
    named = "、".join(f"{_name(line['number'], line['notified_yen'])} {yen(line['notified_yen'])}" for line in held)
    whole = sum(line["notified_yen"] for line in lines)
    rule = f"前回の通知(文書番号 {previous['document_number']})の期ごとの額を足します"
    rule += f"({named})。" if held else "(どの期も0円です)。"
    line = f"{added(yen(one['notified_yen']) for one in held)} = {yen(whole)}"
    return Step("notified", "", "前回の通知の額", rule, (line,), Fraction(whole))


def due_anchor(line: Mapping[str, Any]) -> str:
    """Where a payment is explained."""
    return f"due-{line['number']}"


_Told = tuple[str, tuple[str, ...], tuple[str, ...]]
"""Rule, arithmetic, and the anchors of the steps whose results stand in it."""


def _first(lines: Sequence[Mapping[str, Any]], invoice_yen: int, unit_yen: int | None) -> list[_Told]:
    """The payments of a first statement: equal parts, and what is left over in the first."""
    count = len(lines)
    if count == 1:
        return [(_PAID_AT_ONCE, (f"{yen(invoice_yen)} ÷ 1 = {yen(lines[0]['yen'])}",), ("invoice",))]
    first, each = lines[0]["yen"], lines[1]["yen"]
    split = f"{yen(invoice_yen)} ÷ {count} = {yen(Fraction(invoice_yen, count))}"
    parts = (split + rounded(unit_yen, "floor", each),) if unit_yen is not None else ()
    rest = f"{yen(invoice_yen)} − {yen(each)} × {count - 1} = {yen(first)}"
    cut = f"{unit_yen:,}円未満を切り捨てた額" if unit_yen is not None else "端数を切り捨てた額"
    told: list[_Told] = [
        (f"請求額を{count}回で割って{cut}が2回目からの額で、残りは1回目に加えます。", (*parts, rest), ("invoice",))
    ]
    later = parts or (f"({yen(invoice_yen)} − {yen(first)}) ÷ {count - 1} = {yen(each)}",)
    told += [(f"請求額を{count}回で割って{cut}です。", later, ("invoice",))] * (count - 1)
    return told


def _changed(lines: Sequence[Mapping[str, Any]]) -> list[_Told]:
    """The payments of a later statement: each as notified before, and the difference where it was set off."""
    left = whole = sum(line["difference_yen"] for line in lines)
    last = max((place for place, line in enumerate(lines) if line["difference_yen"]), default=-1)
    told: list[_Told] = []
    for place, line in enumerate(lines):
        before, change, now = line["notified_yen"], line["difference_yen"], line["yen"]
        sentence = f"{yen(before)} + {yen(change)} = {yen(now)}"
        if not change:
            told.append((_kept(line, whole, passed=place < last), (sentence,), ()))
        elif change > 0:
            told.append((_more(before), (sentence,), ("difference",)))
        else:
            taken = left - whole if left != whole else 0 if left == change else -change
            rest = (f"{yen(whole)} + {yen(taken)} = {yen(whole + taken)}",) if taken else ()
            told.append((_less(line, whole, left), (*rest, sentence), ("difference",)))
        left -= change
    return told


def _kept(line: Mapping[str, Any], whole: int, *, passed: bool) -> str:
    if line["yen"] < 0:
        return "前回までにお返しすることにした額です。今回の増減はありません。"
    if not whole:
        return "請求額に増減がないので、前回の通知の額のままです。"
    if not line["yen"]:
        return "前回の通知で0円になった期です。今回の増減はありません。"
    if passed:
        return "承認の日までに納期限が来ている期なので、前回の通知の額を動かしません。"
    done = "加えた" if whole > 0 else "差し引いた"
    return f"増減はほかの期ですべて{done}ので、前回の通知の額のままです。"


def _more(before: int) -> str:
    if before:
        return "増えた分は、これから納期限が来る最初の期に、前回の通知の額に加えます。"
    return "増えた分を加えられる通知済みの額がないので、全額をこの期に納めていただきます。"


def _less(line: Mapping[str, Any], whole: int, left: int) -> str:
    if line["yen"] < 0:
        if left == whole:
            return "差し引ける期がこれから来ないので、減った分の全額を県からお返しします(還付)。"
        return "これから納期限が来る期の額では引ききれないので、残りを県からお返しします(還付)。"
    rule = "減った分は、これから納期限が来る期の額から順に差し引きます。"
    if left != whole:
        rule += f"ほかの期で引ききれなかった残りは{yen(abs(left))}です。"
    if left - line["difference_yen"]:
        rule += f"この期の額では引ききれないので、残りの{yen(abs(left - line['difference_yen']))}は後で精算します。"
    return rule


def _sum(number: str, dues: Sequence[Step], invoice_yen: int) -> Step:
    """All payments together are the invoice."""
    line = f"{added(yen(one.result) for one in dues)} = {yen(invoice_yen)}"
    uses = tuple(one.anchor for one in dues)
    return Step(
        "schedule-sum",
        number,
        "納付額の計",
        "期ごとの額の計は、請求額です。",
        (line,),
        Fraction(invoice_yen),
        uses=uses,
    )


def _title(line: Mapping[str, Any]) -> str:
    name = _name(line["number"], line["yen"])
    if line["yen"] < 0:
        return f"{name}の額"
    if line["due_date"] is None:
        return f"{name}の納付額(納期限は別にお知らせします)"
    return f"{name}の納付額(納期限 {japanese_date(date.fromisoformat(line['due_date']))})"


def _name(number: int, amount_yen: int) -> str:
    return "還付" if amount_yen < 0 else f"第{number}期"
