"""Writes of appointments: invite a town's first administrator, with a reason that the town reads in its own trail."""

from datetime import datetime

from tenants.audit.trail import Subject, record
from tenants.context import Role, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import as_identity, rows_may_be_missing
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.people.appointments import queries
from tenants.people.invitations.operations import write_invitation
from tenants.people.invitations.rules import NewInvitation


class AdministeredAlready(Conflict):
    """The town has administrators of its own; they let further ones in."""

    def __init__(self) -> None:
        super().__init__(
            "administered-already",
            "この団体にはすでに管理者がいます。管理者を加えるのは、その団体の管理者が行います。",
        )


async def appoint(context: TenantContext, tenant_id: int, new: NewInvitation, now: datetime) -> int:
    """Will invite the town's first administrator and return the invitation's id; an open appointment is replaced.

    Raises NotFound for an unknown organisation, AdministeredAlready, Invalid without a reason.
    """
    if context.role is not Role.PREFECTURE_ADMIN:
        raise NotAllowed
    one = await queries.organisation(tenant_id, now.date())
    if one.administrators:
        raise AdministeredAlready
    if not new.reason:
        message = "理由を入力してください。"
        raise Invalid("required", message, {"reason": message})
    async with as_identity():
        door = current_door()
        async with rows_may_be_missing(door):
            await door.execute(
                "UPDATE invitation SET state = 'withdrawn', ended_at = $4 WHERE tenant_id = $1 AND state = 'open' "
                "AND (inviting_tenant_id = $2 OR email = $3)",
                (tenant_id, context.tenant_id, new.email, now),
            )
        invitation_id = await write_invitation(context, tenant_id, new, now)
    await record(
        context,
        "appoint_administrator",
        Subject("tenant", tenant_id, one.name),
        after={"email": new.email, "name": new.name, "reason": new.reason},
    )
    return invitation_id
