"""What a connection forgets after each transaction: everything of the session but the plans of our own statements."""

from typing import Any

from psycopg import AsyncConnection

FORGET = (
    "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); "
    "DISCARD TEMP; DISCARD SEQUENCES"
)
"""DISCARD ALL without DEALLOCATE ALL and DISCARD PLANS (PostgreSQL manual, DISCARD): plans hold our own statements and
no values, and the server plans anew where a policy depends on a role that changed. psycopg drops them at ROLLBACK."""


class ForgetfulConnection(AsyncConnection[dict[str, Any]]):
    """A pooled connection that knows whether it has anything to forget.

    The door sends COMMIT and what is to be forgotten in one message, as another round trip is a tenth of a page's
    time; whatever ends in another way is forgotten when the pool gets the connection back.
    """

    has_forgotten: bool = False

    async def forget(self) -> None:
        """Will forget unless that happened with the commit; called by the pool before anybody else gets it."""
        if not self.has_forgotten:
            await self.execute(FORGET)
        self.has_forgotten = False
