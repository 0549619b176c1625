"""Reads of reviews: the list, one with its lines, what is still open."""

from datetime import date
from typing import Any

from tenants.context import Role
from tenants.database.engine import current_door
from tenants.errors import NotFound
from tenants.reviews.rules import Decision, ReviewLineView, ReviewView


async def is_going_on(tenant_id: int) -> bool:
    """Whether a review is open or being closed; there is one at a time."""
    rows = await current_door().execute(
        "SELECT EXISTS (SELECT FROM review WHERE tenant_id = $1 AND state <> 'closed') AS found", (tenant_id,)
    )
    return bool(rows[0]["found"])


async def review(tenant_id: int, review_id: int) -> ReviewView:
    """One review; raises NotFound."""
    rows = await current_door().execute("SELECT * FROM review WHERE tenant_id = $1 AND id = $2", (tenant_id, review_id))
    if not rows:
        raise NotFound
    return _review(rows[0])


async def lines(tenant_id: int, review_id: int) -> list[ReviewLineView]:
    """The review's lines by name."""
    rows = await current_door().execute(
        "SELECT * FROM review_line WHERE tenant_id = $1 AND review_id = $2 ORDER BY person_name, person_id, id",
        (tenant_id, review_id),
    )
    return [_line(row) for row in rows]


async def line(tenant_id: int, review_id: int, line_id: int) -> ReviewLineView:
    """One line of this review; raises NotFound."""
    rows = await current_door().execute(
        "SELECT * FROM review_line WHERE tenant_id = $1 AND review_id = $2 AND id = $3",
        (tenant_id, review_id, line_id),
    )
    if not rows:
        raise NotFound
    return _line(rows[0])


async def open_counts(tenant_id: int) -> list[tuple[int, str, date, int]]:
    """(id, title, deadline, undecided lines) of the review that is going on, if there is one."""
    rows = await current_door().execute(
        "SELECT r.id, r.title, r.deadline, (SELECT count(*) FROM review_line l WHERE l.tenant_id = r.tenant_id "
        "AND l.review_id = r.id AND l.decision = 'open') AS undecided "
        "FROM review r WHERE r.tenant_id = $1 AND r.state = 'open'",
        (tenant_id,),
    )
    return [(row["id"], row["title"], row["deadline"], row["undecided"]) for row in rows]


def _review(row: dict[str, Any]) -> ReviewView:
    return ReviewView(**{name: row[name] for name in ReviewView.__dataclass_fields__})


def _line(row: dict[str, Any]) -> ReviewLineView:
    values = {name: row[name] for name in ReviewLineView.__dataclass_fields__}
    return ReviewLineView(**{**values, "role": Role(row["role"]), "decision": Decision(row["decision"])})
