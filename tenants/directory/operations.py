"""Writes of the directory: found the cell, register an organisation, a union's members, an entitlement."""

from dataclasses import dataclass
from datetime import date

from tenants.audit.trail import Subject, record
from tenants.context import PREFECTURE_TENANT_ID, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import savepoint
from tenants.directory import queries
from tenants.directory.rules import TenantKind
from tenants.directory.tables import Entitlement, UnionMember
from tenants.errors import Conflict
from tenants.organisation_code import parse_code

_CHANGEABLE = ("name", "kana", "kind", "region", "active_from")


@dataclass(frozen=True, slots=True)
class NewTenant:
    """What is known of an organisation when it is registered."""

    code: str
    name: str
    kana: str
    kind: TenantKind
    region: str
    active_from: date


class TenantInUse(Conflict):
    """People, programs or records already name the organisation."""

    def __init__(self, name: str) -> None:
        super().__init__("tenant-in-use", f"{name}は、利用者や事業などですでに使われているため、削除できません。")


async def register_tenant(context: TenantContext, new: NewTenant) -> int:
    """Will register an organisation and return its number; the prefecture itself becomes tenant 1.

    Raises Invalid for a wrong check digit (bad-check-digit) or a code already registered (duplicate-code).
    """
    code = parse_code(new.code)
    columns = "tenant_id, code, name, kana, kind, region, active_from"
    values: list[object] = [PREFECTURE_TENANT_ID, code, new.name, new.kana, new.kind.value, new.region, new.active_from]
    if new.kind is TenantKind.PREFECTURE:
        columns += ", id"
        values.append(PREFECTURE_TENANT_ID)
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    rows = await current_door().execute(
        f"INSERT INTO tenant ({columns}) VALUES ({places}) RETURNING id",  # noqa: S608  (column names are ours)
        values,
    )
    tenant_id = int(rows[0]["id"])
    await record(
        context,
        "register_tenant",
        Subject("tenant", tenant_id, new.name),
        after={"code": code, "name": new.name, "kind": new.kind.value, "active_from": new.active_from},
    )
    return tenant_id


async def change_tenant(context: TenantContext, tenant_id: int, new: NewTenant) -> None:
    """Will change what is known of an organisation; its code stays. Raises NotFound, Invalid (bad-period)."""
    before = await queries.tenant(tenant_id)
    await current_door().execute(
        "UPDATE tenant SET name = $2, kana = $3, kind = $4, region = $5, active_from = $6 WHERE id = $1",
        (tenant_id, new.name, new.kana, new.kind.value, new.region, new.active_from),
    )
    await record(
        context,
        "change_tenant",
        Subject("tenant", tenant_id, new.name),
        before={name: getattr(before, name) for name in _CHANGEABLE},
        after={name: getattr(new, name) for name in _CHANGEABLE},
    )


async def remove_tenant(context: TenantContext, tenant_id: int) -> None:
    """Will remove an organisation nothing in the database names, as one registered by mistake.

    Raises NotFound, TenantInUse.
    """
    before = await queries.tenant(tenant_id)
    try:
        async with savepoint():
            await current_door().execute("DELETE FROM tenant WHERE id = $1", (tenant_id,))
    except Conflict as used:
        raise TenantInUse(before.name) from used
    await record(context, "remove_tenant", Subject("tenant", tenant_id, before.name), before={"code": before.code})


async def add_union_member(context: TenantContext, union_id: int, member_id: int) -> None:
    """Will note that a town belongs to a union (企業団・一部事務組合)."""
    await UnionMember.insert(UnionMember(tenant_id=PREFECTURE_TENANT_ID, union_id=union_id, member_id=member_id))
    await record(context, "add_union_member", Subject("tenant", union_id), after={"member_id": member_id})


async def entitle(context: TenantContext, tenant_id: int, module: str) -> None:
    """Will let a tenant use a module."""
    await Entitlement.insert(Entitlement(tenant_id=tenant_id, module=module))
    await record(context, "entitle", Subject("entitlement", module), after={"module": module}, tenant_id=tenant_id)
