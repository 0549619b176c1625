"""What people ask of administrators this week: a second administrator, invitations that ran out, towns without one."""

from collections.abc import Sequence
from datetime import date, datetime, time

from tenants.access.queries import membership_holds
from tenants.calendar import JST
from tenants.context import Role, TenantContext
from tenants.database.transaction import as_identity
from tenants.people.appointments import queries as appointments
from tenants.people.invitations import queries as invitations
from tenants.people.rules import ADMINISTRATING, ADMINISTRATORS_WANTED, administrator_role
from tenants.web.modules import Task


async def people_tasks(context: TenantContext, today: date) -> Sequence[Task]:
    """Tasks of the organisation's administrators."""
    if context.role not in ADMINISTRATING:
        return []
    tasks = []
    administrators = await administrator_count(context.tenant_id, today)
    if administrators < ADMINISTRATORS_WANTED:
        tasks.append(
            Task(
                None,
                "管理者をもう一人決める",
                f"いまの管理者は{administrators}人です。急な不在に備え、2人以上にしてください。",
                "/people",
                "利用者を見る",
            )
        )
    expired = await invitations.expired_count(context.tenant_id, datetime.combine(today, time.max, JST), today)
    if expired:
        tasks.append(
            Task(
                None,
                f"期限の切れた招待 {expired}件",
                "発行し直すか、取り下げます。",
                "/people/invitations",
                "招待を見る",
            )
        )
    if context.role is Role.PREFECTURE_ADMIN:
        tasks.extend(await _towns_without(today))
    return tasks


async def administrator_count(tenant_id: int, today: date) -> int:
    """How many people can administer the organisation today."""
    async with as_identity() as door:
        rows = await door.execute(
            "SELECT count(DISTINCT m.person_id) AS people FROM membership m "  # noqa: S608  (our own condition)
            "JOIN person p ON p.id = m.person_id AND p.disabled_at IS NULL "
            f"WHERE m.tenant_id = $1 AND m.role = $2 AND {membership_holds('m', '$3')}",
            (tenant_id, administrator_role(tenant_id).value, today),
        )
    return int(rows[0]["people"])


async def _towns_without(today: date) -> list[Task]:
    empty = [
        one for one in await appointments.organisations(today) if not one.administrators and one.invitation_id is None
    ]
    if not empty:
        return []
    names = "、".join(one.name for one in empty[:3]) + (" ほか" if len(empty) > 3 else "")  # noqa: PLR2004  (fits a line)
    return [Task(None, f"管理者のいない団体 {len(empty)}件", names, "/people/organisations", "任命する")]
