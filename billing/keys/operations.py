"""Writes of keys: set one up, change it, delete one that no cost uses."""

import json
from typing import Any

from billing.keys import queries
from billing.keys.rules import Definition, KeyInput, used_basis_ids
from billing.keys.tables import CostKey
from billing.programs import queries as programs
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.versions import lock_version
from tenants.errors import Conflict, Invalid


class KeyInUse(Conflict):
    """The key cannot go while costs are split by it."""

    def __init__(self, key_name: str, cost_names: list[str]) -> None:
        names = "".join(f"「{name}」" for name in cost_names)
        super().__init__(
            "key-in-use",
            f"按分方法「{key_name}」は経費{names}で使われているため、削除できません。"
            "先に経費の負担のしかたを変えてください。",
        )


async def create_key(context: TenantContext, program_id: int, key: KeyInput) -> int:
    """Will set up a key of the program and return its id. Raises NotFound, Invalid for a name used before."""
    await programs.program(program_id)
    await _hold_bases(program_id, key.definition)
    stored = CostKey(
        tenant_id=context.tenant_id, program_id=program_id, name=key.name, definition=_text(key.definition), version=1
    )
    rows = await CostKey.insert(stored)
    key_id = int(rows[0]["id"])
    await record(context, "create_key", Subject("cost_key", key_id, key.name), after=_facts(key.name, key.definition))
    return key_id


async def change_key(context: TenantContext, program_id: int, key_id: int, key: KeyInput, version: int) -> None:
    """Will change how a key splits; runs made before keep their frozen case. Raises NotFound, EditedMeanwhile."""
    before = await queries.key(program_id, key_id)
    await lock_version(CostKey, key_id, version)
    await _hold_bases(program_id, key.definition)
    values: dict[Any, Any] = {"name": key.name, "definition": _text(key.definition), "version": version + 1}
    await CostKey.update(values).where(CostKey.id == key_id)
    await record(
        context,
        "change_key",
        Subject("cost_key", key_id, key.name),
        before=_facts(before.name, before.definition),
        after=_facts(key.name, key.definition),
    )


async def delete_key(context: TenantContext, program_id: int, key_id: int, version: int) -> None:
    """Will delete a key. Raises NotFound, EditedMeanwhile, KeyInUse."""
    before = await queries.key(program_id, key_id)
    await lock_version(CostKey, key_id, version)
    if used_by := await queries.costs_using(program_id, key_id):
        raise KeyInUse(before.name, used_by)
    await CostKey.delete().where(CostKey.id == key_id)
    await record(
        context, "delete_key", Subject("cost_key", key_id, before.name), before=_facts(before.name, before.definition)
    )


async def _hold_bases(program_id: int, definition: Definition) -> None:
    """Keeps the bases of the definition until the end of the transaction: the JSON column has no foreign key."""
    wanted = used_basis_ids(definition)
    rows = await current_door().execute(
        "SELECT id FROM basis WHERE program_id = $1 AND id = ANY($2) ORDER BY id FOR SHARE",
        (program_id, sorted(wanted)),
    )
    if {row["id"] for row in rows} != wanted:
        message = "選んだ按分基準がなくなりました。選び直してください。"
        raise Invalid("unknown-basis", message)


def _facts(name: str, definition: Definition) -> dict[str, Any]:
    return {"name": name, "definition": definition}


def _text(definition: Definition) -> str:
    return json.dumps(definition, ensure_ascii=False)
