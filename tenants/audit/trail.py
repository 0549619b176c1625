"""Records an act in the transaction that does it; the door refuses to commit a write without one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tenants.context import TenantContext
from tenants.database.engine import current_door

_SECRET_FIELDS = frozenset({"password", "password_hash", "csrf_token", "token_sha256", "totp_secret"})
"""Never written to the trail, whoever hands them over."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What was acted upon: its kind (the table's or slice's word), its id, and a label people recognise."""

    kind: str
    id: int | str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One of many acts of the same kind."""

    subject: Subject
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


_EVENTS_AT_ONCE = 1_000
"""Events of one statement: some hundred kilobytes, and a thousand round trips less."""


async def record(
    context: TenantContext,
    action: str,
    subject: Subject,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    tenant_id: int | None = None,
    own_label: str | None = None,
) -> None:
    """Will append one event to the trail of ``tenant_id`` (default: the tenant of the context).

    What is done to another tenant's records stands in the trails of both, in its own with the other's name
    and with ``own_label`` instead of the subject's, where that is given because it may name the other's people.
    ``action`` is the verb of the domain (``approve_run``); ``before`` and ``after`` hold only the fields that matter.
    """
    if tenant_id is None or tenant_id == context.tenant_id:
        await _append(context, action, subject, before, after, context.tenant_id, None)
        return
    await _append(context, action, subject, before, after, tenant_id, None)
    own = subject if own_label is None else replace(subject, label=own_label)
    await _append(context, action, own, before, after, context.tenant_id, tenant_id)


async def record_many(
    context: TenantContext, action: str, events: Sequence[Event], *, tenant_id: int | None = None
) -> None:
    """Will append many events as ``record`` appends one, in their order, without a round trip for each."""
    other = tenant_id is not None and tenant_id != context.tenant_id
    for start in range(0, len(events), _EVENTS_AT_ONCE):
        portion = events[start : start + _EVENTS_AT_ONCE]
        await _append_many(context, action, portion, tenant_id or context.tenant_id, None)
        if other:
            await _append_many(context, action, portion, context.tenant_id, tenant_id)


async def _append_many(
    context: TenantContext, action: str, events: Sequence[Event], tenant_id: int, about_tenant_id: int | None
) -> None:
    await current_door().execute(
        "INSERT INTO audit_event (tenant_id, acting_tenant_id, person_id, person_name, role, action, subject, "
        "subject_id, subject_label, before, after, request_id, address, via, about_tenant_id) "
        "SELECT $1, $2, $3, $4, $5, $6, e.subject, e.subject_id, e.label, e.before::jsonb, e.after::jsonb, $7, $8, $9, "
        "$10 FROM unnest($11::text[], $12::text[], $13::text[], $14::text[], $15::text[]) "
        "WITH ORDINALITY AS e (subject, subject_id, label, before, after, place) ORDER BY e.place",
        (
            tenant_id,
            context.tenant_id,
            context.person_id,
            context.person_name,
            context.role.value,
            action,
            context.request_id,
            context.address,
            context.via,
            about_tenant_id,
            [one.subject.kind for one in events],
            [str(one.subject.id) for one in events],
            [one.subject.label for one in events],
            [_json(one.before) for one in events],
            [_json(one.after) for one in events],
        ),
    )


async def _append(
    context: TenantContext,
    action: str,
    subject: Subject,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    tenant_id: int,
    about_tenant_id: int | None,
) -> None:
    await current_door().execute(
        "INSERT INTO audit_event (tenant_id, acting_tenant_id, person_id, person_name, role, action, subject, "
        "subject_id, subject_label, before, after, request_id, address, via, about_tenant_id) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11::jsonb, $12, $13, $14, $15)",
        (
            tenant_id,
            context.tenant_id,
            context.person_id,
            context.person_name,
            context.role.value,
            action,
            subject.kind,
            str(subject.id),
            subject.label,
            _json(before),
            _json(after),
            context.request_id,
            context.address,
            context.via,
            about_tenant_id,
        ),
    )


def _json(fields: Mapping[str, Any] | None) -> str | None:
    if fields is None:
        return None
    shown = {name: ("＊＊＊" if name in _SECRET_FIELDS else value) for name, value in fields.items()}
    return json.dumps(shown, ensure_ascii=False, default=str)
