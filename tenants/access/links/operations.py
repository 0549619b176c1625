"""Writes of links: issue one for a person, use it to set the password."""

from datetime import datetime

from tenants.access.links.queries import live_link
from tenants.access.links.rules import LINK_LIFE, LinkView, Purpose
from tenants.access.operations import Origin, end_sessions
from tenants.access.password_rules import check_password
from tenants.access.passwords import hash_password
from tenants.access.rules import new_token, token_sha256
from tenants.access.tables import AccessLink, Person
from tenants.audit.trail import Subject, record
from tenants.context import Role, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import as_identity, rows_may_be_missing
from tenants.errors import NotFound

_ACTIONS = {Purpose.INVITATION: "issue_invitation_link", Purpose.RESET: "issue_reset_link"}


async def issue_link(context: TenantContext, person_id: int, purpose: Purpose, now: datetime) -> str:
    """Will give out a single-use link for the person and return its token (the path is ``/welcome/<token>``).

    Links issued before for the same person stop working. The caller has made sure that the person is one the
    tenant of ``context`` may administer; a person nobody knows is NotFound.
    """
    token = new_token()
    async with as_identity() as door:
        person = await Person.select(Person.name).where(Person.id == person_id).first()
        if person is None:
            raise NotFound
        async with rows_may_be_missing(door):
            await door.execute("DELETE FROM access_link WHERE person_id = $1 AND used_at IS NULL", (person_id,))
        await AccessLink.insert(
            AccessLink(
                token_sha256=token_sha256(token),
                person_id=person_id,
                issuing_tenant_id=context.tenant_id,
                issued_by_id=context.person_id,
                purpose=Purpose(purpose).value,
                issued_at=now,
                expires_at=now + LINK_LIFE,
                used_at=None,
            )
        )
    await record(
        context,
        _ACTIONS[Purpose(purpose)],
        Subject("person", person_id, person["name"]),
        after={"expires_at": now + LINK_LIFE},
    )
    return token


async def set_password_with(token: str, password: str, now: datetime, origin: Origin) -> LinkView:
    """In the identity scope: will set the person's password, use the link up and end every session of the person.

    Raises NotFound for a link that does not work (any more), Invalid for a password that breaks the rules.
    """
    link = await live_link(token, now)
    if link is None:
        raise NotFound
    check_password(password, email=link.email, name=link.person_name)
    # One of two at once wins: the other finds no unused link and is NotFound.
    await AccessLink.update({AccessLink.used_at: now}).where((AccessLink.id == link.id) & AccessLink.used_at.is_null())
    await Person.update({Person.password_hash: await hash_password(password)}).where(Person.id == link.person_id)
    await end_sessions(link.person_id)
    await record(_self(link, origin), "set_password_with_link", Subject("person", link.person_id, link.person_name))
    return link


async def forget_old_links(now: datetime) -> None:
    """In the identity scope: will delete links that can no longer be used; the trail keeps who issued and used them."""
    door = current_door()
    async with rows_may_be_missing(door):
        await door.execute("DELETE FROM access_link WHERE expires_at <= $1", (now,))


def _self(link: LinkView, origin: Origin) -> TenantContext:
    """The person themself, on the issuing tenant's behalf; no role is taken, so the smallest stands in the trail."""
    return TenantContext(
        link.issuing_tenant_id,
        "",
        link.issuing_tenant_name,
        Role.TOWN_STAFF,
        link.person_id,
        link.person_name,
        origin.request_id,
        origin.address,
    )
