"""Writes of lists: keep a view under a name, forget it, ask for a large export."""

import hashlib
from datetime import datetime

from tenants.audit.trail import Subject, record
from tenants.context import Role, Scope, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.errors import Invalid, NotFound
from tenants.files.operations import store_file
from tenants.files.rules import EXPORT
from tenants.jobs.operations import enqueue
from tenants.jobs.rules import Queue
from tenants.lists import queries
from tenants.lists.exports import FORMATS, Exported
from tenants.lists.registry import registered
from tenants.lists.rules import ListSpec, says_something
from tenants.lists.tables import SavedView
from tenants.storage import Storage

EXPORT_JOB = "tenants.lists.export"
CHANGERS = frozenset(role for role in Role if role.scope in {Scope.PREFECTURE, Scope.TOWN})
"""Who may change a view after it was kept, and have large exports made; outsiders keep and forget views only."""
_MOST_VIEWS = 50
"""Per person and list; a longer menu helps nobody."""


def list_for(context: TenantContext, name: str) -> ListSpec:
    """The list of that name, if the person's role may read it; raises NotFound."""
    spec = registered(name)
    if spec is None or context.role not in spec.roles:
        raise NotFound
    return spec


async def save_view(
    context: TenantContext, spec: ListSpec, name: str, query: str, now: datetime, *, shared: bool
) -> int:
    """Will keep the conditions under a name and return the view's id. Raises Invalid for a name already used."""
    rows = await current_door().execute(
        "SELECT count(*) AS kept FROM saved_view WHERE tenant_id = $1 AND person_id = $2 AND list_name = $3",
        (context.tenant_id, context.person_id, spec.name),
    )
    if rows[0]["kept"] >= _MOST_VIEWS:
        message = f"保存できる条件は{_MOST_VIEWS}件までです。使わないものを削除してください。"
        raise Invalid("too-many-views", message, {"view_name": message})
    inserted = await SavedView.insert(
        SavedView(
            tenant_id=context.tenant_id,
            person_id=context.person_id,
            list_name=spec.name,
            name=name,
            query=query,
            shared=shared,
            created_at=now,
        )
    )
    return int(inserted[0]["id"])


async def change_view(
    context: TenantContext, spec: ListSpec, view: queries.SavedView, name: str, *, shared: bool, opens_first: bool
) -> None:
    """Will rename one of the person's own views, share it or not, and let it open the list or not.

    Raises NotFound, and Invalid for a name already used. A list opens with one view of a person at most,
    and with none that says nothing: its plain address shows the same.
    """
    opens_first = opens_first and says_something(spec, view.query)
    door = current_door()
    async with rows_may_be_missing(door):
        await door.execute(
            "UPDATE saved_view SET opens_first = false WHERE tenant_id = $1 AND person_id = $2 AND opens_first "
            "AND id <> $3 AND $4 "
            "AND list_name = (SELECT v.list_name FROM saved_view v WHERE v.tenant_id = $1 AND v.id = $3)",
            (context.tenant_id, context.person_id, view.id, opens_first),
        )
    await door.execute(
        "UPDATE saved_view SET name = $4, shared = $5, opens_first = $6 "
        "WHERE tenant_id = $1 AND id = $2 AND person_id = $3",
        (context.tenant_id, view.id, context.person_id, name, shared, opens_first),
    )


async def forget_view(context: TenantContext, view_id: int) -> str:
    """Will forget one of the person's own views and return the list's name. Raises NotFound."""
    rows = await current_door().execute(
        "DELETE FROM saved_view WHERE tenant_id = $1 AND id = $2 AND person_id = $3 RETURNING list_name",
        (context.tenant_id, view_id, context.person_id),
    )
    return str(rows[0]["list_name"])


async def ask_for_export(context: TenantContext, spec: ListSpec, query: str, kind: str) -> int:
    """Will ask for a large export as a job and return the job's id. Raises Invalid for an unknown format."""
    if kind not in FORMATS:
        raise Invalid(
            "unknown-format", "書き出しの形式を選んでください。", {"export": "書き出しの形式を選んでください。"}
        )
    job_id = await enqueue(
        context,
        EXPORT_JOB,
        f"{spec.caption}の書き出し({FORMATS[kind].label})",
        {"list": spec.name, "query": query, "format": kind},
        queue=Queue.SLOW,
    )
    after = {"query": query, "format": kind}
    await record(context, "ask_for_export", Subject("list", spec.name, spec.caption), after=after)
    return job_id


async def keep_export(
    context: TenantContext, storage: Storage, spec: ListSpec, made: Exported, job_id: int, now: datetime
) -> int:
    """Will store a finished export for its person, until it expires, and return the file's id.

    Raises OverQuota, StorageFailed.
    """
    parts = ("exports", str(job_id), made.file_name)
    file_id = await store_file(
        context, storage, parts, made.content, made.file_name, made.content_type, EXPORT, now, job_id=job_id
    )
    after = {"rows": made.rows, "sha256": hashlib.sha256(made.content).hexdigest()}
    await record(context, "export_list", Subject("list", spec.name, spec.caption), after=after)
    return file_id
