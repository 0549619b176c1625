"""Piccolo's engine on psycopg 3 that refuses to run a query outside a tenant transaction.

Piccolo ships no psycopg engine, and its own transaction keeps the pool slot when COMMIT fails. This one
owns no connection at all: every query goes through the door that is open in the present context.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NoReturn, cast

from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

if TYPE_CHECKING:
    from tenants.database.transaction import Door


class OutsideTheDoorError(RuntimeError):
    """A query, a nested transaction or a side way that would escape the tenant transaction."""


_open_door: ContextVar["Door | None"] = ContextVar("yui_open_door", default=None)


def current_door() -> "Door":
    """The door that is open here; raises OutsideTheDoorError when there is none."""
    door = _open_door.get()
    if door is None or door.closed:
        raise OutsideTheDoorError("a query needs an open tenant transaction")
    return door


def is_open() -> bool:
    """Whether a door is open here."""
    door = _open_door.get()
    return door is not None and not door.closed


@contextmanager
def entered(door: "Door") -> Iterator[None]:
    """Makes ``door`` the current one; refuses to stand inside another (a nested transaction is no savepoint)."""
    standing = _open_door.get()
    if standing is not None and not standing.closed:
        raise OutsideTheDoorError("a tenant transaction is already open here")
    token = _open_door.set(door)
    try:
        yield
    finally:
        try:
            _open_door.reset(token)
        except ValueError:  # closed from another context (a cancelled task): the door itself is marked closed
            _open_door.set(None)


class _NoNodes(Mapping[str, Any]):
    """Stands where Piccolo looks up read replicas, so that ``node=`` fails instead of leaving the transaction."""

    def __getitem__(self, key: str) -> NoReturn:
        raise OutsideTheDoorError("node= would leave the tenant transaction")

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class TenantEngine(PostgresEngine):
    """The one engine of all tables. It subclasses PostgresEngine only so that Piccolo's ``node=`` check meets it."""

    def __init__(self) -> None:
        self.engine_type = "postgres"
        self.min_version_number = 17
        self.log_queries = False
        self.log_responses = False
        self.query_id = 0
        self.pool = None
        self.config = {}
        self.extensions = ()
        self.extra_nodes = cast("Mapping[str, PostgresEngine]", _NoNodes())
        self.current_transaction = ContextVar("yui_piccolo_transaction", default=None)

    async def run_querystring(
        self,
        querystring: QueryString,
        in_pool: bool = True,  # noqa: ARG002, FBT001, FBT002  (Piccolo's signature)
    ) -> list[dict[str, Any]]:
        """Runs one query in the open door and returns its rows as dicts."""
        sql, arguments = querystring.compile_string(engine_type=self.engine_type)
        return await current_door().execute(sql, arguments)

    def transform_response_to_dicts(self, results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows are dicts already."""
        return list(results)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> NoReturn:  # noqa: ARG002, FBT001, FBT002
        """Refuses: structure changes only in migrations."""
        raise OutsideTheDoorError("DDL runs only in migrations")

    def transaction(self, allow_nested: bool = True) -> NoReturn:  # noqa: ARG002, FBT001, FBT002
        """Refuses: only the door opens and commits."""
        raise OutsideTheDoorError("only tenants.database.transaction opens a transaction")

    def atomic(self) -> NoReturn:
        """Refuses: only the door opens and commits."""
        raise OutsideTheDoorError("only tenants.database.transaction opens a transaction")

    async def batch(self, query: Any, batch_size: int = 100, node: str | None = None) -> NoReturn:  # noqa: ARG002
        """Refuses: Piccolo's batch opens a connection of its own."""
        raise OutsideTheDoorError("batch() would leave the tenant transaction")

    async def get_new_connection(self) -> NoReturn:
        """Refuses: connections come from the pool, through the door."""
        raise OutsideTheDoorError("connections come only through the door")

    async def start_connection_pool(self, **kwargs: Any) -> NoReturn:  # noqa: ARG002
        """Refuses: the pool is opened by ``tenants.database.pool``."""
        raise OutsideTheDoorError("the pool is opened by tenants.database.pool")

    async def close_connection_pool(self) -> NoReturn:
        """Refuses: the pool is closed by ``tenants.database.pool``."""
        raise OutsideTheDoorError("the pool is closed by tenants.database.pool")


ENGINE = TenantEngine()
"""The engine every table class carries."""
