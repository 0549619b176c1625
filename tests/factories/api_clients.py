"""A program with a token on the application, in the same process."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tenants.api.rules import HINT_SIGNS, api_token_sha256, new_api_token, verb_labels
from tenants.api.tables import ApiToken
from tenants.context import Scope, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import Pool, open_door
from tests.factories.browsers import HOST


async def give_token(
    pool: Pool,
    context: TenantContext,
    verbs: Sequence[str] | None = None,
    *,
    name: str = "試験の連携",
    created_at: datetime | None = None,
    days: int = 90,
) -> str:
    """A live token of the context's person and role; with every verb unless given."""
    token, now = new_api_token(), created_at or datetime.now(UTC)
    async with open_door(pool, Scope.IDENTITY):
        rows = await current_door().execute(
            "SELECT id FROM membership WHERE tenant_id = $1 AND person_id = $2 AND role = $3",
            (context.tenant_id, context.person_id, context.role.value),
        )
        await ApiToken.insert(
            ApiToken(
                token_sha256=api_token_sha256(token),
                hint=token[:HINT_SIGNS],
                name=name,
                person_id=context.person_id,
                membership_tenant_id=context.tenant_id,
                membership_id=rows[0]["id"],
                verbs=list(verb_labels() if verbs is None else verbs),
                created_at=now,
                expires_at=now + timedelta(days=days),
                revoked_by="",
            )
        )
    return token


class Program:
    """A town's or the prefecture's program that speaks to the API."""

    def __init__(self, app: Any, token: str = "") -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url=f"{HOST}/api/v1", headers=headers
        )

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """Reads."""
        return await self.client.get(path, **options)

    async def post(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> httpx.Response:
        """Acts once, under a fresh Idempotency-Key unless given; an empty one is not sent."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"idempotency-key": uuid.uuid4().hex if key is None else key} if key != "" else {}
        return await self.client.post(path, json=body, headers=sent)

    async def put(self, path: str, body: Any, etag: str | None) -> httpx.Response:
        """Replaces the version ``etag``."""
        return await self.client.put(path, json=body, headers={} if etag is None else {"if-match": etag})

    async def delete(self, path: str, etag: str | None) -> httpx.Response:
        """Deletes the version ``etag``."""
        return await self.client.delete(path, headers={} if etag is None else {"if-match": etag})


@asynccontextmanager
async def new_program(app: Any, token: str = "") -> AsyncIterator[Program]:
    """A program with a connection of its own."""
    program = Program(app, token)
    async with program.client:
        yield program
