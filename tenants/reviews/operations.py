"""Writes of reviews: open one, decide a line, stop what nobody decided, close it."""

from datetime import date, datetime

from tenants.access.rules import SessionLimits
from tenants.audit.trail import Subject, record
from tenants.context import Role, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.errors import Conflict, Invalid, NotFound
from tenants.jobs.operations import enqueue
from tenants.jobs.rules import Queue
from tenants.people import operations as people
from tenants.people import queries as people_queries
from tenants.people.rules import LastAdministrator
from tenants.reviews import queries
from tenants.reviews.rules import Decision, ReviewLineView, ReviewView, content_sha256

REPORT_JOB = "tenants.reviews.report"
_UNDECIDED = "棚卸しの期限までに判断されませんでした"
_INSERT_LINES = """
INSERT INTO review_line (tenant_id, review_id, membership_id, person_id, person_name, email, role, valid_from, valid_to,
                         last_sign_in_at, second_factor)
SELECT $1, $2, membership_id, person_id, person_name, email, role, valid_from, valid_to, last_sign_in_at, second_factor
  FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::date[], $9::date[],
              $10::timestamptz[], $11::boolean[])
    AS l (membership_id, person_id, person_name, email, role, valid_from, valid_to, last_sign_in_at, second_factor)
"""


class NotOpen(Conflict):
    """The review was closed meanwhile."""

    def __init__(self) -> None:
        super().__init__("review-closed", "この棚卸しはすでに終わっています。")


async def open_review(context: TenantContext, title: str, deadline: date, now: datetime, limits: SessionLimits) -> int:
    """Will open a review with a line for every role that has not ended, and return its id.

    Raises Invalid for a deadline before today, Conflict while another review is going on.
    """
    today = now.date()
    if deadline < today:
        message = "期限は、今日か、それより後の日にしてください。"
        raise Invalid("past-date", message, {"deadline": message})
    rows = await current_door().execute(
        "INSERT INTO review (tenant_id, title, as_of, deadline, opened_by_id, opened_by_name, opened_by_role, "
        "opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        (
            context.tenant_id,
            title,
            today,
            deadline,
            context.person_id,
            context.person_name,
            context.role.value,
            now,
        ),
    )
    review_id = int(rows[0]["id"])
    everybody = await people_queries.people(context.tenant_id, now, limits)
    held = [(one, line) for one in everybody for line in one.memberships if not line.standing.ended_on(today)]
    await current_door().execute(
        _INSERT_LINES,
        (
            context.tenant_id,
            review_id,
            [line.id for _, line in held],
            [one.id for one, _ in held],
            [one.name for one, _ in held],
            [one.email for one, _ in held],
            [line.role.value for _, line in held],
            [line.standing.valid_from for _, line in held],
            [line.standing.valid_to for _, line in held],
            [one.last_sign_in_at for one, _ in held],
            [one.second_factor for one, _ in held],
        ),
    )
    await record(
        context,
        "open_review",
        Subject("review", review_id, title),
        after={"deadline": deadline, "lines": len(held)},
    )
    return review_id


async def decide(
    context: TenantContext,
    review_id: int,
    line_id: int,
    decision: Decision,
    new_role: Role | None,
    note: str,
    now: datetime,
) -> None:
    """Will decide one role: keep it, change it from today, or make today its last day. What is decided takes effect.

    A line may be decided again while the review is open, unless the role was ended or changed by it. Raises NotFound,
    NotOpen, Conflict (decided-already), Invalid (same-role, role-taken), LastAdministrator.
    """
    await _lock_open(context, review_id)
    line = await queries.line(context.tenant_id, review_id, line_id)
    if line.decision in {Decision.CHANGE, Decision.REMOVE}:
        raise Conflict("decided-already", "この役割は、判断のとおりにすでに変えられています。")
    if decision is Decision.CHANGE and new_role is None:
        message = "変更後の役割を選んでください。"
        raise Invalid("required", message, {"new_role": message})
    await _take_effect(context, line, decision, new_role, now)
    changed = new_role.value if decision is Decision.CHANGE and new_role else ""
    await _note(context, line.id, decision, changed, note, now)
    await record(
        context,
        "decide_review_line",
        Subject("membership", line.membership_id, f"{line.person_name} {line.role.label}"),
        before={"decision": line.decision.value},
        after={"decision": decision.value, "new_role": changed, "note": note},
    )


