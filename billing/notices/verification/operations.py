"""Writes of marks: keep them when papers are issued, withdraw a run's; and the check itself, which counts attempts."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from billing.notices.verification import queries
from billing.notices.verification.rules import Answer, Checked, Mark, mark_sha256, typed_code, typed_number
from billing.notices.verification.tables import IssuedMark, MarkReplacement, MarkWithdrawal, RunSalt
from tenants.access.attempts.operations import count_attempt, forget_attempts
from tenants.access.attempts.rules import Kind
from tenants.audit.trail import Subject, record
from tenants.context import PREFECTURE_TENANT_ID, TenantContext

_SALT_BYTES = 32
"""As long as the hash it goes into."""


async def keep_salt(context: TenantContext, run_id: int, *_: object) -> None:
    """Will give a run that starts the salt of its papers; in the transaction that starts it, which is recorded."""
    salt = secrets.token_bytes(_SALT_BYTES)
    await RunSalt.insert(RunSalt(tenant_id=context.tenant_id, run_id=run_id, salt=salt))


async def keep_marks(
    tenant_id: int, run_id: int, marks: Iterable[Mark], file_sha256s: Iterable[str], now: datetime
) -> None:
    """Will keep what a member's papers can be checked with, in the transaction that issues them.

    ``file_sha256s`` are the hashes of their files in hexadecimal. The caller records the issue.
    """
    await IssuedMark.insert(
        *(IssuedMark(**one, issued_at=now) for one in _rows(tenant_id, run_id, marks, file_sha256s))
    )


async def replace_marks(
    tenant_id: int, run_id: int, marks: Iterable[Mark], file_sha256s: Iterable[str], now: datetime
) -> None:
    """Will have a member's earlier papers and files answered as replaced, by what the run issues.

    In the transaction that issues it; the caller records the issue.
    """
    rows = _rows(tenant_id, run_id, marks, file_sha256s)
    if rows:
        await MarkReplacement.insert(*(MarkReplacement(**one, replaced_at=now) for one in rows))


def _rows(tenant_id: int, run_id: int, marks: Iterable[Mark], file_sha256s: Iterable[str]) -> list[dict[str, Any]]:
    """One row for each printed mark and each file, without what is said of it."""
    hashes = [mark_sha256(one.number, one.amount_yen, one.code) for one in marks]
    hashes += [bytes.fromhex(one) for one in file_sha256s]
    same = {"tenant_id": tenant_id, "prefecture_id": PREFECTURE_TENANT_ID, "run_id": run_id}
    return [{**same, "mark_sha256": one} for one in hashes]


async def withdraw_marks(context: TenantContext, run_id: int, now: datetime) -> None:
    """Will have every paper of the run answered as withdrawn, in the transaction that withdraws the run."""
    await MarkWithdrawal.insert(MarkWithdrawal(tenant_id=context.tenant_id, run_id=run_id, withdrawn_at=now))
    await record(context, "withdraw_marks", Subject("run", run_id))


async def check_typed(number: str, amount_yen: int, code: str, now: datetime) -> Checked:
    """In the identity scope: will say whether a paper with this number, amount and code was issued.

    Counted by number and code: whoever tries many amounts soon waits, and only who has a paper can make its holder
    wait. A code has 100 bits, and is not guessed. A right one takes the count away.
    """
    key = f"{typed_number(number)}/{typed_code(code)}"
    return await _check(key, mark_sha256(number, amount_yen, code), now)


async def check_file(sha256: bytes, now: datetime) -> Checked:
    """In the identity scope: will say whether a file with this hash was issued."""
    return await _check(sha256.hex(), sha256, now)


async def _check(key: str, digest: bytes, now: datetime) -> Checked:
    allowed, _ = await count_attempt(Kind.PAPER, key, now)
    found = await queries.find_mark(digest)
    if not allowed:
        return Checked(Answer.WAIT)
    if found.answer is not Answer.UNKNOWN:
        await forget_attempts(Kind.PAPER, key)
    return found
