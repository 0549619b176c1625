"""按分方法 of a scenario: weights, shares of members, the host's share, limits, and a new way of splitting."""

from collections.abc import Mapping
from typing import Any

from billing.apportionment.terms import EQUAL_BASIS
from billing.keys.member_lines import Organisation, member_lines, read_member_lines
from billing.scenarios.cases import Document, new_id, with_format
from billing.scenarios.editing.fields import Typed, shown_share
from billing.scenarios.editing.rosters import Draft
from tenants.web.stale import Value

_MORE_ROWS = 2
"""Empty rows below the components of a key: the widest mix seen in ordinances adds two at once."""
_MOST_DECIMALS = 10
_BOUNDS = ("minimum_yen", "maximum_yen")


_NEW: Mapping[str, Any] = {"name": "", "components": [], "host": None, "unit_price_decimals": None}


def blocks(draft: Draft) -> list[Mapping[str, Any]]:
    """The keys of the case and an empty one."""
    return [*draft.case["keys"], {"id": new_id(draft.case["keys"]), **_NEW}]


def rows_of(key: Mapping[str, Any]) -> range:
    """The numbers of the rows of components the form shows."""
    return range(len(key.get("components", ())) + _MORE_ROWS)


def key_values(draft: Draft) -> dict[str, Value]:
    """Every key as the form shows it."""
    names = {one["code"]: one["name"] for one in draft.case["members"]}
    values: dict[str, Value] = {}
    for key in blocks(draft):
        at = f"keys.{key['id']}"
        values[f"{at}.name"] = key["name"]
        values |= _fixed_values(key, at, names) if "fixed" in key else _component_values(key, at, names)
        limits = key.get("limits", {})
        for bound in _BOUNDS:
            values[f"{at}.limits.{bound}"] = _shown_yen(limits.get(bound))
            for code, own in limits.get("members", {}).items():
                values[f"{at}.limits.members.{code}.{bound}"] = _shown_yen(own[bound])
    return values


def _fixed_values(key: Mapping[str, Any], at: str, names: Mapping[str, str]) -> dict[str, Value]:
    values: dict[str, Value] = {f"{at}.fixed.{code}": shown_share(key["fixed"].get(code)) for code in names}
    return {**values, f"{at}.renormalise": "1" if key["renormalise"] else ""}


