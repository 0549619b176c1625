"""Reads of readings: one posting, the series of a unit, the reading that counts for each member."""

from datetime import date
from typing import Any

from billing.bases.readings.rules import ReadingView, Series
from tenants.database.engine import current_door

_COLUMNS = "id, source, reference, member_id, quantity, unit, value, as_of, posted_by, posted_at"
_POSTED = f"SELECT {_COLUMNS}, body_sha256 FROM reading WHERE source = $1 AND reference = $2"  # noqa: S608  (our own columns)
_SERIES = """
SELECT quantity, unit, as_of, count(DISTINCT member_id) AS members
  FROM reading WHERE unit = $1
 GROUP BY quantity, unit, as_of
 ORDER BY quantity, as_of DESC
"""
_CURRENT = f"""
SELECT DISTINCT ON (member_id) {_COLUMNS}
  FROM reading WHERE unit = $1 AND quantity = $2 AND as_of = $3
 ORDER BY member_id, id DESC
"""  # noqa: S608  (our own columns)


async def posted(source: str, reference: str) -> tuple[ReadingView, str] | None:
    """What was posted under this source and reference, and the fingerprint of its content."""
    rows = await current_door().execute(_POSTED, (source, reference))
    return (_view(rows[0]), rows[0]["body_sha256"]) if rows else None


async def series(unit: str) -> list[Series]:
    """Every quantity and day measured in this unit, by name, newest day first."""
    return [Series(**row) for row in await current_door().execute(_SERIES, (unit,))]


async def current_readings(quantity: str, unit: str, as_of: date) -> dict[int, ReadingView]:
    """By member, the reading that counts: what was posted last corrects what was posted before."""
    rows = await current_door().execute(_CURRENT, (unit, quantity, as_of))
    return {row["member_id"]: _view(row) for row in rows}


async def readings() -> list[ReadingView]:
    """Every reading in the order of posting."""
    rows = await current_door().execute(f"SELECT {_COLUMNS} FROM reading ORDER BY id")  # noqa: S608  (our own columns)
    return [_view(row) for row in rows]


async def readings_by_id(ids: list[int]) -> dict[int, ReadingView]:
    """Those of the ids that exist."""
    rows = await current_door().execute(
        f"SELECT {_COLUMNS} FROM reading WHERE id = ANY($1)",  # noqa: S608  (our own columns)
        (ids,),
    )
    return {row["id"]: _view(row) for row in rows}


def _view(row: dict[str, Any]) -> ReadingView:
    return ReadingView(**{name: row[name] for name in ReadingView.__dataclass_fields__})
