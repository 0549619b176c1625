"""Writes of the register: check values, give reasons, choose last year's basis, set the threshold, freeze it."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from fractions import Fraction

from billing.apportionment.case import Case
from billing.bases import operations as basis_operations
from billing.bases import queries as bases
from billing.bases.register import queries
from billing.bases.register.frozen import frozen_register
from billing.bases.register.rules import (
    LineView,
    NothingToCheck,
    OwnEntry,
    RegisterView,
    can_check,
    reason_text,
)
from billing.bases.register.tables import BasisCheck, BasisReason, RegisterRule, RunSource
from billing.money import exact_text
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.database.versions import EditedMeanwhile, lock_version
from tenants.errors import Conflict, Invalid


async def check_values(
    context: TenantContext,
    program_id: int,
    basis_id: int,
    tenant_ids: Collection[int] | None,
    version: int,
    now: datetime,
) -> int:
    """Will note that the person compared these members' values with their source and found them right.

    ``tenant_ids`` None means every value nobody has checked, apart from the person's own entries. ``version`` is the
    basis's as the person saw it. Returns how many were checked. Raises NotFound, EditedMeanwhile, OwnEntry,
    NothingToCheck.
    """
    program = await programs.program(program_id)
    basis = await basis_operations.locked_basis(program_id, basis_id, version)
    register = await queries.register(program, basis)
    wanted = register.unchecked if tenant_ids is None else _chosen(register, tenant_ids)
    allowed = [one for one in wanted if can_check(one.value, context.person_id, context.person_name)]
    own = [one.value.name for one in wanted if one not in allowed]
    if own and (tenant_ids is not None or not allowed):
        raise OwnEntry(own)
    if not allowed:
        raise NothingToCheck
    await BasisCheck.insert(
        *(
            BasisCheck(
                tenant_id=context.tenant_id,
                basis_value_id=one.value.value_id,
                entered_by_id=one.value.entered_by_id,
                checked_by_id=context.person_id,
                checked_by=context.person_name,
                checked_at=now,
            )
            for one in allowed
        )
    )
    await record(
        context,
        "check_basis_values",
        Subject("basis", basis_id, basis.name),
        after={f"{one.value.code} {one.value.name}": one.value.value for one in allowed},
    )
    return len(allowed)


async def save_reasons(
    context: TenantContext,
    program_id: int,
    basis_id: int,
    reasons: Mapping[int, str],
    version: int,
    now: datetime,
) -> int:
    """Will keep why single values (by organisation) differ so much from last year's; an empty text takes a reason away.

    Returns how many changed. Raises NotFound, EditedMeanwhile, Invalid by field ``reason-<organisation>``.
    """
    program = await programs.program(program_id)
    basis = await basis_operations.locked_basis(program_id, basis_id, version)
    lines = {one.value.tenant_id: one for one in (await queries.register(program, basis)).valued}
    if not reasons.keys() <= lines.keys():
        raise Invalid("no-value", "値のない団体に理由は付けられません。")
    changed = {
        tenant_id: text
        for tenant_id, text in _read_reasons(reasons).items()
        if text != (before.text if (before := lines[tenant_id].reason) else "")
    }
    if not changed:
        return 0
    value_ids = [lines[tenant_id].value.value_id for tenant_id in changed]
    async with rows_may_be_missing(current_door()):
        await current_door().execute("DELETE FROM basis_reason WHERE basis_value_id = ANY($1)", (value_ids,))
    given = [
        BasisReason(
            tenant_id=context.tenant_id,
            basis_value_id=lines[tenant_id].value.value_id,
            reason=text,
            given_by_id=context.person_id,
            given_by=context.person_name,
            given_at=now,
        )
        for tenant_id, text in changed.items()
        if text
    ]
    if given:
        await BasisReason.insert(*given)
    await record(
        context,
        "save_basis_reasons",
        Subject("basis", basis_id, basis.name),
        before={_label(lines[one]): before.text for one in changed if (before := lines[one].reason)},
        after={_label(lines[one]): text for one, text in changed.items()},
    )
    return len(changed)


async def choose_previous(
    context: TenantContext, program_id: int, basis_id: int, chosen: tuple[int, str] | None, now: datetime
) -> None:
    """Will compare the basis with this program's basis of the year before (program id, ``b12``), or with none.

    Raises NotFound, Invalid for one that no approved run of the year before used in the same unit.
    """
    program, basis = await programs.program(program_id), await bases.basis(program_id, basis_id)
    candidates = await queries.previous_candidates(program, basis)
    if chosen is not None and chosen not in {(one.program_id, one.basis) for one in candidates}:
        message = "前年度の承認済みの計算で使われた、同じ単位の按分基準から選んでください。"
        raise Invalid("unknown-previous", message, {"previous": message})
    before = await queries.previous_choice(basis_id)
    await current_door().execute(
        "INSERT INTO basis_previous (tenant_id, basis_id, previous_program_id, previous_basis, chosen_by, chosen_at) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, basis_id) DO UPDATE "
        "SET previous_program_id = $3, previous_basis = $4, chosen_by = $5, chosen_at = $6",
        (context.tenant_id, basis_id, *(chosen or (None, None)), context.person_name, now),
    )
    await record(
        context,
        "choose_previous_basis",
        Subject("basis", basis_id, basis.name),
        before={"program_id": before.program_id, "basis": before.basis} if before else None,
        after={"program_id": chosen[0] if chosen else None, "basis": chosen[1] if chosen else None},
    )


async def set_threshold(context: TenantContext, program_id: int, threshold: Fraction, version: int) -> None:
    """Will want a reason from this change on (a fraction of last year's value). Raises NotFound, EditedMeanwhile."""
    program = await programs.program(program_id)
    before, present = await queries.threshold_rule(program_id)
    if present:
        rows = await RegisterRule.select(RegisterRule.id).where(RegisterRule.program_id == program_id)
        await lock_version(RegisterRule, int(rows[0]["id"]), version)
        await RegisterRule.update(
            {RegisterRule.threshold: exact_text(threshold), RegisterRule.version: version + 1}
        ).where(RegisterRule.program_id == program_id)
    elif version:
        raise EditedMeanwhile
    else:
        await RegisterRule.insert(
            RegisterRule(tenant_id=context.tenant_id, program_id=program_id, threshold=exact_text(threshold), version=1)
        )
    await record(
        context,
        "set_register_threshold",
        Subject("program", program_id, program.title),
        before={"threshold": exact_text(before)},
        after={"threshold": exact_text(threshold)},
    )


async def keep_sources(context: TenantContext, run_id: int, program: ProgramView, case: Case, now: datetime) -> None:  # noqa: ARG001  (every keeper gets it)
    """Will freeze the register of every basis the run's case uses. Raises Conflict when it says other values."""
    registers = []
    bearing = {one.code for one in case.members if one.months}
    for one in case.bases:
        register = await queries.register(program, await bases.basis(program.id, int(one.id.removeprefix("b"))))
        registered = {line.value.code: line.value.value for line in register.valued}
        # A member that left stays in the case without months; the register of those who bear says nothing of it.
        frozen = {
            code: exact_text(value) for code, value in one.values.items() if code in registered or code in bearing
        }
        if registered != frozen:
            raise Conflict(
                "changed-meanwhile", "計算を始める間に、按分基準の値が変わりました。もう一度お試しください。"
            )
        registers.append(register)
    sources = json.dumps(frozen_register(registers), ensure_ascii=False)
    await RunSource.insert(RunSource(tenant_id=context.tenant_id, run_id=run_id, sources=sources))


def _chosen(register: RegisterView, tenant_ids: Collection[int]) -> list[LineView]:
    """Those of the members named whose value nobody has checked; somebody else may have been faster."""
    return [one for one in register.unchecked if one.value.tenant_id in set(tenant_ids)]


def _read_reasons(reasons: Mapping[int, str]) -> dict[int, str]:
    read, faults = {}, {}
    for tenant_id, text in reasons.items():
        try:
            read[tenant_id] = reason_text(text)
        except Invalid as wrong:
            faults[f"reason-{tenant_id}"] = wrong.message
    if faults:
        raise Invalid("too-long", "入力内容を確かめてください。", faults)
    return read


def _label(one: LineView) -> str:
    return f"{one.value.code} {one.value.name}"
