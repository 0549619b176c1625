"""構成団体 and 基準値 of a scenario: who takes part, for how long, with what weight and which measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from billing.bases.rules import shown_number
from billing.scenarios.cases import Document, borne_by, refunded_member, with_member, without_member
from billing.scenarios.editing.fields import Typed
from tenants.web.stale import Value

_MOST_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Draft:
    """What an editing page knows: the case, the case as copied, and (code, name) of every organisation."""

    case: Document
    base: Document
    organisations: Sequence[tuple[str, str]] = ()

    @property
    def roster(self) -> list[tuple[str, str]]:
        """Everybody who takes part, took part in the copied case, or could, by code."""
        known = dict(self.organisations)
        for document in (self.base, self.case):
            known |= {one["code"]: one["name"] for one in document["members"]}
        return sorted(known.items())


def member_values(draft: Draft) -> dict[str, Value]:
    """Who takes part, months and weights as the form shows them."""
    values: dict[str, Value] = {"takes_part": tuple(_taking_part(draft.case))}
    for code, _ in draft.roster:
        values |= {f"members.{code}.months": "12", f"members.{code}.factor": "1"}
    for one in draft.case["members"]:
        values[f"members.{one['code']}.months"] = str(one["months"])
        values[f"members.{one['code']}.factor"] = one["factor"]
    return values


def read_members(draft: Draft, typed: Typed) -> Document:
    """The case with the organisations ticked, for the months and with the weights typed."""
    ticked, case = set(typed.form.all("takes_part")), draft.case
    present, taking_part = {one["code"] for one in case["members"]}, set(_taking_part(case))
    for code, name in draft.roster:
        if code in ticked and code not in present:
            case = with_member(case, draft.base, code, name)
        elif code not in ticked and code in taking_part:
            case = _left(case, code, name, typed)
    returning = ticked & (present - taking_part)
    went = taking_part - ticked
    members = [
        {
            **one,
            "months": one["months"] if one["code"] in went else _months(one, draft.base, typed, returning),
            "factor": typed.share(f"members.{one['code']}.factor", one["factor"]),
        }
        for one in case["members"]
    ]
    costs = [_for_those_who_take_part(one, case, members) for one in case["costs"]]
    return {**case, "members": members, "costs": costs}


def _taking_part(case: Document) -> list[str]:
    """Whoever takes part; a member of 0 months that was notified an amount stays only for what comes back to it."""
    return [one["code"] for one in case["members"] if one["months"] or not case["issued_yen"].get(one["code"])]


def _left(case: Document, code: str, name: str, typed: Typed) -> Document:
    if not case["issued_yen"].get(code):
        return without_member(case, code)
    if borne := borne_by(case, code):
        message = f"{name}は{'、'.join(borne)}です。先に負担先を変えてください。"
        typed.faults.note(f"takes_part-{code}", message, "unknown-member")
    return refunded_member(case, code)


def _months(member: Document, base: Document, typed: Typed, returning: set[str]) -> int:
    months = typed.count(f"members.{member['code']}.months", member["months"], 0, _MOST_MONTHS)
    if months or member["code"] not in returning:
        return months
    return next((int(one["months"]) for one in base["members"] if one["code"] == member["code"]), 0) or _MOST_MONTHS


def _for_those_who_take_part(cost: Document, before: Document, members: Sequence[Document]) -> Document:
    """The cost with a tariff that charges nobody of 0 months, as a frozen case says it, and those who come back."""
    if "tariff" not in cost["charge"]:
        return cost
    tariff = cost["charge"]["tariff"]
    were = {one["code"] for one in before["members"] if not one["months"]}
    absent = {one["code"] for one in members if not one["months"]}
    excluded = sorted((set(tariff.get("exclude", ())) - (were - absent)) | (absent - were))
    return {**cost, "charge": {"tariff": {**tariff, "exclude": excluded}}}


def basis_values(draft: Draft) -> dict[str, Value]:
    """Every member's value of every basis as the form shows it; empty where there is none."""
    return {
        f"bases.{basis['id']}.values.{one['code']}": _shown(basis["values"].get(one["code"]))
        for basis in draft.case["bases"]
        for one in draft.case["members"]
    }


def read_bases(draft: Draft, typed: Typed) -> Document:
    """The case with the values typed; an empty field takes a value out."""
    bases = []
    for basis in draft.case["bases"]:
        values = dict(basis["values"])
        for one in draft.case["members"]:
            code = one["code"]
            field, now = f"bases.{basis['id']}.values.{code}", values.get(code)
            read = typed.quantity(field, _shown(now), now, basis["unit"])
            if read is None:
                values.pop(code, None)
            else:
                values[code] = read
        bases.append({**basis, "values": values})
    return {**draft.case, "bases": bases}


def _shown(value: str | None) -> str:
    return "" if value is None else shown_number(Fraction(value))
