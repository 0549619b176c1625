"""The connection pool of a process: autocommit connections that keep nothing of a transaction on return but plans."""

from typing import Any

from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from tenants.database.forgetting import ForgetfulConnection
from tenants.database.transaction import Pool

STATEMENT_TIMEOUT_MS = 20_000
"""No page or job step needs longer for one statement; a runaway query must not hold a pool slot."""
IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
"""A transaction nobody drives any more is ended by the server."""


_PREPARED_FROM = 3
"""A statement that comes a third time on a connection is kept with its plan: finding a session costs a third then."""


class _TextLoader(Loader):
    """Leaves JSON as text, as Piccolo expects it from its engine."""

    format = Format.TEXT

    def load(self, data: Any) -> str:
        return bytes(data).decode()


class _WholeNumberLoader(Loader):
    """numeric → int; a fraction in a numeric column fails loudly (yen and sums of yen are whole)."""

    format = Format.TEXT

    def load(self, data: Any) -> int:
        return int(bytes(data))


async def _configure(connection: ForgetfulConnection) -> None:
    connection.prepare_threshold = _PREPARED_FROM
    connection.adapters.register_loader("json", _TextLoader)
    connection.adapters.register_loader("jsonb", _TextLoader)
    connection.adapters.register_loader("numeric", _WholeNumberLoader)


def create_pool(conninfo: str, size: int) -> Pool:
    """A pool of at most ``size`` connections as the application's login role; open it inside the event loop."""
    return AsyncConnectionPool(
        conninfo,
        connection_class=ForgetfulConnection,
        min_size=min(2, size),
        max_size=size,
        open=False,
        timeout=10,  # seconds a request waits for a slot before it answers that the system is busy
        kwargs={
            "autocommit": True,
            "row_factory": dict_row,
            "options": (
                f"-c statement_timeout={STATEMENT_TIMEOUT_MS} "
                f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS} "
                "-c TimeZone=Asia/Tokyo"
            ),
        },
        configure=_configure,
        reset=ForgetfulConnection.forget,
        check=None,  # the door finds a broken connection at its first statement and takes the next one
    )
