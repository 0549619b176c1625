"""Where the yen went that flooring left over, and why this member received one or not; pure."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from billing.statements.why.arithmetic import EXACT_DECIMALS, exact_yen, rounded, yen, yen_factor
from billing.statements.why.steps import Step
from tenants.documents.figures import decimal_text


def leftover_step(
    anchor: str,
    number: str,
    line: Mapping[str, Any],
    rounding: Mapping[str, Any] | None,
    uses: str,
) -> Step:
    """The whole yen of one rounding; ``line`` holds base, extra and share in yen, ``rounding`` the facts if kept."""
    exact, base, extra, share = Fraction(line["exact"]), line["base_yen"], line["extra_yen"], line["share_yen"]
    lines = [f"{exact_yen(exact)}{rounded(line['unit_yen'], 'floor', base)}"]
    if rounding is None:
        rule = f"{line['rounding']}。貴団体に加えた額は{yen(extra)}です。"
    else:
        left = rounding["amount_yen"] - rounding["floored_yen"]
        lines.append(f"{yen(rounding['amount_yen'])} − {yen(rounding['floored_yen'])} = {yen(left)}")
        rule = (
            f"{line['unit_yen']:,}円未満を切り捨てます。対象額から全団体の切捨て後の合計を引いた余りは{yen(left)}です。"
            + _who(rounding, left, extra, exact - base)
        )
    lines.append(f"{yen(base)} + {yen(extra)} = {yen(share)}")
    return Step(anchor, number, "負担額(端数処理の後)", rule, tuple(lines), Fraction(share), uses=(uses,))


def _who(rounding: Mapping[str, Any], left: int, extra: int, remainder: Fraction) -> str:
    """Who took what is left, in words."""
    if left == 0:
        return "余りがないので、加える円はありません。"
    policy, unit = rounding["policy"], yen(rounding["unit_yen"])
    if policy == "undistributed":
        return "余りはどの団体にも配分しません。"
    if policy == "prefecture":
        return "余りは県が負担します。"
    if policy == "named":
        whom = "あらかじめ定めた団体(貴団体)" if rounding["you"] else "あらかじめ定めたほかの団体"
        return f"余りは{whom}がまとめて負担します。"
    if policy == "largest_share":
        whom = "貴団体です" if extra else "ほかの団体です"
        return f"余りは、端数処理前の負担額が最も大きい団体がまとめて負担します。それは{whom}。"
    receiving = rounding["receiving"]
    if not receiving:
        return f"余りは{unit}に満たないので、どの団体にも加えず、県が負担します。"
    said = [_order(policy, receiving, unit)]
    among = "その順に" if receiving == 1 else f"その{receiving:,}団体に"
    own = (
        f"貴団体の端数は{decimal_text(remainder, EXACT_DECIMALS)}円で、"
        if policy == "largest_remainder"
        else "貴団体は"
    )
    said.append(
        f"{own}{among}入るので、{yen(extra)}を加えます。" if extra else f"{own}{among}入らないので、加えません。"
    )
    if rounding["prefecture_yen"]:
        said.append(f"なお残る{yen(rounding['prefecture_yen'])}は県が負担します。")
    if "others" in rounding:
        said.append(_published(policy, rounding["others"], counted=bool(remainder) or policy == "largest_remainder"))
    return "".join(said)


def _order(policy: str, receiving: int, unit: str) -> str:
    if policy == "largest_remainder":
        return (
            f"余りは、切り捨てた端数の大きい団体から順に{receiving:,}団体へ{unit}ずつ加えます"
            "(最大剰余法。同じときは団体コードの小さい順)。"
        )
    return (
        f"余りは、端数処理前の負担額が小さい団体(0円を除く)から順に{receiving:,}団体へ{unit}ずつ加えます"
        "(同じときは団体コードの小さい順)。"
    )


def _published(policy: str, others: Mapping[str, Any], *, counted: bool) -> str:
    """What a run that publishes its shares lets everybody see."""
    if others["last"] is None or not counted:
        return ""
    last = f"最後に加えたのは{others['last']}です。"
    if policy == "largest_remainder":
        last = f"最後に加えたのは{others['last']}(端数 {yen_factor(Fraction(others['last_remainder']))})です。"
    return f"貴団体の順は{others['rank']:,}番目、{last}"
