"""Writes of bases: define one, change it, fill in the members' values, delete what no key uses."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from billing.bases import queries
from billing.bases.rules import EQUAL_NAME, BasisInput, BasisView, Origin, ValueView
from billing.bases.tables import Basis, BasisValue
from billing.programs import queries as programs
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.database.versions import lock_version
from tenants.errors import Conflict, Invalid


class BasisInUse(Conflict):
    """The basis cannot go while keys split by it or tariffs read it; ``uses`` are said in words."""

    def __init__(self, basis_name: str, uses: list[str]) -> None:
        super().__init__(
            "basis-in-use",
            f"按分基準「{basis_name}」は{'、'.join(uses)}で使われているため、削除できません。先にそちらを変えてください。",
        )


async def create_basis(context: TenantContext, program_id: int, basis: BasisInput) -> int:
    """Will define a basis of the program and return its id. Raises NotFound, Invalid for a name used before."""
    await programs.program(program_id)
    _check_name(basis)
    rows = await Basis.insert(Basis(tenant_id=context.tenant_id, program_id=program_id, version=1, **asdict(basis)))
    basis_id = int(rows[0]["id"])
    await record(context, "create_basis", Subject("basis", basis_id, basis.name), after=asdict(basis))
    return basis_id


async def change_basis(context: TenantContext, program_id: int, basis_id: int, basis: BasisInput, version: int) -> None:
    """Will change what a basis is called and where it comes from; values stay, checks against another source do not.

    Raises NotFound, EditedMeanwhile.
    """
    before = await queries.basis(program_id, basis_id)
    await lock_version(Basis, basis_id, version)
    _check_name(basis)
    values: dict[Any, Any] = {**asdict(basis), "version": version + 1}
    await Basis.update(values).where(Basis.id == basis_id)
    # Whoever checked compared the values with the source that was named before.
    compared_otherwise = (before.unit, before.as_of, before.source) != (basis.unit, basis.as_of, basis.source)
    dropped = await _drop_checks(basis_id) if compared_otherwise else 0
    await record(
        context,
        "change_basis",
        Subject("basis", basis_id, basis.name),
        before=_definition(before),
        after=asdict(basis) | ({"checks_dropped": dropped} if dropped else {}),
    )


async def delete_basis(context: TenantContext, program_id: int, basis_id: int, version: int) -> None:
    """Will delete a basis with its values. Raises NotFound, EditedMeanwhile, BasisInUse."""
    before = await queries.basis(program_id, basis_id)
    await lock_version(Basis, basis_id, version)
    if uses := await queries.uses_of(program_id, basis_id):
        raise BasisInUse(before.name, uses)
    values = await queries.member_values(program_id, basis_id)
    await Basis.delete().where(Basis.id == basis_id)
    await record(
        context,
        "delete_basis",
        Subject("basis", basis_id, before.name),
        before={**_definition(before), "values": {_label(one): one.value for one in values if one.value is not None}},
    )


async def save_values(
    context: TenantContext,
    program_id: int,
    basis_id: int,
    values: Mapping[int, str | None],
    version: int,
    now: datetime,
    origins: Mapping[int, Origin] | None = None,
) -> int:
    """Will make ``values`` (by organisation; exact text, None for no value) the members' values of the basis.

    ``origins`` say where single values come from. Members that are not named keep theirs, and so does who entered a
    value that does not change; what changes must be checked anew. Returns how many changed. Raises NotFound,
    EditedMeanwhile, Invalid for an organisation that is no member.
    """
    basis = await queries.basis(program_id, basis_id)
    await lock_version(Basis, basis_id, version)
    members = {one.tenant_id: one for one in await queries.member_values(program_id, basis_id)}
    if not values.keys() <= members.keys():
        raise Invalid("unknown-member", "構成団体ではない団体の値が含まれています。")
    origins = origins or {}
    changed = {
        tenant_id: new for tenant_id, new in values.items() if _differs(members[tenant_id], new, origins.get(tenant_id))
    }
    if not changed:
        return 0
    replaced = [tenant_id for tenant_id in changed if members[tenant_id].value is not None]
    entered = {tenant_id: new for tenant_id, new in changed.items() if new is not None}
    await _replace(context, basis_id, replaced, entered, origins, now)
    await Basis.update({Basis.version: version + 1}).where(Basis.id == basis_id)
    await record(
        context,
        "save_basis_values",
        Subject("basis", basis_id, basis.name),
        before={_label(members[tenant_id]): members[tenant_id].value for tenant_id in changed},
        after={_label(members[tenant_id]): new for tenant_id, new in changed.items()},
    )
    return len(changed)


async def _drop_checks(basis_id: int) -> int:
    door = current_door()
    async with rows_may_be_missing(door):
        return len(
            await door.execute(
                "DELETE FROM basis_check WHERE basis_value_id IN (SELECT id FROM basis_value WHERE basis_id = $1) "
                "RETURNING id",
                (basis_id,),
            )
        )


def _check_name(basis: BasisInput) -> None:
    """The built-in basis keeps its name for itself, so that a key's words stay unambiguous."""
    if basis.name == EQUAL_NAME:
        message = f"「{EQUAL_NAME}」は最初から用意されています。別の名前を付けてください。"
        raise Invalid("duplicate-name", message, {"name": message})


async def _replace(
    context: TenantContext,
    basis_id: int,
    replaced: Collection[int],
    entered: Mapping[int, str],
    origins: Mapping[int, Origin],
    now: datetime,
) -> None:
    """New rows for what changed: what was said about the old row (check, reason) goes with it."""
    if replaced:
        await current_door().execute(
            "DELETE FROM basis_value WHERE basis_id = $1 AND member_id = ANY($2)", (basis_id, list(replaced))
        )
    rows = [
        BasisValue(
            tenant_id=context.tenant_id,
            basis_id=basis_id,
            member_id=tenant_id,
            value=new,
            entered_by_id=context.person_id,
            entered_by=context.person_name,
            entered_at=now,
            **asdict(origins.get(tenant_id, Origin())),
        )
        for tenant_id, new in entered.items()
    ]
    if rows:
        await BasisValue.insert(*rows)


async def locked_basis(program_id: int, basis_id: int, version: int) -> BasisView:
    """The basis as its reader saw it, locked until the transaction ends, so that no value changes meanwhile.

    Raises NotFound, EditedMeanwhile.
    """
    basis = await queries.basis(program_id, basis_id)
    await lock_version(Basis, basis_id, version)
    return basis


def _differs(member: ValueView, new: str | None, origin: Origin | None) -> bool:
    """A value typed again says nothing new about where it comes from; one that brings its origin does."""
    return member.value != new or (new is not None and origin is not None and origin != member.origin)


def _definition(basis: BasisView) -> dict[str, Any]:
    return {name: getattr(basis, name) for name in BasisInput.__dataclass_fields__}


def _label(one: ValueView) -> str:
    return f"{one.code} {one.name}"
