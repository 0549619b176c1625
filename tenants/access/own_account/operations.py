"""Writes of one's own account: change the password, end sessions."""

from datetime import datetime

from tenants.access.operations import Origin, context_of, end_sessions, renew_token
from tenants.access.own_account.queries import email_of
from tenants.access.password_rules import check_password, normalise_password
from tenants.access.passwords import hash_password
from tenants.access.rules import SignedIn
from tenants.access.signing_in.operations import password_is_right
from tenants.access.tables import Person, Session
from tenants.audit.trail import Subject, record
from tenants.context import Scope
from tenants.database.transaction import Pool, open_door
from tenants.errors import Invalid


async def change_password(pool: Pool, signed_in: SignedIn, old: str, new: str, now: datetime, origin: Origin) -> str:
    """Will set the person's password, end every other session, and return this session's new token.

    Raises Invalid for a wrong old password (counted like signing in) or a new one that breaks the rules. Opens doors
    of its own.
    """
    async with open_door(pool, Scope.IDENTITY, read_only=True):
        email = await email_of(signed_in.person_id)
    check_password(new, email=email, name=signed_in.person_name, field="new_password")
    if normalise_password(old) == normalise_password(new):
        message = "いまと違うパスワードにしてください。"
        raise Invalid("same-password", message, {"new_password": message})
    if not await password_is_right(pool, signed_in, old, now, origin):
        message = "いまのパスワードが正しくありません。"
        raise Invalid("wrong-password", message, {"old_password": message})
    password_hash = await hash_password(new)
    async with open_door(pool, Scope.IDENTITY):
        await Person.update({Person.password_hash: password_hash}).where(Person.id == signed_in.person_id)
        await end_sessions(signed_in.person_id, but=signed_in.session_id)
        token = await renew_token(signed_in.session_id)
        await record(context_of(signed_in, origin), "change_password", _person(signed_in))
    return token


async def end_own_session(signed_in: SignedIn, session_id: int, origin: Origin) -> None:
    """In the identity scope: will end one of the person's own sessions; another person's is NotFound."""
    await Session.delete().where((Session.id == session_id) & (Session.person_id == signed_in.person_id))
    await record(context_of(signed_in, origin), "end_session", _person(signed_in))


async def end_all_sessions(signed_in: SignedIn, origin: Origin) -> None:
    """In the identity scope: will sign the person out everywhere, here too."""
    await end_sessions(signed_in.person_id)
    await record(context_of(signed_in, origin), "end_all_sessions", _person(signed_in))


def _person(signed_in: SignedIn) -> Subject:
    return Subject("person", signed_in.person_id, signed_in.person_name)
