"""What differs between two frozen cases, in words, with the page where it was changed; pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.runs.rules import RunHead
from billing.years.last_year.rules import signed, signed_yen
from billing.years.stages.rules import REASON_LONGEST

Case = Mapping[str, Any]
_NAMED_VALUES = 3
"""Members named with their values before the others are only counted: what fits on one line."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference in words; ``path`` is the part of the program (``"/costs"``) where it was made.

    ``told`` is what every member may read of it where the words hold another member's figure; empty: the words.
    """

    words: str
    path: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class ProgramChanges:
    """What has changed since the last approved run; ``problem`` says why it cannot be told."""

    standing: RunHead | None
    changes: tuple[Change, ...] = ()
    problem: str = ""
    running: bool = False
    """Whether a run with exactly these changes is already on its way."""

    @property
    def proposes(self) -> bool:
        """Whether a new run should be started."""
        return self.standing is not None and bool(self.changes) and not self.running

    def reason(self, *, published: bool) -> str:
        """The changes as the reason of the next run, to be worded by a person.

        It stands on every member's statement: unless the shares are published, nobody's own figure is in it.
        """
        said = (one.words if published else one.told or one.words for one in self.changes)
        text = "。".join(dict.fromkeys(said))
        return text if len(text) <= REASON_LONGEST else text[: REASON_LONGEST - 1] + "…"


def changes(before: Case, now: Case) -> tuple[Change, ...]:
    """Every difference of two cases in canonical form that moves what papers say; what was issued before is none."""
    found: list[Change] = []
    found += _members(before, now)
    found += _listed(before, now, "costs", "経費", "/costs", _cost, _of_one)
    found += _bases(before, now)
    found += _listed(before, now, "keys", "按分方法", "/keys", _whole("分け方を変更"))
    found += _listed(before, now, "grants", "交付金", "/grants", _whole("内容を変更"))
    settings = (
        ("rounding", "端数処理"),
        ("national_ceiling", "国費の上限"),
        ("invoice", "負担金の端数"),
        ("instalments", "納付回数と単位"),
        ("title", "事業名"),
        ("fiscal_year", "年度"),
    )
    found += [Change(f"{label}を変更", "/edit") for name, label in settings if before[name] != now[name]]
    if [one["id"] for one in before["grants"]] != [one["id"] for one in now["grants"]] and not any(
        one.path == "/grants" for one in found
    ):
        found.append(Change("交付金の順を変更", "/grants"))
    return tuple(found)


def _members(before: Case, now: Case) -> list[Change]:
    old, new = ({one["code"]: one for one in case["members"]} for case in (before, now))
    found = [Change(f"{new[code]['name']}が参加", "/members") for code in new if code not in old]
    for code, was in old.items():
        one = new.get(code)
        if one is None:
            # Who had no months any more and was paid back is gone for good.
            if was["months"]:
                found.append(Change(f"{was['name']}が構成団体でなくなった", "/members"))
            continue
        if one["months"] != was["months"]:
            left = "(退会)" if one["months"] < was["months"] else ""
            words = f"{one['name']}の月数 {was['months']}か月→{one['months']}か月{left}"
            found.append(Change(words, "/departures" if left else "/members"))
        if one["factor"] != was["factor"]:
            words = f"{one['name']}の係数 {was['factor']}→{one['factor']}"
            found.append(Change(words, "/members", "構成団体の係数を変更"))
    return found


_Words = tuple[str, str]
"""A difference in words, and what every member may read of it; empty: the same."""


def _listed(
    before: Case,
    now: Case,
    name: str,
    label: str,
    path: str,
    differ: Callable[[Case, Case], Sequence[_Words]],
    private: Callable[[Case], str] = lambda _: "",
) -> list[Change]:
    """Additions, removals and differences of the entries of a list, by id.

    ``private`` says what all may read of an entry that is one member's own, and nothing of others.
    """
    old, new = ({one["id"]: one for one in case[name]} for case in (before, now))
    found = [
        Change(f"{label}「{one['name']}」を追加", path, private(one)) for key, one in new.items() if key not in old
    ]
    found += [
        Change(f"{label}「{one['name']}」を削除", path, private(one)) for key, one in old.items() if key not in new
    ]
    for key, one in new.items():
        if key in old and one != old[key]:
            own, head = private(old[key]) or private(one), f"{label}「{one['name']}」の"
            for words, told in differ(old[key], one):
                found.append(Change(head + words, path, own or (told and head + told)))
    return found


def _of_one(cost: Case) -> str:
    return "一つの団体だけが負担する経費を変更" if "member" in cost["charge"] else ""


def _cost(was: Case, one: Case) -> list[_Words]:
    found = [
        (f"{label} {signed_yen(one[name] - was[name])}", "")
        for name, label in (("amount_yen", "額"), ("revenue_yen", "特定財源"))
        if one[name] != was[name]
    ]
    others = {
        "charge": "負担のしかた",
        "eligible": "補助対象",
        "tax_rate": "消費税率",
        "name": "名前",
        "rounding": "端数処理",
    }
    found += [(f"{label}を変更", "") for name, label in others.items() if one.get(name) != was.get(name)]
    return found


def _whole(words: str) -> Callable[[Case, Case], Sequence[_Words]]:
    return lambda _was, _one: [(words, "")]


def _bases(before: Case, now: Case) -> list[Change]:
    names = {one["code"]: one["name"] for case in (before, now) for one in case["members"]}

    def differ(was: Case, one: Case) -> list[_Words]:
        moved = [
            f"{names[code]} {signed(Fraction(value) - Fraction(was['values'][code]))}{one['unit']}"
            for code, value in one["values"].items()
            if code in was["values"] and Fraction(value) != Fraction(was["values"][code])
        ]
        rest = f"ほか{len(moved) - _NAMED_VALUES}団体" if len(moved) > _NAMED_VALUES else ""
        values = "、".join([*moved[:_NAMED_VALUES], *([rest] if rest else [])])
        found = [(f"値({values})", f"値({len(moved)}団体)")] if moved else []
        labels = {"as_of": "時点", "source": "出典", "name": "名前", "unit": "単位"}
        return found + [(f"{label}を変更", "") for name, label in labels.items() if one[name] != was[name]]

    return _listed(before, now, "bases", "按分基準", "/bases", differ)