def _component_values(key: Mapping[str, Any], at: str, names: Mapping[str, str]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for row in rows_of(key):
        values |= {f"{at}.components.{row}.{field}": "" for field in ("weight", "basis", "members")}
    for row, one in enumerate(key["components"]):
        values[f"{at}.components.{row}.weight"] = one["weight"]
        values[f"{at}.components.{row}.basis"] = one["basis"]
        values[f"{at}.components.{row}.members"] = member_lines(one["factors"], one["exclude"], names)
    host, decimals = key["host"] or {"code": "", "share": ""}, key["unit_price_decimals"]
    values |= {f"{at}.host.code": host["code"], f"{at}.host.share": host["share"]}
    return {**values, f"{at}.unit_price_decimals": "" if decimals is None else str(decimals)}


def read_keys(draft: Draft, typed: Typed) -> Document:
    """The case with the keys typed; the empty block counts once it has a name."""
    known = {one["id"] for one in draft.case["keys"]}
    keys = []
    for key in blocks(draft):
        at = f"keys.{key['id']}"
        if key["id"] not in known and not typed.form.get(f"{at}.name", "").strip():
            continue
        read = {**key, "name": typed.text(f"{at}.name", key["name"], "按分方法の名前")}
        if "fixed" in key:
            read |= _read_fixed(draft, typed, key, at)
        else:
            read |= _read_components(draft, typed, key, at)
        keys.append(_with_limits(read, _read_limits(typed, key.get("limits", {}), at)))
    return with_format({**draft.case, "keys": keys})


def _read_fixed(draft: Draft, typed: Typed, key: Mapping[str, Any], at: str) -> Document:
    fixed = dict(key["fixed"])
    for one in draft.case["members"]:
        field, code = f"{at}.fixed.{one['code']}", one["code"]
        if field in typed.form and not typed.form[field].strip():
            fixed.pop(code, None)
        elif field in typed.form:
            fixed[code] = typed.share(field, fixed.get(code, ""))
    sent = f"{at}.name" in typed.form
    return {"fixed": fixed, "renormalise": f"{at}.renormalise" in typed.form if sent else key["renormalise"]}


def _read_components(draft: Draft, typed: Typed, key: Mapping[str, Any], at: str) -> Document:
    bases = {EQUAL_BASIS, *(one["id"] for one in draft.case["bases"])}
    components = []
    for row in rows_of(key):
        now = key["components"][row] if row < len(key["components"]) else None
        place = f"{at}.components.{row}"
        if now is not None and f"{place}.weight" not in typed.form:
            components.append(now)
        elif any(typed.form.get(f"{place}.{field}", "").strip() for field in ("weight", "basis", "members")):
            before = now or {"weight": "", "basis": ""}
            components.append(
                {
                    "weight": typed.share(f"{place}.weight", before["weight"]) or _missing_weight(typed, place),
                    "basis": typed.choice(f"{place}.basis", before["basis"], bases, "按分基準"),
                    **_read_lines(draft, typed, f"{place}.members", now),
                }
            )
    if not components:
        typed.faults.note(f"{at}.components.0.weight", "割合と基準を1行以上入力してください。", "required")
    return {"components": components, "host": _read_host(draft, typed, key["host"], at), **_decimals(typed, key, at)}


def _missing_weight(typed: Typed, place: str) -> str:
    typed.faults.note(f"{place}.weight", "割合を入力してください(例: 3/10、0.3、30%)。", "bad-fraction")
    return "0"


def _read_lines(draft: Draft, typed: Typed, field: str, now: Mapping[str, Any] | None) -> Document:
    if field not in typed.form and now is not None:
        return {"factors": now["factors"], "exclude": now["exclude"]}
    roster = [Organisation(one["code"], one["name"]) for one in draft.case["members"]]
    lines = read_member_lines(typed.form.get(field, ""), roster, may_exclude=True)
    if lines.faults:
        typed.faults.note(field, lines.message, lines.code)
    return {"factors": dict(sorted(lines.factors.items())), "exclude": sorted(lines.exclude)}


def _read_host(draft: Draft, typed: Typed, now: Mapping[str, str] | None, at: str) -> Document | None:
    before = now or {"code": "", "share": ""}
    if f"{at}.host.code" not in typed.form:
        return dict(now) if now else None
    codes = {"", before["code"], *(one["code"] for one in draft.case["members"])}
    code = typed.choice(f"{at}.host.code", before["code"], codes, "所在団体")
    if not code:
        return None
    if not typed.form.get(f"{at}.host.share", "").strip():
        typed.faults.note(f"{at}.host.share", "所在団体の割合を入力してください(例: 1/2)。", "bad-fraction")
    return {"code": code, "share": typed.share(f"{at}.host.share", before["share"])}


def _decimals(typed: Typed, key: Mapping[str, Any], at: str) -> Document:
    field, now = f"{at}.unit_price_decimals", key["unit_price_decimals"]
    if field in typed.form and not typed.form[field].strip():
        now = None
    elif field in typed.form:
        now = typed.count(field, now or 0, 0, _MOST_DECIMALS)
    return {"unit_price_decimals": now}


def _read_limits(typed: Typed, limits: Mapping[str, Any], at: str) -> Document:
    everybody = {bound: typed.yen_or_none(f"{at}.limits.{bound}", limits.get(bound)) for bound in _BOUNDS}
    members = {
        code: {bound: typed.yen_or_none(f"{at}.limits.members.{code}.{bound}", own[bound]) for bound in _BOUNDS}
        for code, own in limits.get("members", {}).items()
    }
    return {**everybody, "members": members}


def _with_limits(key: Document, limits: Document) -> Document:
    """The key with its limits; without a bound it has none, and the case may be of version 1."""
    bare = {name: value for name, value in key.items() if name != "limits"}
    bounded = any(limits[bound] is not None for bound in _BOUNDS) or bool(limits["members"])
    return {**bare, "limits": limits} if bounded else bare


def _shown_yen(amount: int | None) -> str:
    return "" if amount is None else f"{amount:,}"
