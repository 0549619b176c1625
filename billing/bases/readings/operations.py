"""Writes of readings: post one (services and the API alike), adopt readings as the values of a basis."""

from collections.abc import Collection
from dataclasses import astuple
from datetime import date, datetime

from billing.bases import operations as bases
from billing.bases import queries as basis_queries
from billing.bases.readings import queries
from billing.bases.readings.rules import PostedOtherwise, ReadingInput, Superseded, check_reading, content_sha256
from billing.bases.rules import Origin
from billing.money import exact_text, parse_quantity
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.directory import queries as directory
from tenants.errors import Invalid

_POST = (
    "INSERT INTO reading (tenant_id, source, reference, member_id, quantity, unit, value, as_of, body_sha256, "
    "posted_by, posted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
    "ON CONFLICT ON CONSTRAINT reading_posted_once DO NOTHING RETURNING id"
)


async def post_reading(
    context: TenantContext,
    *,
    source: str,
    reference: str,
    member_id: int,
    quantity: str,
    unit: str,
    value: str,
    as_of: date,
    now: datetime,
) -> int:
    """Will keep what a service measured of a member (a tenant id), once per ``source`` and ``reference``.

    ``value`` is a decimal as text, at most 15 digits before and 10 after the point. Returns the reading's id, the same
    one when the same content is posted again. A later reading of the same quantity, unit and day counts instead of
    this one. Raises NotFound for an unknown member, Invalid by field, PostedOtherwise for other content.
    """
    await directory.tenant(member_id)
    try:
        exact = exact_text(parse_quantity(value, unit))
    except Invalid as wrong:
        raise Invalid(wrong.code, wrong.message, {"value": wrong.message}) from wrong
    reading = ReadingInput(member_id, quantity, unit, exact, as_of)
    check_reading(reading, source, reference)
    sha256 = content_sha256(reading)
    posted = (source, reference, *astuple(reading), sha256, context.person_name, now)
    rows = await current_door().execute(_POST, (context.tenant_id, *posted))
    if rows:
        reading_id = int(rows[0]["id"])
        after = {"source": source, "reference": reference, "member_id": member_id, "value": exact, "as_of": as_of}
        await record(context, "post_reading", Subject("reading", reading_id, f"{quantity}({unit})"), after=after)
        return reading_id
    before = await queries.posted(source, reference)
    if before is None:
        raise RuntimeError("a reading that was there is gone; readings are never deleted")
    known, known_sha256 = before
    if known_sha256 != sha256:
        raise PostedOtherwise(known)
    return known.id


async def adopt_readings(
    context: TenantContext,
    program_id: int,
    basis_id: int,
    reading_ids: Collection[int],
    version: int,
    now: datetime,
) -> int:
    """Will make the readings the values of their members; whoever adopts them has entered them.

    Returns how many changed. Raises NotFound, EditedMeanwhile, Invalid when none is chosen or one does not fit,
    Superseded when a later reading of the same quantity has come.
    """
    basis = await basis_queries.basis(program_id, basis_id)
    chosen = await queries.readings_by_id(list(reading_ids))
    if not chosen or len(chosen) != len(set(reading_ids)):
        raise Invalid("no-reading", "取り込む計測値を選んでください。", {"reading": "取り込む計測値を選んでください。"})
    members = {one.tenant_id: one for one in await basis_queries.member_values(program_id, basis_id)}
    one_each = len({one.member_id for one in chosen.values()}) == len(chosen)
    fitting = all(one.unit == basis.unit and one.member_id in members for one in chosen.values())
    if not one_each or not fitting:
        message = "この按分基準と単位の違う計測値、構成団体でない団体の計測値、同じ団体の二つの計測値は取り込めません。"
        raise Invalid("bad-reading", message, {"reading": message})
    late = []
    for quantity, as_of in sorted({(one.quantity, one.as_of) for one in chosen.values()}):
        current = await queries.current_readings(quantity, basis.unit, as_of)
        of_series = [one for one in chosen.values() if (one.quantity, one.as_of) == (quantity, as_of)]
        late += [members[one.member_id].name for one in of_series if current[one.member_id].id != one.id]
    if late:
        raise Superseded(late)
    return await bases.save_values(
        context,
        program_id,
        basis_id,
        {one.member_id: one.value for one in chosen.values()},
        version,
        now,
        {one.member_id: Origin(f"計測値({one.source})", one.as_of, one.id) for one in chosen.values()},
    )
