"""Writes of drafts: keep one when the session has ended, put one back after signing in. They open their own doors."""

import hmac
from collections.abc import Mapping
from datetime import datetime

from tenants.access.drafts.filling import Filled, fill
from tenants.access.drafts.queries import belonging, draft_of
from tenants.access.drafts.rules import DRAFT_LIFE, LIST_PAGE, MOST_PER_PERSON, packed
from tenants.access.rules import SignedIn, new_token, token_sha256
from tenants.access.sealing import seal
from tenants.access.tables import KeptDraft
from tenants.context import Scope
from tenants.database.engine import current_door
from tenants.database.transaction import Pool, open_door, rows_may_be_missing

_ENDED_SESSION = """
SELECT s.person_id, s.membership_id, s.csrf_token
  FROM session s JOIN person p ON p.id = s.person_id AND p.disabled_at IS NULL
 WHERE s.token_sha256 = $1
"""
_OLDER = """
DELETE FROM kept_draft WHERE person_id = $1 AND (expires_at <= $2 OR id NOT IN
  (SELECT id FROM kept_draft WHERE person_id = $1 ORDER BY id DESC LIMIT $3))
"""


async def keep_draft(
    pool: Pool,
    secret_key: str,
    session_token: str,
    csrf_token: str,
    action: str,
    page_path: str,
    fields: Mapping[str, list[str]],
    now: datetime,
) -> str | None:
    """Will keep a form that came too late, and return the key for the browser; None when there is nothing to keep.

    Only for a browser that still holds the token of a session that timed out, and a form of that session: a signed-out
    or ended session is no longer there, and what a stranger's page sends is nobody's draft.
    """
    content = packed(action, fields)
    if content is None:
        return None
    async with open_door(pool, Scope.IDENTITY) as door:
        rows = await door.execute(_ENDED_SESSION, (token_sha256(session_token),))
        if not rows or not hmac.compare_digest(rows[0]["csrf_token"].encode(), csrf_token.encode()):
            return None
        person_id, membership_id, token = rows[0]["person_id"], rows[0]["membership_id"], new_token()
        await KeptDraft.insert(
            KeptDraft(
                token_sha256=token_sha256(token),
                person_id=person_id,
                membership_id=membership_id,
                page_path=page_path,
                ciphertext=seal(secret_key + token, "draft", belonging(person_id, membership_id, page_path), content),
                expires_at=now + DRAFT_LIFE,
            )
        )
        async with rows_may_be_missing(door):
            await door.execute(_OLDER, (person_id, now, MOST_PER_PERSON))
    return token


async def put_back(
    pool: Pool, secret_key: str, token: str, signed_in: SignedIn, path: str, html: str, now: datetime
) -> Filled | None:
    """Will put the person's draft into the page it was typed on, and forget it once everything has its place."""
    if path == LIST_PAGE:
        return None
    async with open_door(pool, Scope.IDENTITY, read_only=True):
        draft = await draft_of(signed_in, token, secret_key, now)
    if draft is None or draft.page_path != path:
        return None
    filled = fill(html, draft)
    if filled.complete:
        async with open_door(pool, Scope.IDENTITY) as door, rows_may_be_missing(door):
            await door.execute("DELETE FROM kept_draft WHERE id = $1", (draft.id,))
    return filled


async def forget_old_drafts(now: datetime) -> None:
    """In the identity scope: will delete the drafts nobody came back for."""
    door = current_door()
    async with rows_may_be_missing(door):
        await door.execute("DELETE FROM kept_draft WHERE expires_at <= $1", (now,))
