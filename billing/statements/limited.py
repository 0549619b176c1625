"""How the limits of a key (下限額・上限額) made one member's share of a cost, read from a frozen case; pure.

What would tell another member's amount is left out: a sum over all but one says what that one pays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from billing.apportionment.exact import from_fractions
from billing.apportionment.limiting import Limited, limit
from billing.apportionment.terms import Bounds
from billing.money import Yen, format_yen
from billing.statements.shares import all_shares

_ALONE = 1


@dataclass(frozen=True, slots=True)
class LimitView:
    """One member's share of one cost within limits; yen, exact before rounding.

    ``plain`` is the share without limits, ``exact`` the one within them. ``held`` is "minimum", "maximum" or empty, in
    ``round`` of ``rounds`` (the last round holds nobody; a member not held has the last). ``left_yen`` is what that
    round divided and ``left_share`` the part of the key of those it divided among; both None where they would tell
    what one other member pays.
    """

    minimum_yen: int | None
    maximum_yen: int | None
    plain: Fraction
    exact: Fraction
    held: str
    round: int
    rounds: int
    left_yen: int | None
    left_share: Fraction | None
    words: tuple[str, ...]
    """The same, step by step, in plain Japanese."""


def limit_view(case: Mapping[str, Any], key: Mapping[str, Any], net_yen: int, member_code: str) -> LimitView:
    """Will explain the limits of a canonical case's key to one member."""
    shares = all_shares(case, key)
    codes = [member["code"] for member in case["members"]]
    bounds = [_bounds(key["limits"], code) for code in codes]
    weights = from_fractions(shares)
    found = limit(net_yen, weights.numerators, bounds)
    place = codes.index(member_code)
    held, number = _held(found, place)
    at = found.rounds[number - 1]
    free = sum(1 for weight in weights.numerators if weight)
    before = sum(len(one.maximum) + len(one.minimum) for one in found.rounds[: number - 1])
    told = number == 1 or _ALONE not in (free - before - 1, before)
    view = LimitView(
        minimum_yen=bounds[place].minimum_yen,
        maximum_yen=bounds[place].maximum_yen,
        plain=shares[place] * net_yen,
        exact=Fraction(found.exact.numerators[place], found.exact.denominator),
        held=held,
        round=number,
        rounds=len(found.rounds),
        left_yen=at.left_yen if told else None,
        left_share=Fraction(at.weight, weights.denominator) if told else None,
        words=(),
    )
    return replace(view, words=tuple(_words(view)))


def _held(found: Limited, place: int) -> tuple[str, int]:
    for number, one in enumerate(found.rounds, 1):
        if place in one.maximum:
            return "maximum", number
        if place in one.minimum:
            return "minimum", number
    return "", len(found.rounds)


def _bounds(limits: Mapping[str, Any], code: str) -> Bounds:
    own = limits.get("members", {}).get(code, limits)
    low, high = own["minimum_yen"], own["maximum_yen"]
    return Bounds(None if low is None else Yen(low), None if high is None else Yen(high))


def _words(view: LimitView) -> list[str]:
    bounds = [
        f"{word} {format_yen(yen)}"
        for word, yen in (("下限額", view.minimum_yen), ("上限額", view.maximum_yen))
        if yen is not None
    ]
    said = [f"貴団体の{'、'.join(bounds)} です。" if bounds else "貴団体に下限額・上限額はありません。"]
    said.append(f"割合どおりの額は {_yen(view.plain)} です。")
    if view.held:
        word, beyond = ("上限額", "上回る") if view.held == "maximum" else ("下限額", "下回る")
        when = "割合どおりの額が" if view.round == 1 else f"第{view.round}回の分け直しで{_again(view)}"
        said.append(f"{when}{word}を{beyond}ため、第{view.round}回に{word}で固定しました。")
    elif view.rounds > 1:
        said.append(
            f"下限額・上限額で固定した団体の過不足を、固定していない団体で同じ割合のまま分け直し、"
            f"第{view.rounds}回で全団体が収まりました。{_left(view)}貴団体の額は {_yen(view.exact)} です。"
        )
    else:
        said.append("どの団体も下限額・上限額の内にあるため、分け直していません。")
    return said


def _again(view: LimitView) -> str:
    return f"(残り {format_yen(view.left_yen)})" if view.left_yen is not None else "、"


def _left(view: LimitView) -> str:
    return f"最後に分けた残りは {format_yen(view.left_yen)} です。" if view.left_yen is not None else ""


def _yen(value: Fraction) -> str:
    return f"{'約' if value.denominator > 1 else ''}{format_yen(int(value))}"
