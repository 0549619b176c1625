"""Reads of imports: one batch of a kind the person may import, those that wait, remembered columns."""

import json
from typing import Any

from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.errors import NotFound
from tenants.imports.rules import BatchView, Counts, State, kinds_for

_ONE = "SELECT * FROM import_batch WHERE tenant_id = $1 AND id = $2 AND kind = ANY($3)"
_ONE_LOCKED = f"{_ONE} FOR UPDATE"


async def batch(context: TenantContext, import_id: int, *, locked: bool = False) -> BatchView:
    """One import of the tenant, if the person's role may import its kind; raises NotFound."""
    rows = await current_door().execute(
        _ONE_LOCKED if locked else _ONE,
        (context.tenant_id, import_id, kind_names(context)),
    )
    if not rows:
        raise NotFound
    return _view(rows[0])


async def waiting(context: TenantContext) -> list[BatchView]:
    """The person's imports that wait for their word, oldest first."""
    rows = await current_door().execute(
        "SELECT * FROM import_batch WHERE tenant_id = $1 AND person_id = $2 AND state IN ('matching', 'checked') "
        "AND kind = ANY($3) ORDER BY id",
        (context.tenant_id, context.person_id, kind_names(context)),
    )
    return [_view(row) for row in rows]


async def remembered_mapping(context: TenantContext, kind: str, heading_sha256: str) -> dict[str, int]:
    """What a person said the last time about the same headings; nothing when nobody did."""
    rows = await current_door().execute(
        "SELECT mapping FROM import_mapping WHERE tenant_id = $1 AND kind = $2 AND heading_sha256 = $3",
        (context.tenant_id, kind, heading_sha256),
    )
    return dict(_plain(rows[0]["mapping"])) if rows else {}


def kind_names(context: TenantContext) -> list[str]:
    """The kinds whose imports this person may see."""
    return [one.name for one in kinds_for(context.role)]


def _view(row: dict[str, Any]) -> BatchView:
    plain = (
        "id kind target title person_id person_name message file_name format encoding sheet heading_number job_id "
        "version created_at applied_at undone_at checked_sha256 source_file_id table_file_id preview_file_id "
        "returned_file_id applied_file_id"
    )
    return BatchView(
        state=State(row["state"]),
        remarks=tuple(_plain(row["remarks"])),
        notes=tuple(_plain(row["notes"])),
        mapping=_plain(row["mapping"]),
        counts=Counts(
            row["row_count"],
            row["above_count"],
            row["heading_count"],
            row["new_count"],
            row["change_count"],
            row["same_count"],
            row["skipped_count"],
            row["wrong_count"],
        ),
        **{name: row[name] for name in plain.split()},
    )


def _plain(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
