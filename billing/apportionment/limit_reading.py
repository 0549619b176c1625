"""Reading limits (下限額・上限額) of a key: bounds in yen on each member's share of each cost."""

from collections.abc import Sequence

from billing.apportionment.fields import Reading, Record
from billing.apportionment.known import Known
from billing.apportionment.problems import pointer_token
from billing.apportionment.terms import Bounds, Cost, Key, Limits, Rounding
from billing.money import Yen, format_yen

_BOUNDS = frozenset({"minimum_yen", "maximum_yen"})
_LIMITS = _BOUNDS | {"members"}


def read_limits(reading: Reading, entry: Record, known: Known, key: Key) -> Limits:
    """Read a key's limits; a host or a unit price leaves nothing to redistribute by the same key."""
    for other in ("host", "unit_price_decimals"):
        if getattr(key, other) is not None:
            message = "下限額・上限額は、所在地負担や単価方式と一緒には使えません。"
            reading.refuse(entry.at("limits"), "key-form", message)
    record = Record(reading, entry.raw("limits"), entry.at("limits"), _LIMITS)
    everybody = _read_bounds(reading, record)
    members = {}
    for code, value in reading.mapping(record.raw("members", {}), record.at("members")).items():
        pointer = f"{record.at('members')}/{pointer_token(code)}"
        if code not in known.members:
            known.refuse_member(reading, pointer, code)
        members[code] = _read_bounds(reading, Record(reading, value, pointer, _BOUNDS))
    return Limits(everybody, members)


def _read_bounds(reading: Reading, record: Record) -> Bounds:
    low, high = record.yen_or_none("minimum_yen"), record.yen_or_none("maximum_yen")
    if low is not None and high is not None and low > high:
        message = f"下限額{format_yen(low)}が上限額{format_yen(high)}を上回っています。"
        reading.refuse(record.pointer, "limits-crossed", message)
    return Bounds(None if low is None else Yen(low), None if high is None else Yen(high))


def check_limits(reading: Reading, keys: Sequence[Key], costs: Sequence[Cost], rounding: Rounding) -> None:
    """Refuse limits that rounding would break: on the total, not in units, or with all that is left for one member."""
    places = {key.id: index for index, key in enumerate(keys) if key.limits is not None}
    if places and rounding.stage == "total":
        message = "下限額・上限額は経費ごとに守るため、合計での端数処理(total)とは一緒に使えません。"
        for index in places.values():
            reading.refuse(f"/keys/{index}/limits", "rounding-stage", message)
        return
    told = set()
    for cost in costs:
        place = places.get(cost.charge.key or "")
        applied = cost.rounding or rounding
        unit = applied.unit_yen
        if place is None or (place, unit, applied.remainder) in told:
            continue
        told.add((place, unit, applied.remainder))
        if applied.remainder in {"largest_share", "named"}:
            message = "端数をまとめて1団体が負担する方法では上限額を守れません。端数の行き先を変えてください。"
            reading.refuse(f"/keys/{place}/limits", "limits-remainder", message)
        limits = keys[place].limits or Limits()
        for bounds in (limits.everybody, *limits.members.values()):
            if any(bound is not None and bound % unit for bound in (bounds.minimum_yen, bounds.maximum_yen)):
                message = f"下限額・上限額は、端数処理の単位{format_yen(unit)}の倍数にしてください。"
                reading.refuse(f"/keys/{place}/limits", "limit-not-in-units", message)
                break
