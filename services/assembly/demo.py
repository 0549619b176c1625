"""Loads the demonstration: one program computed, approved and issued by the real worker, one waiting as a draft."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from billing.payments import operations as payments
from billing.runs import operations as runs
from billing.runs import queries as run_queries
from billing.statements.issuing import approve_and_issue
from services.assembly.broker import sender
from services.assembly.demo_world import (
    ACCOUNTS,
    PREFECTURE_NAME,
    UNION_CODE,
    UNION_NAME,
    Account,
    found_cell,
    municipalities,
    password_of,
    survey_program,
    training_program,
)
from services.assembly.modules import load_tables
from services.assembly.settings import Settings
from tenants.access.tables import Person
from tenants.calendar import JST
from tenants.context import PREFECTURE_TENANT_ID, Role, Scope, TenantContext
from tenants.database.engine import current_door
from tenants.database.pool import create_pool
from tenants.database.transaction import Pool, open_door
from tenants.jobs import outbox
from tenants.jobs.rules import State

_WAIT_SECONDS = 180
"""Forty-one statements take some twelve seconds on two processes; the rest is room for a slow machine."""
_PREPARER, _APPROVER = "finance-a@pref.example.jp", "finance-b@pref.example.jp"


class DemoFailed(RuntimeError):  # noqa: N818  (an outcome people read)
    """The worker did not finish the demonstration's calculation or papers."""


def load_demo(settings: Settings, log: Callable[[str], None]) -> list[dict[str, str]]:
    """Will put the sample data in unless they are there, and return the accounts."""
    load_tables()
    asyncio.run(_load(settings, log))
    return [line for account in ACCOUNTS for line in _lines(settings, account)]


async def _load(settings: Settings, log: Callable[[str], None]) -> None:
    pool = create_pool(settings.database_url, 2)
    await pool.open()
    try:
        if await _is_loaded(pool):
            log("見本のデータはすでに入っています")
            return
        now = datetime.now(JST)
        log("団体と利用者を登録しています")
        if not await _is_founded(pool):
            await found_cell(pool, settings.secret_key, now)
        log("事業・按分基準・経費・交付金を登録しています")
        preparer, approver = await _officer(pool, _PREPARER), await _officer(pool, _APPROVER)
        run_id = await _compute(pool, settings, preparer, approver)
        log("計算しました。別の担当者が承認し、41団体の負担金算定書を作っています")
        await _issue(pool, settings, preparer, approver, run_id)
        await _levy(pool, preparer, run_id)
    finally:
        await pool.close()


async def _is_founded(pool: Pool) -> bool:
    async with open_door(pool, Scope.IDENTITY, read_only=True):
        return await Person.exists().where(Person.email == ACCOUNTS[-1].email)


async def _is_loaded(pool: Pool) -> bool:
    async with open_door(pool, Scope.PREFECTURE, PREFECTURE_TENANT_ID, read_only=True):
        rows = await current_door().execute("SELECT 1 FROM run_paper WHERE kind = 'archive' LIMIT 1")
    return bool(rows)


async def _officer(pool: Pool, email: str) -> TenantContext:
    async with open_door(pool, Scope.IDENTITY, read_only=True):
        person = await Person.select().where(Person.email == email).first()
    if person is None:
        raise DemoFailed(f"no account {email}")
    return TenantContext(
        PREFECTURE_TENANT_ID,
        "280003",
        PREFECTURE_NAME,
        Role.PREFECTURE_FINANCE,
        person["id"],
        person["name"],
        "demo-set-up",
        "127.0.0.1",
    )


async def _compute(pool: Pool, settings: Settings, preparer: TenantContext, checker: TenantContext) -> int:
    now = datetime.now(JST)
    async with open_door(pool, Scope.PREFECTURE, PREFECTURE_TENANT_ID) as door:
        known = await current_door().execute("SELECT id FROM run ORDER BY id LIMIT 1")
        if known:
            run_id = int(known[0]["id"])
        else:
            rows = await current_door().execute("SELECT code, id FROM tenant")
            numbers = {row["code"]: row["id"] for row in rows}
            program_id = await survey_program(preparer, checker, numbers, now)
            await training_program(preparer, numbers, now)
            run_id = await runs.start_run(preparer, program_id, "notice", now)
    await outbox.send_now(pool, sender(settings.broker_url), door.sent_jobs, now)
    await _wait(pool, run_id, {"computed", "submitted", "approved"})
    return run_id


async def _issue(pool: Pool, settings: Settings, preparer: TenantContext, approver: TenantContext, run_id: int) -> None:
    now = datetime.now(JST)
    async with open_door(pool, Scope.PREFECTURE, PREFECTURE_TENANT_ID) as door:
        run = await run_queries.run(run_id)
        if run.state == "computed":
            await runs.submit_run(preparer, run_id, now)
        if run.state != "approved":
            await approve_and_issue(approver, run_id, now)
    await outbox.send_now(pool, sender(settings.broker_url), door.sent_jobs, now)
    await _wait(pool, run_id, {"issued"})


async def _levy(pool: Pool, officer: TenantContext, run_id: int) -> None:
    """Charges both instalments, from the statements; the notices are still being made meanwhile."""
    now = datetime.now(JST)
    async with open_door(pool, Scope.PREFECTURE, PREFECTURE_TENANT_ID):
        run = await run_queries.run(run_id)
        await payments.levy_program(officer, run.program_id, now.date(), "見本-1", now)


async def _wait(pool: Pool, run_id: int, wanted: set[str]) -> None:
    """Until the run is in a wanted state; ``issued`` means that its papers' job is done."""
    for _ in range(_WAIT_SECONDS * 4):
        async with open_door(pool, Scope.PREFECTURE, PREFECTURE_TENANT_ID, read_only=True):
            rows = await current_door().execute(
                "SELECT r.state, j.state AS papers FROM run r LEFT JOIN job j ON j.tenant_id = r.tenant_id "
                "AND j.id = r.issue_job_id WHERE r.id = $1",
                (run_id,),
            )
        state = "issued" if rows[0]["papers"] == State.DONE.value else rows[0]["state"]
        if state in wanted:
            return
        if state == "refused" or rows[0]["papers"] == State.PARKED.value:
            raise DemoFailed("見本の計算または書類作成を終えられませんでした")
        await asyncio.sleep(0.25)
    raise DemoFailed("見本の計算または書類作成が時間内に終わりませんでした")


def _lines(settings: Settings, account: Account) -> list[dict[str, str]]:
    names = {one.code: one.name for one in municipalities()} | {"280003": PREFECTURE_NAME, UNION_CODE: UNION_NAME}
    return [
        {
            "role": role.value,
            "email": account.email,
            "password": password_of(settings.secret_key, account.email),
            "tenant_code": code,
            "tenant_name": names[code],
        }
        for code, role in account.roles
    ]
