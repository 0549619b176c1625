"""Writes of the second factor: set up, confirm, give a code, renew recovery codes, take away, require by role.

Codes are counted like passwords and committed before they are looked at; what needs several transactions opens its
own doors. Everything else runs in the identity scope of the request.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import TypeVar

from tenants.access.attempts.operations import count_attempt, forget_attempts, record_lock
from tenants.access.attempts.rules import Kind
from tenants.access.operations import Origin, context_of, end_sessions, renew_token
from tenants.access.rules import SignedIn
from tenants.access.sealing import keyed_digest, seal
from tenants.audit.trail import Subject, record
from tenants.context import Role, Scope, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import Pool, open_door, rows_may_be_missing
from tenants.errors import Conflict, Invalid, NotFound
from tenants.second_factor.queries import SEALED_FOR, FactorView, factor_of, required_roles, required_somewhere
from tenants.second_factor.rules import is_code, matching_step, new_recovery_codes, new_secret, normalised
from tenants.second_factor.tables import FactorPolicy, SecondFactor

T = TypeVar("T")
_DIGEST = "recovery-code"


class CodeRefused(Invalid):
    """Wrong, used before, or too many attempts: one answer for all."""

    def __init__(self) -> None:
        message = "確認コードが正しくありません。新しいコードが表示されるまで待って、もう一度入力してください。"
        super().__init__("code-refused", message, {"code": message})


async def start(signed_in: SignedIn, secret_key: str, now: datetime, origin: Origin) -> None:
    """Will make a fresh secret for the person to put into an app; it counts only once ``confirm`` has seen a code.

    Raises Conflict when the person has a second factor already.
    """
    factor = await factor_of(signed_in.person_id, secret_key)
    if factor is not None and factor.confirmed_at is not None:
        raise Conflict("second-factor-exists", "2段階認証はすでに設定されています。")
    async with rows_may_be_missing(current_door()):
        await SecondFactor.delete().where(SecondFactor.person_id == signed_in.person_id)
    await SecondFactor.insert(
        SecondFactor(
            person_id=signed_in.person_id,
            sealed_secret=seal(secret_key, SEALED_FOR, str(signed_in.person_id), new_secret()),
            started_at=now,
            confirmed_at=None,
            last_step=0,
        )
    )
    await record(context_of(signed_in, origin), "start_second_factor", _person(signed_in))


async def start_in_own_door(pool: Pool, signed_in: SignedIn, secret_key: str, now: datetime, origin: Origin) -> None:
    """The same in a transaction of its own, for a page that compared the password in others before."""
    async with open_door(pool, Scope.IDENTITY):
        await start(signed_in, secret_key, now, origin)


async def confirm(
    pool: Pool, signed_in: SignedIn, code: str, secret_key: str, now: datetime, origin: Origin
) -> tuple[str, list[str]]:
    """Will make the second factor count after its first code; returns the session's new token and recovery codes.

    The codes are shown this once. The person's other sessions end. Opens doors of its own. Raises CodeRefused,
    NotFound without a set-up that waits.
    """

    async def deed() -> tuple[str, list[str]]:
        factor = await factor_of(signed_in.person_id, secret_key)
        if factor is None or factor.confirmed_at is not None:
            raise NotFound
        step = matching_step(factor.secret, code, now, factor.last_step)
        if step is None:
            raise CodeRefused
        await SecondFactor.update({SecondFactor.confirmed_at: now, SecondFactor.last_step: step}).where(
            (SecondFactor.person_id == signed_in.person_id) & SecondFactor.confirmed_at.is_null()
        )
        codes = await _new_codes(signed_in.person_id, secret_key)
        await end_sessions(signed_in.person_id, but=signed_in.session_id)
        await record(context_of(signed_in, origin), "confirm_second_factor", _person(signed_in))
        return await renew_token(signed_in.session_id, factor_passed_at=now), codes

    return await _counted(pool, signed_in, now, origin, deed)


async def prove(pool: Pool, signed_in: SignedIn, code: str, secret_key: str, now: datetime, origin: Origin) -> str:
    """Will take a code from the app or a recovery code, open the session in full, and return its new token.

    A code works once, also when it is sent twenty times at once. Opens doors of its own. Raises CodeRefused.
    """

    async def deed() -> str:
        how = await _use(signed_in.person_id, code, secret_key, now)
        await record(context_of(signed_in, origin), "pass_second_factor", _person(signed_in), after={"with": how})
        return await renew_token(signed_in.session_id, factor_passed_at=now)

    return await _counted(pool, signed_in, now, origin, deed)


async def renew_recovery_codes(
    pool: Pool, signed_in: SignedIn, code: str, secret_key: str, now: datetime, origin: Origin
) -> tuple[str, list[str]]:
    """Will replace all recovery codes, for a current code; returns the session's new token and the codes, once."""

    async def deed() -> tuple[str, list[str]]:
        await _use(signed_in.person_id, code, secret_key, now)
        codes = await _new_codes(signed_in.person_id, secret_key)
        await record(context_of(signed_in, origin), "renew_recovery_codes", _person(signed_in))
        return await renew_token(signed_in.session_id), codes

    return await _counted(pool, signed_in, now, origin, deed)


