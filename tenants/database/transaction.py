"""The one door: BEGIN, the scope's role, the tenant; then COMMIT or nothing.

Nobody else begins or commits. The door gives back its connection on failed commits and cancellation, refuses to
commit a write that left no audit event, and turns the database's complaints into the four kinds of error.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import AsyncRawCursor
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from tenants.context import PREFECTURE_TENANT_ID, Scope
from tenants.database.complaints import translated
from tenants.database.engine import OutsideTheDoorError, current_door, entered
from tenants.database.forgetting import FORGET, ForgetfulConnection
from tenants.database.tables import DECLARED
from tenants.errors import NotFound

_WRITTEN_TABLE = re.compile(r'^\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?([a-z_]+)"?', re.IGNORECASE)
_HIDDEN_WRITE = re.compile(
    r"^\s*(?:MERGE|COPY|TRUNCATE|CALL|DO)\b|\bAS\s+(?:NOT\s+)?(?:MATERIALIZED\s+)?\(\s*(?:INSERT|UPDATE|DELETE|MERGE)\b",
    re.IGNORECASE,
)
"""Writes the server reports under another verb, so that the door could not see what they wrote."""
_MAX_PARAMETER_BITS = 63
"""Integers beyond a signed 64-bit column are refused before they reach the server."""

Pool = AsyncConnectionPool[ForgetfulConnection]


class UnrecordedWriteError(RuntimeError):
    """A transaction wrote to an audited table and recorded no audit event: nothing is written without a record."""


class CommitFailedError(RuntimeError):
    """COMMIT ended in a rollback; nothing was stored."""


@dataclass
class Door:
    """One open transaction of one tenant; queries of all Piccolo tables go through ``execute``."""

    connection: ForgetfulConnection
    scope: Scope
    tenant_id: int | None
    read_only: bool
    closed: bool = False
    audited_events: int = 0
    may_miss: bool = False
    written: set[str] = field(default_factory=set)
    sent_jobs: list[tuple[int, int, str]] = field(default_factory=list)
    """(tenant id, job id, queue) put into the outbox here; whoever opened the door sends them after the commit."""

    async def execute(self, sql: str, arguments: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Runs one statement with ``$1`` placeholders and returns its rows.

        Raises NotFound when an UPDATE or DELETE hits no row, Invalid for values no column can hold,
        Conflict for constraints (see ``complaints``).
        """
        if self.closed:
            raise OutsideTheDoorError("this tenant transaction has ended")
        if _writes_unseen(sql):
            raise UnrecordedWriteError("a write must stand alone: INSERT INTO, UPDATE or DELETE FROM")
        _refuse_inexact(arguments)
        cursor = AsyncRawCursor(self.connection, row_factory=dict_row)
        try:
            await cursor.execute(sql, arguments or None)
        except (psycopg.Error, UnicodeError) as error:
            raise translated(error) from error
        self._note(sql, cursor.statusmessage or "", cursor.rowcount)
        gives_rows = cursor.pgresult is not None and cursor.pgresult.nfields > 0
        return await cursor.fetchall() if gives_rows else []

    def _note(self, sql: str, status: str, rows: int) -> None:
        verb = status.split(" ", 1)[0]
        if verb not in {"INSERT", "UPDATE", "DELETE"}:
            return
        if rows == 0 and verb != "INSERT" and not self.may_miss:
            raise NotFound
        if rows == 0:
            return
        match = _WRITTEN_TABLE.match(sql)
        if match is None:
            raise UnrecordedWriteError("a writing statement must begin with INSERT INTO, UPDATE or DELETE FROM")
        table = match.group(1)
        self.written.add(table)
        if table == "audit_event":
            self.audited_events += rows

    async def enter_scope(self, scope: Scope, tenant_id: int) -> None:
        """Moves from the identity scope, which found out who asks, to the scope and tenant of that person."""
        if self.scope is not Scope.IDENTITY or self.tenant_id is not None:
            raise OutsideTheDoorError("only a transaction that is still finding out who asks may move on")
        await self.connection.execute(_entry(scope, tenant_id))
        self.scope, self.tenant_id = scope, tenant_id

    def check_recorded(self) -> None:
        """Raises UnrecordedWriteError when an audited table was written without an audit event."""
        audited = {name for name in self.written if name not in DECLARED or DECLARED[name][1].audited}
        if audited - {"audit_event"} and not self.audited_events:
            raise UnrecordedWriteError(f"no audit event for writes to {', '.join(sorted(audited))}")


@lru_cache(maxsize=4_096)
def _writes_unseen(sql: str) -> bool:
    """Whether the statement hides a write; asked once for each of the product's some thousand statements."""
    return _HIDDEN_WRITE.search(sql) is not None


def _refuse_inexact(arguments: Sequence[Any]) -> None:
    for value in arguments:
        if isinstance(value, list | tuple):
            _refuse_inexact(value)
        if isinstance(value, float | Decimal):
            raise TypeError("money and shares travel as integers and text; a float or Decimal reached the database")
        if isinstance(value, int) and value.bit_length() > _MAX_PARAMETER_BITS:
            raise translated(OverflowError("integer beyond 64 bits"))


