"""The read of marks, in the identity scope: by hash alone; and of a run's salt, in the prefecture's."""

from billing.notices.verification.rules import Answer, Checked
from tenants.database.engine import current_door

_FIND = """
SELECT m.issued_at, EXISTS (SELECT 1 FROM mark_withdrawal w WHERE w.run_id = m.run_id) AS withdrawn,
       EXISTS (SELECT 1 FROM mark_replacement p WHERE p.mark_sha256 = m.mark_sha256
                AND NOT EXISTS (SELECT 1 FROM mark_withdrawal w WHERE w.run_id = p.run_id)) AS replaced
  FROM issued_mark m WHERE m.mark_sha256 = $1 ORDER BY withdrawn, m.issued_at LIMIT 1
"""


async def find_mark(digest: bytes) -> Checked:
    """What is known of the hash; a paper issued again as it was counts as long as one of them stands.

    A run that is withdrawn replaces nothing any more.
    """
    rows = await current_door().execute(_FIND, (digest,))
    if not rows:
        return Checked(Answer.UNKNOWN)
    row = rows[0]
    answer = Answer.WITHDRAWN if row["withdrawn"] else Answer.REPLACED if row["replaced"] else Answer.ISSUED
    return Checked(answer, row["issued_at"])


async def salt_of(run_id: int) -> str:
    """The salt of the run's papers in hexadecimal; empty for a run from before there were salts."""
    rows = await current_door().execute("SELECT salt FROM run_salt WHERE run_id = $1", (run_id,))
    return bytes(rows[0]["salt"]).hex() if rows else ""
