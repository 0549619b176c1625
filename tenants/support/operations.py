"""Writes of support: begin to look into a town's records, and stop; both stand in the trail of both."""

from datetime import datetime
from pathlib import Path

from tenants.access.operations import Origin, own_context_of, renew_token
from tenants.access.rules import SignedIn
from tenants.access.tables import Session
from tenants.audit.trail import Subject, record
from tenants.context import Role, TenantContext
from tenants.database.transaction import as_identity
from tenants.directory import queries as directory
from tenants.directory.rules import TenantKind
from tenants.errors import NotFound
from tenants.mail.operations import notify
from tenants.mail.queries import people_with_roles
from tenants.mail.rules import MailTemplate
from tenants.support.rules import DURATION, SupportInput
from tenants.support.tables import SupportAccess

_OPENED = MailTemplate(Path(__file__).parent / "templates" / "support" / "mail" / "opened.txt")


async def open_support(context: TenantContext, session_id: int, asked: SupportInput, now: datetime) -> str:
    """Will let this session look into a town's records for half an hour, and return the session's new token.

    The town's administrators are told at once. Raises NotFound for an organisation that is no town's.
    """
    town = await directory.tenant(asked.tenant_id)
    if town.kind is TenantKind.PREFECTURE:
        raise NotFound
    rows = await SupportAccess.insert(
        SupportAccess(
            tenant_id=town.id,
            person_id=context.person_id,
            person_name=context.person_name,
            role=asked.role.value,
            reason=asked.reason,
            opened_at=now,
            ends_at=now + DURATION,
            closed_at=None,
        )
    )
    access_id = int(rows[0]["id"])
    subject = Subject("support_access", access_id, town.name)
    after = {"role": asked.role.label, "reason": asked.reason, "ends_at": now + DURATION}
    await record(context, "open_support", subject, after=after, tenant_id=town.id)
    await notify(
        context,
        await people_with_roles(town.id, {Role.TOWN_ADMIN}, now.date()),
        _OPENED,
        {"person": context.person_name, "reason": asked.reason},
        "/outsiders",
        now,
        digest=False,
        tenant_id=town.id,
    )
    async with as_identity():
        await Session.update({Session.support_tenant_id: town.id, Session.support_access_id: access_id}).where(
            Session.id == session_id
        )
        return await renew_token(session_id)


async def close_support(signed_in: SignedIn, now: datetime, origin: Origin) -> str:
    """In the identity scope: will stop looking, and return the session's new token. Raises NotFound without access."""
    support = signed_in.support
    if support is None:
        raise NotFound
    await SupportAccess.update({SupportAccess.closed_at: now}).where(
        (SupportAccess.tenant_id == signed_in.tenant_id)
        & (SupportAccess.id == support.access_id)
        & (SupportAccess.closed_at.is_null())
    )
    await Session.update({Session.support_tenant_id: None, Session.support_access_id: None}).where(
        Session.id == signed_in.session_id
    )
    context = own_context_of(signed_in, origin)
    subject = Subject("support_access", support.access_id, signed_in.tenant_name)
    await record(context, "close_support", subject, tenant_id=signed_in.tenant_id)
    return await renew_token(signed_in.session_id)


async def record_view(context: TenantContext, tenant_id: int, path: str, title: str, *, export: bool) -> None:
    """Will note in both trails that the prefecture saw a page of the town, or took a list of it away as a file.

    The town reads the page's title and path; the prefecture the path alone, since a title may be a person's name.
    """
    # A page with a title was drawn, though its address asks for a file: too long a list is offered, not sent.
    mark = "(書き出し)" if export and not title else ""
    subject = Subject("page", path[:200], (f"{title}({path})" if title else path)[:200] + mark)
    await record(context, "support_view", subject, tenant_id=tenant_id, own_label=path[:200] + mark)
