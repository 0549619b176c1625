"""The API of the trail: what happened to this tenant's records, newest first."""

from datetime import date, datetime, timedelta
from typing import Any

from litestar import Request, Response
from msgspec import Struct

from tenants.api.answers import cursor_of, limit_of, page_answer
from tenants.api.fields import Id
from tenants.api.routes import Query, api_read
from tenants.api.rules import say_verbs
from tenants.audit.queries import Trace, Wanted, traces
from tenants.calendar import JST
from tenants.context import Role
from tenants.errors import Invalid
from tenants.web.form_data import check_text
from tenants.web.visit import visit

READERS = frozenset({Role.PREFECTURE_ADMIN, Role.TOWN_ADMIN})
say_verbs({"audit:read": "操作記録を見る"})


class Changed(Struct, frozen=True):
    """一つの項目の、前と後。"""

    field: str
    before: str
    after: str


class Event(Struct, frozen=True):
    """一つの操作。via は API のトークンの名前で、画面からの操作では空。"""

    id: Id
    occurred_at: datetime
    person_name: str
    role: str
    organisation_name: str
    action: str
    subject: str
    subject_id: str
    subject_label: str
    changes: list[Changed]
    address: str
    request_id: str
    via: str


@api_read(
    "/audit",
    roles=READERS,
    verb="audit:read",
    summary="操作記録",
    answers=Event,
    listed=True,
    queries=(
        Query("from", "この日から(2026-04-01 の形)", "2026-04-01"),
        Query("to", "この日まで(2026-04-01 の形)", "2027-03-31"),
        Query("person", "利用者の名前の一部", "財政"),
        Query("action", "操作の種類", "approve_run"),
    ),
)
async def trail(request: Request[Any, Any, Any]) -> Response[Any]:
    """One page of the trail."""
    query = request.query_params
    for name in ("person", "action"):
        check_text(query.get(name, ""))
    until = _day(query.get("to", ""), "to")
    wanted = Wanted(
        since=_day(query.get("from", ""), "from"),
        until=until + timedelta(days=1) if until else None,
        person=query.get("person", "").strip(),
        action=query.get("action", ""),
        before_id=cursor_of(request),
        limit=limit_of(request),
    )
    found = await traces(visit(request).context.tenant_id, wanted)
    shown = found[: wanted.limit]
    return page_answer(request, [_event(one) for one in shown], shown[-1].id if len(found) > wanted.limit else None)


def _day(text: str, name: str) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        message = "日付は 2026-04-01 の形で指定してください。"
        raise Invalid("bad-date", message, {f"?{name}": message}) from error
    if not 1900 <= day.year < 2200:  # noqa: PLR2004  (days a trail can have; the ends of the calendar fit no time zone)
        message = "日付は 1900-01-01 から 2199-12-31 までで指定してください。"
        raise Invalid("bad-date", message, {f"?{name}": message})
    return datetime(day.year, day.month, day.day, tzinfo=JST)


def _event(one: Trace) -> Event:
    values: dict[str, Any] = {
        name: getattr(one, name) for name in Event.__struct_fields__ if name not in {"changes", "organisation_name"}
    }
    changes = [Changed(field, before, after) for field, before, after in one.changes]
    return Event(**values, changes=changes, organisation_name=one.acting_tenant_name)


HANDLERS = (trail,)
