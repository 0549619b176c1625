"""Reads of drafts: only with the browser's own key, only for the person who typed them."""

from datetime import datetime

from tenants.access.drafts.rules import Draft, unpacked
from tenants.access.rules import SignedIn, token_sha256
from tenants.access.sealing import SealBrokenError, unseal
from tenants.context import Scope
from tenants.database.engine import current_door
from tenants.database.transaction import Pool, open_door

_FIND = """
SELECT d.id, d.page_path, d.ciphertext, d.membership_id
  FROM kept_draft d
  JOIN session s ON s.id = $4 AND s.person_id = d.person_id AND s.membership_id = d.membership_id
 WHERE d.token_sha256 = $1 AND d.person_id = $2 AND d.expires_at > $3
"""


async def draft_of(signed_in: SignedIn, token: str, secret_key: str, now: datetime) -> Draft | None:
    """In the identity scope: the draft behind the browser's key, if this person typed it in this role."""
    arguments = (token_sha256(token), signed_in.person_id, now, signed_in.session_id)
    rows = await current_door().execute(_FIND, arguments)
    if not rows:
        return None
    row = rows[0]
    belongs_to = belonging(signed_in.person_id, row["membership_id"], row["page_path"])
    try:
        action, fields = unpacked(unseal(secret_key + token, "draft", belongs_to, row["ciphertext"]))
    except SealBrokenError:  # the deployment's secret key was changed meanwhile: the draft is lost, nothing else
        return None
    return Draft(row["id"], action, row["page_path"], fields)


async def membership_of_draft(pool: Pool, token: str, now: datetime) -> int | None:
    """The membership a draft was typed in, so that signing in leads back to it. Opens a door of its own."""
    async with open_door(pool, Scope.IDENTITY, read_only=True) as door:
        rows = await door.execute(
            "SELECT membership_id FROM kept_draft WHERE token_sha256 = $1 AND expires_at > $2",
            (token_sha256(token), now),
        )
    return rows[0]["membership_id"] if rows else None


def belonging(person_id: int, membership_id: int, page_path: str) -> str:
    """What a sealed draft is bound to."""
    return f"{person_id}:{membership_id}:{page_path}"