async def _take_effect(
    context: TenantContext, line: ReviewLineView, decision: Decision, new_role: Role | None, now: datetime
) -> None:
    present = await people_queries.membership(context.tenant_id, line.membership_id)
    if decision is Decision.CHANGE and new_role is not None:
        await people.change_role(context, present.id, new_role, now.date(), present.version, now)
    elif decision is Decision.REMOVE and not present.standing.ended_on(now.date()):
        await people.end_role(context, present.id, present.version, now)
    elif decision is Decision.KEEP and line.decision is Decision.SUSPENDED:
        await people.resume_person(context, line.person_id, now)


async def stop_undecided(context: TenantContext, review_id: int, now: datetime) -> tuple[int, int]:
    """Will stop every role nobody decided by the deadline; answers (stopped, left because nobody else administers).

    Does nothing before the deadline is over, nor a second time.
    """
    one = await _lock(context, review_id)
    if one.state != "open" or one.swept_at is not None or now.date() <= one.deadline:
        return 0, 0
    stopped = left = 0
    for line in await queries.lines(context.tenant_id, review_id):
        if line.decision is not Decision.OPEN:
            continue
        if await _stop(context, line, now):
            stopped += 1
        else:
            left += 1
    await current_door().execute(
        "UPDATE review SET swept_at = $3, version = version + 1 WHERE tenant_id = $1 AND id = $2",
        (context.tenant_id, review_id, now),
    )
    await record(
        context,
        "stop_undecided",
        Subject("review", review_id, one.title),
        after={"stopped": stopped, "last_administrators": left},
    )
    return stopped, left


async def _stop(context: TenantContext, line: ReviewLineView, now: datetime) -> bool:
    present = await people_queries.membership(context.tenant_id, line.membership_id)
    if not present.standing.ended_on(now.date()):
        try:
            await people.suspend_lines(context, [present], _UNDECIDED, now)
        except LastAdministrator:
            return False
    await _note(context, line.id, Decision.SUSPENDED, "", "", now)
    return True


async def close_review(context: TenantContext, review_id: int, now: datetime) -> int:
    """Will close a review whose every line is decided and ask for its report; returns the job's id.

    Raises NotFound, NotOpen, Conflict (undecided-lines).
    """
    one = await _lock_open(context, review_id)
    lines = await queries.lines(context.tenant_id, review_id)
    undecided = sum(1 for line in lines if line.decision is Decision.OPEN)
    if undecided:
        raise Conflict("undecided-lines", f"まだ判断していない役割が{undecided}件あります。")
    job_id = await enqueue(
        context, REPORT_JOB, f"棚卸しの報告書: {one.title}", {"review_id": review_id}, queue=Queue.SLOW
    )
    sha256 = content_sha256(one, lines)
    await current_door().execute(
        "UPDATE review SET state = 'closing', closed_by_id = $3, closed_by_name = $4, closed_at = $5, "
        "content_sha256 = $6, job_id = $7, version = version + 1 WHERE tenant_id = $1 AND id = $2",
        (context.tenant_id, review_id, context.person_id, context.person_name, now, sha256, job_id),
    )
    await record(context, "close_review", Subject("review", review_id, one.title), after={"sha256": sha256})
    return job_id


async def keep_report(context: TenantContext, review_id: int, key: str, sha256: str, size: int) -> None:
    """Will note where the signed report lies; the review is closed with it."""
    await current_door().execute(
        "UPDATE review SET state = 'closed', paper_key = $3, paper_sha256 = $4, paper_bytes = $5, "
        "version = version + 1 WHERE tenant_id = $1 AND id = $2 AND state = 'closing'",
        (context.tenant_id, review_id, key, sha256, size),
    )
    await record(context, "keep_review_report", Subject("review", review_id), after={"sha256": sha256})


async def _note(
    context: TenantContext, line_id: int, decision: Decision, new_role: str, note: str, now: datetime
) -> None:
    door = current_door()
    async with rows_may_be_missing(door):
        rows = await door.execute(
            "UPDATE review_line SET decision = $3, new_role = $4, note = $5, decided_by_id = $6, decided_by_name = $7, "
            "decided_at = $8 WHERE tenant_id = $1 AND id = $2 RETURNING id",
            (
                context.tenant_id,
                line_id,
                decision.value,
                new_role,
                note,
                context.person_id,
                context.person_name if decision is not Decision.SUSPENDED else "自動",
                now,
            ),
        )
    if not rows:
        raise NotFound


async def _lock(context: TenantContext, review_id: int) -> ReviewView:
    await current_door().execute(
        "SELECT 1 FROM review WHERE tenant_id = $1 AND id = $2 FOR UPDATE", (context.tenant_id, review_id)
    )
    return await queries.review(context.tenant_id, review_id)


async def _lock_open(context: TenantContext, review_id: int) -> ReviewView:
    one = await _lock(context, review_id)
    if one.state != "open":
        raise NotOpen
    return one
