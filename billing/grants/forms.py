"""Grant forms: text as typed → frozen input, with a message at every field that is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from billing.costs.rules import CostView
from billing.grants.rules import FUNDERS, LEVELS, TAXES, GrantInput
from billing.money import exact_text, parse_yen
from billing.programs.rules import ROUNDING_MODES
from billing.shares import parse_share
from tenants.errors import Invalid
from tenants.web.form_data import Faults, FormData, one_of, required_text

COUNTED: Mapping[str, str] = {"eligible": "補助対象の経費すべて", "listed": "経費を選ぶ"}

NEW_GRANT: Mapping[str, str] = {
    "name": "",
    "funder": "national",
    "rate": "",
    "counted": "eligible",
    "tax": "included",
    "level": "program",
    "cap_yen": "",
    "member_cap_yen": "",
    "rounding_unit_yen": "1",
    "rounding_mode": "floor",
}
"""An empty form: the defaults of the case format."""


@dataclass(frozen=True, slots=True)
class GrantValues:
    """A grant as the form shows it: text by field, and the costs that are ticked."""

    fields: Mapping[str, str]
    cost_ids: frozenset[str]

    @property
    def all(self) -> dict[str, str | frozenset[str]]:
        """Text fields and ticked boxes together."""
        return {**self.fields, "cost_ids": self.cost_ids}


def grant_input(form: FormData, costs: Sequence[CostView]) -> GrantInput:
    """The grant a person described; raises Invalid with every field's message."""
    faults = Faults()
    level = one_of(form, "level", "計算の段階", LEVELS, faults)
    grant = GrantInput(
        name=required_text(form, "name", "交付金の名前", faults, longest=100, one_line=True),
        funder=one_of(form, "funder", "財源", FUNDERS, faults),
        rate=exact_text(faults.read("rate", _rate, form.get("rate", ""), Fraction(1))),
        cap_yen=_cap(form, "cap_yen", faults),
        member_cap_yen=_cap(form, "member_cap_yen", faults),
        cost_ids=_cost_ids(form, costs, faults),
        tax=one_of(form, "tax", "消費税", TAXES, faults),
        level=level,
        rounding_unit_yen=faults.read("rounding_unit_yen", _unit, form.get("rounding_unit_yen", ""), 1),
        rounding_mode=one_of(form, "rounding_mode", "端数", ROUNDING_MODES, faults),
    )
    if grant.member_cap_yen is not None and level != "member":
        message = "団体ごとの上限額は、計算の段階が「団体ごと」のときだけ使えます。空欄にしてください。"
        faults.note("member_cap_yen", message, "member-cap-level")
    faults.raise_if_any()
    return grant


def _rate(text: str) -> Fraction:
    rate = parse_share(text)
    if not 0 < rate <= 1:
        raise Invalid("bad-fraction", "率は 0 より大きく 1 以下で入力してください(例: 1/2、50%)。")
    return rate


def _unit(text: str) -> int:
    unit = parse_yen(text)
    if unit < 1:
        raise Invalid("bad-unit", "1円以上の単位を入力してください。")
    return unit


def _cap(form: Mapping[str, str], field: str, faults: Faults) -> int | None:
    text = form.get(field, "").strip()
    return faults.read(field, _not_negative, text, None) if text else None


def _not_negative(text: str) -> int | None:
    amount = parse_yen(text)
    if amount < 0:
        raise Invalid("yen-out-of-range", "0円以上で入力してください。上限がない場合は空欄にします。")
    return amount


def _cost_ids(form: FormData, costs: Sequence[CostView], faults: Faults) -> tuple[int, ...] | None:
    if one_of(form, "counted", "対象の経費", COUNTED, faults) != "listed":
        return None
    ticked = set(form.all("cost_ids"))
    by_id = {str(one.id): one for one in costs}
    if ticked - by_id.keys():
        faults.note("cost_ids", "選んだ経費がこの事業にありません。選び直してください。", "unknown-cost")
    chosen = [one for text, one in by_id.items() if text in ticked]
    if unfit := [one.name for one in chosen if not one.eligible]:
        names = "".join(f"「{name}」" for name in unfit)
        faults.note("cost_ids", f"経費{names}は補助対象になっていません。選択を外してください。", "not-eligible")
    if not ticked:
        faults.note("cost_ids", "対象の経費を1つ以上選んでください。", "required")
    return tuple(sorted(one.id for one in chosen))


def grant_values(grant: GrantInput) -> GrantValues:
    """A saved grant as the form shows it."""
    fields = {
        "name": grant.name,
        "funder": grant.funder,
        "rate": grant.rate,
        "counted": "eligible" if grant.cost_ids is None else "listed",
        "tax": grant.tax,
        "level": grant.level,
        "cap_yen": "" if grant.cap_yen is None else f"{grant.cap_yen:,}",
        "member_cap_yen": "" if grant.member_cap_yen is None else f"{grant.member_cap_yen:,}",
        "rounding_unit_yen": f"{grant.rounding_unit_yen:,}",
        "rounding_mode": grant.rounding_mode,
    }
    return GrantValues(fields, frozenset(str(one) for one in grant.cost_ids or ()))


def typed_values(form: FormData) -> GrantValues:
    """What was typed, to be shown again."""
    return GrantValues({**NEW_GRANT, **form}, frozenset(form.all("cost_ids")))