def _entry(scope: Scope, tenant_id: int | None) -> str:
    """The statements that put a role and a tenant on the present transaction; both end with it."""
    statements = f"SET LOCAL ROLE {Scope(scope).value}"
    if tenant_id is not None:
        statements += f"; SET LOCAL app.tenant_id = '{int(tenant_id)}'"
    return statements


def _check_pair(scope: Scope, tenant_id: int | None) -> None:
    if scope in {Scope.IDENTITY, Scope.JOBS}:
        return
    if tenant_id is None or tenant_id <= 0:
        raise OutsideTheDoorError(f"the scope {scope} needs a tenant")
    if (scope is Scope.PREFECTURE) != (tenant_id == PREFECTURE_TENANT_ID):
        raise OutsideTheDoorError(f"the scope {scope} does not go with tenant {tenant_id}")


@asynccontextmanager
async def open_door(
    pool: Pool, scope: Scope, tenant_id: int | None = None, *, read_only: bool = False
) -> AsyncIterator[Door]:
    """Opens the tenant transaction; commits when the block ends well, rolls back when it raises."""
    _check_pair(scope, tenant_id)
    mode = "BEGIN READ ONLY" if read_only else "BEGIN"
    connection = await _begun(pool, f"{mode}; {_entry(scope, tenant_id)}")
    door = Door(connection, scope, tenant_id, read_only)
    try:
        with entered(door):
            yield door
        door.check_recorded()
        await _commit(connection)
    finally:
        door.closed = True
        await _go_home(pool, connection)


async def _begun(pool: Pool, beginning: str) -> ForgetfulConnection:
    """A connection whose transaction has begun.

    One that the server has closed meanwhile is given back as broken and the next is taken: nothing was asked of it
    yet, so beginning again is the same as beginning. This also is the pool's check, without a round trip of its own.
    """
    for attempt in range(pool.max_size + 1):  # after a restart of the server every pooled connection is broken
        connection = await pool.getconn()
        begun = False
        try:
            await connection.execute(beginning)
            begun = True
        except psycopg.OperationalError:
            if not connection.closed or attempt == pool.max_size:
                raise
        finally:
            if not begun:
                await _go_home(pool, connection)
        if begun:
            return connection
    raise RuntimeError("unreachable: the last attempt returns or raises")


async def _go_home(pool: Pool, connection: ForgetfulConnection) -> None:
    """Gives the connection back in a task of its own, so that a second cancellation cannot stop it on its way."""
    release = asyncio.ensure_future(_release(pool, connection))
    _releases.add(release)
    release.add_done_callback(_releases.discard)
    await asyncio.shield(release)


_releases: set[asyncio.Future[None]] = set()
"""Keeps running releases referenced until they end."""


async def _commit(connection: ForgetfulConnection) -> None:
    try:
        cursor = await connection.execute(f"COMMIT; {FORGET}")
    except psycopg.Error as error:
        raise translated(error) from error
    connection.has_forgotten = True
    if cursor.statusmessage != "COMMIT":  # an aborted transaction answers COMMIT with ROLLBACK and no error
        raise CommitFailedError("the transaction was rolled back at COMMIT")


async def _release(pool: Pool, connection: ForgetfulConnection) -> None:
    """Rolls back whatever is left and gives the connection back; a broken or busy one is closed first."""
    try:
        status = connection.info.transaction_status
        if status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}:
            await connection.execute("ROLLBACK")
        elif status is not TransactionStatus.IDLE:
            await connection.close()
    except psycopg.Error:
        await connection.close()
    finally:
        await pool.putconn(connection)


@asynccontextmanager
async def rows_may_be_missing(door: Door) -> AsyncIterator[None]:
    """For sweeps: an UPDATE or DELETE inside may hit no row without being NotFound."""
    before, door.may_miss = door.may_miss, True
    try:
        yield
    finally:
        door.may_miss = before


@asynccontextmanager
async def as_identity() -> AsyncIterator[Door]:
    """Steps aside into the identity scope for the statements of one operation, and back, in the same transaction.

    For administrators' work on people and their sessions, which belong to no tenant. Row-level security does not
    narrow anything inside: every statement names the tenant itself. A house test lists who may use it.
    """
    door = current_door()
    scope, tenant_id = door.scope, door.tenant_id
    if scope is Scope.IDENTITY:
        yield door
        return
    await door.connection.execute(f"SET LOCAL ROLE {Scope.IDENTITY.value}")
    door.scope = Scope.IDENTITY
    try:
        yield door
    finally:
        door.scope = scope
        # After a database error only a rollback is possible; the savepoint or the door brings the role back with it.
        if door.connection.info.transaction_status is TransactionStatus.INTRANS:
            await door.connection.execute(_entry(scope, tenant_id))


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """Takes back what the block did when it raises, so that the page can still read and show the form again.

    The answer that follows is a refusal, so the whole transaction is rolled back in any case.
    """
    door = current_door()
    if door.read_only:
        yield
        return
    await door.connection.execute("SAVEPOINT attempt")
    try:
        yield
    except Exception:
        await door.connection.execute("ROLLBACK TO SAVEPOINT attempt")
        raise
    await door.connection.execute("RELEASE SAVEPOINT attempt")
