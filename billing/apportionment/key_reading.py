"""Reading keys (按分方法): weighted components, hosts, fixed fractions and unit prices."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from billing.apportionment.fields import Reading, Record
from billing.apportionment.known import Known
from billing.apportionment.limit_reading import read_limits
from billing.apportionment.problems import pointer_token
from billing.apportionment.terms import EQUAL_BASIS, Component, Host, Key, Member
from billing.money import exact_text

LONGEST_NAME = 200
# The widest mixes seen in ordinances have four components.
MOST_COMPONENTS = 100
# Unit prices are published with up to 4 decimals; 10 is what a basis value may have.
MOST_DECIMALS = 10

_KEY = frozenset({"id", "name", "components", "fixed", "renormalise", "host", "unit_price_decimals"})
_COMPONENT = frozenset({"weight", "basis", "factors", "exclude"})
_HOST = frozenset({"code", "share"})


def read_keys(reading: Reading, values: Sequence[Any], known: Known) -> tuple[Key, ...]:
    """Read the list of keys and check weights, references, values and sums."""
    keys = []
    for index, value in enumerate(values):
        entry = Record(reading, value, f"/keys/{index}", _KEY if known.version == 1 else _KEY | {"limits"})
        key = _read_key(reading, entry, known)
        if entry.has("limits"):
            key = replace(key, limits=read_limits(reading, entry, known, key))
        if known.is_new(reading, known.keys, key.id, entry.at("id")):
            known.keys[key.id] = key
        keys.append(key)
    return tuple(keys)


def _read_key(reading: Reading, entry: Record, known: Known) -> Key:
    name, title = entry.text("id", LONGEST_NAME), entry.text("name", LONGEST_NAME)
    renormalise = entry.flag("renormalise", False)  # noqa: FBT003  (a field's default)
    if entry.has("components") == entry.has("fixed"):
        message = "按分方法には「components」(基準による按分)か「fixed」(固定割合)のどちらか一方を書いてください。"
        reading.refuse(entry.pointer, "key-form", message)
        return Key(id=name, name=title)
    if entry.has("fixed"):
        for other in ("host", "unit_price_decimals"):
            if entry.has(other):
                reading.refuse(entry.at(other), "key-form", "固定割合とは一緒に使えません。")
        return Key(id=name, name=title, fixed=_read_fixed(reading, entry, known, renormalise), renormalise=renormalise)
    if renormalise:
        reading.refuse(entry.at("renormalise"), "key-form", "「renormalise」は固定割合でだけ使えます。")
    host = _read_host(reading, entry, known) if entry.has("host") else None
    components = _read_components(reading, entry, known, host)
    decimals = entry.integer("unit_price_decimals", 0, MOST_DECIMALS) if entry.has("unit_price_decimals") else None
    if decimals is not None and (len(components) != 1 or host):
        message = "単価方式は、基準が1つで、所在地負担のない按分方法でだけ使えます。"
        reading.refuse(entry.at("unit_price_decimals"), "key-form", message)
    return Key(id=name, name=title, components=components, host=host, unit_price_decimals=decimals)


def _read_fixed(reading: Reading, entry: Record, known: Known, renormalise: bool) -> dict[str, Fraction]:  # noqa: FBT001
    start = len(reading.problems)
    pointer = entry.at("fixed")
    fixed = {}
    for code, text in reading.mapping(entry.raw("fixed"), pointer).items():
        place = f"{pointer}/{pointer_token(code)}"
        fixed[code] = reading.fraction(text, place)
        if code not in known.members and not renormalise:
            known.refuse_member(reading, place, code)
    if len(reading.problems) > start or not known.members_clean:
        return fixed
    total = sum((share for code, share in fixed.items() if code in known.members), Fraction(0))
    if renormalise and total == 0:
        reading.refuse(pointer, "basis-sum-zero", "構成団体の固定割合の合計が0のため、按分できません。")
    elif not renormalise and total != 1:
        message = f"固定割合の合計がちょうど1になっていません(合計は{exact_text(total)})。"
        reading.refuse(pointer, "weights-not-one", message)
    return fixed


def _read_host(reading: Reading, entry: Record, known: Known) -> Host:
    record = Record(reading, entry.raw("host"), entry.at("host"), _HOST)
    host = Host(code=record.code("code"), share=record.fraction("share", high=1))
    known.require_member(reading, record.at("code"), host.code)
    return host


def _read_components(reading: Reading, entry: Record, known: Known, host: Host | None) -> tuple[Component, ...]:
    start = len(reading.problems)
    pointer = entry.at("components")
    components = []
    weights_read = True
    for index, value in enumerate(reading.items(entry.raw("components"), pointer, MOST_COMPONENTS)):
        record = Record(reading, value, f"{pointer}/{index}", _COMPONENT)
        before = len(reading.problems)
        weight = record.fraction("weight")
        weights_read = weights_read and len(reading.problems) == before
        component = Component(
            weight=weight,
            basis=record.text("basis", LONGEST_NAME),
            factors=_read_factors(reading, record, known),
            exclude=read_exclude(reading, record, known),
        )
        _check_values(reading, record, known, component, host, clean=len(reading.problems) == before)
        components.append(component)
    total = sum((component.weight for component in components), Fraction(0))
    if weights_read and total != 1 and (components or len(reading.problems) == start):
        message = f"按分の割合(weight)の合計がちょうど1になっていません(合計は{exact_text(total)})。"
        reading.refuse(pointer, "weights-not-one", message)
    return tuple(components)


def _read_factors(reading: Reading, record: Record, known: Known) -> dict[str, Fraction]:
    pointer = record.at("factors")
    factors = {}
    for code, text in reading.mapping(record.raw("factors", {}), pointer).items():
        place = f"{pointer}/{pointer_token(code)}"
        if code not in known.members:
            known.refuse_member(reading, place, code)
        factors[code] = reading.fraction(text, place)
    return factors


def read_exclude(reading: Reading, record: Record, known: Known) -> tuple[str, ...]:
    """Read the codes of members that are left out."""
    pointer = record.at("exclude")
    codes: dict[str, None] = {}
    for index, value in enumerate(reading.items(record.raw("exclude", ()), pointer, len(known.members) + 1)):
        code = reading.code(value, f"{pointer}/{index}")
        known.require_member(reading, f"{pointer}/{index}", code)
        if code in codes:
            reading.refuse(f"{pointer}/{index}", "duplicate-code", f"団体コード{code}が2回以上書かれています。")
        codes[code] = None
    return tuple(codes)


def _check_values(
    reading: Reading, record: Record, known: Known, component: Component, host: Host | None, *, clean: bool
) -> None:
    """Refuse an unknown basis, members without a value, and a component in which nobody measures anything."""
    outside = {*component.exclude, host.code if host else ""}
    counted = [member for code, member in known.members.items() if code not in outside]
    found = values_of(reading, record, known, component.basis, counted)
    if found is None:
        return
    values, whole = found
    clean = clean and whole
    measured = any(
        member.months and member.factor and values[member.code] and component.factors.get(member.code, 1)
        for member in counted
        if member.code in values
    )
    if clean and known.members_clean and not measured:
        message = "按分の対象となる団体の基準値の合計が0のため、按分できません。"
        reading.refuse(record.pointer, "basis-sum-zero", message)


def values_of(
    reading: Reading, record: Record, known: Known, basis_id: str, counted: Sequence[Member]
) -> tuple[Mapping[str, Fraction], bool] | None:
    """Give a basis's values and whether all ``counted`` members have a sound one; None for an unknown basis.

    Refuses the unknown basis at the record's field ``basis``, and every value that is missing once.
    """
    if basis_id == EQUAL_BASIS:
        return dict.fromkeys(known.members, Fraction(1)), True
    if basis_id not in known.bases:
        if basis_id:
            reading.refuse(record.at("basis"), "unknown-basis", f"按分基準「{basis_id}」がありません。")
        return None
    index, basis, whole = known.bases[basis_id]
    for member in counted:
        if member.code not in basis.values:
            whole = False
            if (basis.id, member.code) not in known.missing_values:
                known.missing_values.add((basis.id, member.code))
                message = f"{member.name}({member.code})の「{basis.name}」の値がありません。"
                reading.refuse(f"/bases/{index}/values/{member.code}", "missing-basis-value", message)
    return basis.values, whole
