"""Reads of transfers: the batches, one with its lines, and the people a plan is made for."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tenants.database.engine import current_door
from tenants.errors import NotFound
from tenants.people import queries as people
from tenants.people.invitations import queries as invitations
from tenants.transfers.planning import Situation
from tenants.transfers.rules import Held, Kind, Present


@dataclass(frozen=True, slots=True)
class TransferView:
    """One batch."""

    id: int
    title: str
    effective_on: date
    state: str
    content_sha256: str
    line_count: int
    new_count: int
    change_count: int
    end_count: int
    same_count: int
    wrong_count: int
    fault: str
    made_by_name: str
    made_at: datetime
    applied_by_name: str
    applied_at: datetime | None
    handed_over_at: datetime | None
    undone_by_name: str
    undone_at: datetime | None
    undone_reason: str
    job_id: int | None
    version: int

    @property
    def doing_count(self) -> int:
        """How many lines change something."""
        return self.new_count + self.change_count + self.end_count

    @property
    def can_apply(self) -> bool:
        """Whether it waits for a person's word and nothing is wrong with it."""
        return self.state == "checked" and not self.wrong_count and not self.fault


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of a batch as it was checked, and what was done."""

    id: int
    number: int
    email: str
    name: str
    kind: Kind
    cells: dict[str, str]
    faults: dict[str, str]
    difference: str
    person_id: int | None
    successor_id: int | None
    done: dict[str, Any] | None
    handed_over: dict[str, int] | None


async def transfer(tenant_id: int, transfer_id: int) -> TransferView:
    """One batch; raises NotFound."""
    rows = await current_door().execute(
        "SELECT * FROM transfer WHERE tenant_id = $1 AND id = $2", (tenant_id, transfer_id)
    )
    if not rows:
        raise NotFound
    return _transfer(rows[0])


async def lines(tenant_id: int, transfer_id: int) -> list[LineView]:
    """The batch's lines in the order of the file."""
    rows = await current_door().execute(
        "SELECT * FROM transfer_line WHERE tenant_id = $1 AND transfer_id = $2 ORDER BY number",
        (tenant_id, transfer_id),
    )
    return [_line(row) for row in rows]


async def waiting(tenant_id: int) -> list[TransferView]:
    """Batches that were checked and neither applied nor thrown away, by day."""
    rows = await current_door().execute(
        "SELECT * FROM transfer WHERE tenant_id = $1 AND state = 'checked' ORDER BY effective_on, id", (tenant_id,)
    )
    return [_transfer(row) for row in rows]


async def present_people(tenant_id: int) -> list[Present]:
    """Everybody who has, had or will have a role here, by id."""
    held: defaultdict[int, list[Held]] = defaultdict(list)
    for line in await people.memberships(tenant_id):
        held[line.person_id].append(Held(line.id, line.role, line.standing, line.version, line.suspended_reason))
    names = await people.names_of(list(held))
    return [Present(person_id, *names[person_id], tuple(held[person_id])) for person_id in sorted(held)]


async def situation(tenant_id: int, effective: date, today: date) -> Situation:
    """What a plan for ``effective`` is made for."""
    return Situation(
        tenant_id,
        await present_people(tenant_id),
        await invitations.open_invitations(tenant_id),
        effective,
        today,
    )


def _transfer(row: dict[str, Any]) -> TransferView:
    return TransferView(**{name: row[name] for name in TransferView.__dataclass_fields__})


def _line(row: dict[str, Any]) -> LineView:
    values = {name: row[name] for name in LineView.__dataclass_fields__}
    for name in ("cells", "faults", "done", "handed_over"):
        values[name] = json.loads(values[name]) if isinstance(values[name], str) else values[name]
    return LineView(**{**values, "kind": Kind(row["kind"])})
