"""The Japanese sentences that explain rounding and grants on a statement; pure."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tenants.documents.figures import fraction_text

_MODES = {"floor": "切捨て", "half_up": "四捨五入", "ceil": "切上げ"}
_LEFTOVER = {
    "largest_remainder": "余りは端数の大きい団体から順に{unit}円ずつ加えます(最大剰余法)",
    "smallest_up": "余りは負担の小さい団体から順に{unit}円ずつ加えます",
    "largest_share": "余りは負担の最も大きい団体に加えます",
    "named": "余りはあらかじめ定めた団体{you}に加えます",
    "prefecture": "余りは県が負担します",
    "undistributed": "余りはどの団体にも配分しません",
}


def rounding_words(rounding: Mapping[str, Any], member_code: str) -> str:
    """How shares become yen: 「1円未満を切り捨て、余りは…加えます(最大剰余法)」. Names no other member."""
    unit = f"{rounding['unit_yen']:,}"
    you = "(貴団体)" if rounding.get("named") == member_code else ""
    return f"{unit}円未満を切り捨て、{_LEFTOVER[rounding['remainder']].format(unit=unit, you=you)}"


def unit_words(rounding: Mapping[str, Any]) -> str:
    """One figure's rounding: 「1,000円未満切捨て」, or 「端数処理なし」 where whole yen stay whole."""
    return f"{rounding['unit_yen']:,}円未満{_MODES[rounding['mode']]}"


def grant_words(grant: Mapping[str, Any]) -> str:
    """What a grant is computed from and how: base, cap, rounding, and how it reaches the members."""
    base = "補助対象経費" if grant["costs"] == "eligible" else f"指定した経費({len(grant['costs'])}件)"
    taxed = "(消費税を除く)" if grant["tax"] == "excluded" else ""
    parts = [f"{base}{taxed}の{fraction_text(Fraction(grant['rate']))}", unit_words(grant["rounding"])]
    if grant.get("cap_yen") is not None:
        parts.append(f"上限 {grant['cap_yen']:,}円{'(経費ごと)' if grant['level'] == 'cost' else ''}")
    if grant["level"] == "member":
        if grant.get("member_cap_yen") is not None:
            parts.append(f"1団体の上限 {grant['member_cap_yen']:,}円")
        parts.append("団体ごとに計算")
    else:
        parts.append("負担の割合で配分(最大剰余法)")
    return "、".join(parts)