async def remove(pool: Pool, signed_in: SignedIn, code: str, secret_key: str, now: datetime, origin: Origin) -> str:
    """Will take the person's second factor away, for a current code; returns the session's new token.

    Raises Conflict while one of the person's roles requires it.
    """

    async def deed() -> str:
        if await required_somewhere(signed_in.person_id, now.date()):
            raise Conflict("second-factor-required", "所属の決まりで2段階認証が必須のため、解除できません。")
        await _use(signed_in.person_id, code, secret_key, now)
        await take_away(signed_in.person_id)
        await end_sessions(signed_in.person_id, but=signed_in.session_id)
        await record(context_of(signed_in, origin), "remove_second_factor", _person(signed_in))
        return await renew_token(signed_in.session_id)

    return await _counted(pool, signed_in, now, origin, deed)


async def take_away(person_id: int) -> None:
    """In the identity scope: will delete the person's second factor and recovery codes; the caller records why."""
    door = current_door()
    async with rows_may_be_missing(door):
        await door.execute("DELETE FROM recovery_code WHERE person_id = $1", (person_id,))
        await door.execute("DELETE FROM second_factor WHERE person_id = $1", (person_id,))


async def require_for(context: TenantContext, roles: Collection[Role]) -> None:
    """Will ask people in these roles of the context's tenant, and in no others, for the second factor.

    It counts with the next request of everybody: who has none enrols first.
    """
    before, wanted = await required_roles(context), frozenset(roles)
    if before == wanted:
        return
    for role in sorted(before - wanted):
        await FactorPolicy.delete().where((FactorPolicy.tenant_id == context.tenant_id) & (FactorPolicy.role == role))
    for role in sorted(wanted - before):
        await FactorPolicy.insert(FactorPolicy(tenant_id=context.tenant_id, role=role.value))
    await record(
        context,
        "require_second_factor",
        Subject("tenant", context.tenant_id, context.tenant_name),
        before={"roles": _labels(before)},
        after={"roles": _labels(wanted)},
    )


async def _counted(
    pool: Pool, signed_in: SignedIn, now: datetime, origin: Origin, deed: Callable[[], Awaitable[T]]
) -> T:
    """Counts and commits the attempt before its code is looked at; forgets the count when the deed succeeds."""
    key = str(signed_in.person_id)
    async with open_door(pool, Scope.IDENTITY):
        may_try, count = await count_attempt(Kind.SECOND_FACTOR, key, now)
    if not may_try:
        raise CodeRefused
    try:
        async with open_door(pool, Scope.IDENTITY):
            await forget_attempts(Kind.SECOND_FACTOR, key)
            return await deed()
    except CodeRefused:
        context = context_of(signed_in, origin)
        async with open_door(pool, Scope.IDENTITY):
            await record_lock(lambda _: context, [signed_in.tenant_id], _person(signed_in), count)
        raise


async def _use(person_id: int, code: str, secret_key: str, now: datetime) -> str:
    """Uses a code up and says what it was. Raises CodeRefused when it does not work (any more)."""
    factor = await factor_of(person_id, secret_key)
    if factor is None or factor.confirmed_at is None:
        raise NotFound
    if is_code(code):
        used = await _use_step(person_id, code, factor, now)
    else:
        used = await _use_recovery(person_id, code, secret_key, now)
    if not used:
        raise CodeRefused
    return "app" if is_code(code) else "recovery_code"


async def _use_step(person_id: int, code: str, factor: FactorView, now: datetime) -> bool:
    step = matching_step(factor.secret, code, now, factor.last_step)
    if step is None:
        return False
    # Of several at once one moves the last step on; the others wait for it, find nothing older, and are refused.
    return await _hits(
        "UPDATE second_factor SET last_step = $2 WHERE person_id = $1 AND last_step < $2 RETURNING id",
        (person_id, step),
    )


async def _use_recovery(person_id: int, code: str, secret_key: str, now: datetime) -> bool:
    return await _hits(
        "UPDATE recovery_code SET used_at = $3 WHERE person_id = $1 AND code_digest = $2 AND used_at IS NULL "
        "RETURNING id",
        (person_id, _digest(secret_key, person_id, code), now),
    )


async def _hits(sql: str, arguments: Sequence[object]) -> bool:
    door = current_door()
    async with rows_may_be_missing(door):
        return bool(await door.execute(sql, arguments))


async def _new_codes(person_id: int, secret_key: str) -> list[str]:
    door, codes = current_door(), new_recovery_codes()
    async with rows_may_be_missing(door):
        await door.execute("DELETE FROM recovery_code WHERE person_id = $1", (person_id,))
    for code in codes:
        await door.execute(
            "INSERT INTO recovery_code (person_id, code_digest) VALUES ($1, $2)",
            (person_id, _digest(secret_key, person_id, code)),
        )
    return codes


def _digest(secret_key: str, person_id: int, code: str) -> bytes:
    return keyed_digest(secret_key, _DIGEST, f"{person_id}:{normalised(code)}")


def _person(signed_in: SignedIn) -> Subject:
    return Subject("person", signed_in.person_id, signed_in.person_name)


def _labels(roles: Collection[Role]) -> list[str]:
    return [role.label for role in Role if role in roles]
