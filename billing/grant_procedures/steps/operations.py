"""Writes of a grant's procedure: period and deadlines, a step, its correction, its confirmation, a paper more."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from billing.grant_procedures.evidence.operations import keep_evidence
from billing.grant_procedures.evidence.rules import Evidence
from billing.grant_procedures.steps import queries
from billing.grant_procedures.steps.deadlines import ProcedureInput
from billing.grant_procedures.steps.rules import (
    StepInput,
    StepView,
    check_fits,
    check_none_waits,
    correctable,
    waiting,
)
from billing.grant_procedures.steps.tables import GrantProcedure, GrantStep, GrantStepConfirmation, GrantStepFile
from billing.grants import queries as grants
from billing.grants.rules import GrantView
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Conflict, NotFound
from tenants.storage import Storage


class SameOfficer(Conflict):
    """Whoever prepared a step does not confirm it."""

    def __init__(self) -> None:
        super().__init__("same-person", "記録した人は確認できません。別の担当者が内容を確かめてください。")


class NotToConfirm(Conflict):
    """The step was corrected or confirmed meanwhile, or needs no confirmation."""

    def __init__(self) -> None:
        super().__init__(
            "wrong-state", "この記録は、確認がいらないか、すでに確認・訂正されています。画面を開き直してください。"
        )


@dataclass(frozen=True, slots=True)
class Correction:
    """Which step is corrected, why, and whether it is only taken away."""

    step_id: int
    reason: str
    withdrawn: bool = False


async def save_procedure(
    context: TenantContext, program_id: int, grant_id: int, wanted: ProcedureInput, version: int
) -> None:
    """Will keep a grant's period and deadlines. Raises NotFound, EditedMeanwhile."""
    grant = await _hold(program_id, grant_id)
    before = await queries.procedure(grant_id)
    if before.version != version:
        raise EditedMeanwhile
    if version:
        values: dict[Any, Any] = {**asdict(wanted), "version": version + 1}
        await GrantProcedure.update(values).where(GrantProcedure.grant_id == grant_id)
    else:
        await GrantProcedure.insert(
            GrantProcedure(tenant_id=context.tenant_id, grant_id=grant_id, version=1, **asdict(wanted))
        )
    await record(context, "set_grant_deadlines", _subject(grant), before=asdict(before), after=asdict(wanted))


async def record_step(
    context: TenantContext,
    storage: Storage,
    program_id: int,
    grant_id: int,
    step: StepInput,
    evidence: Evidence | None,
    now: datetime,
) -> int:
    """Will record a step and return its id. Raises NotFound, StepNotPossible, WaitsForConfirmation, OverQuota."""
    grant = await _hold(program_id, grant_id)
    recorded = await queries.steps(grant_id)
    check_none_waits(recorded)
    check_fits(recorded, _planned(step, context, now))
    step_id = await _insert(context, grant_id, step, now)
    if evidence is not None:
        await _add_file(context, storage, step_id, evidence, now)
    await record(context, "record_grant_step", _subject(grant), after={"step_id": step_id, **asdict(step)})
    return step_id


async def correct_step(
    context: TenantContext,
    storage: Storage,
    program_id: int,
    grant_id: int,
    correction: Correction,
    step: StepInput,
    evidence: Evidence | None,
    now: datetime,
) -> int:
    """Will record a step in the place of an earlier one, which stays readable, and return its id.

    One that two people confirmed is taken away only when another officer confirms that too.

    Raises NotFound, NotToConfirm when it was corrected meanwhile, StepNotPossible, WaitsForConfirmation, OverQuota.
    """
    grant = await _hold(program_id, grant_id)
    recorded = await queries.steps(grant_id)
    before = _one(recorded, correction.step_id)
    if before not in correctable(recorded):
        raise NotToConfirm
    check_none_waits(recorded, but=before.id)
    planned = _planned(step, context, now, correction)
    check_fits(recorded, replace(planned, undoes_confirmed=before.was_confirmed))
    step_id = await _insert(context, grant_id, step, now, correction)
    if evidence is not None:
        await _add_file(context, storage, step_id, evidence, now)
    shown = {name: getattr(before, name) for name in StepInput.__dataclass_fields__}
    after = {"step_id": step_id, **asdict(step), "reason": correction.reason, "withdrawn": correction.withdrawn}
    await record(context, "correct_grant_step", _subject(grant), before=shown, after=after)
    return step_id


async def confirm_step(context: TenantContext, program_id: int, grant_id: int, step_id: int, now: datetime) -> None:
    """Will keep another officer's word that a step is right. Raises NotFound, NotToConfirm, SameOfficer."""
    grant = await _hold(program_id, grant_id)
    recorded = await queries.steps(grant_id)
    step = _one(recorded, step_id)
    if step not in waiting(recorded):
        raise NotToConfirm
    if step.prepared_by_id == context.person_id:
        raise SameOfficer
    await GrantStepConfirmation.insert(
        GrantStepConfirmation(
            tenant_id=context.tenant_id,
            step_id=step_id,
            prepared_by_id=step.prepared_by_id,
            confirmed_by_id=context.person_id,
            confirmed_by=context.person_name,
            confirmed_at=now,
        )
    )
    await record(context, "confirm_grant_step", _subject(grant), after={"step_id": step_id, "kind": step.kind})


async def add_file(
    context: TenantContext,
    storage: Storage,
    program_id: int,
    grant_id: int,
    step_id: int,
    evidence: Evidence,
    now: datetime,
) -> None:
    """Will keep one more paper with a step. Raises NotFound, OverQuota, StorageFailed."""
    grant = await _hold(program_id, grant_id)
    _one(await queries.steps(grant_id), step_id)
    await _add_file(context, storage, step_id, evidence, now)
    await record(context, "add_grant_evidence", _subject(grant), after={"step_id": step_id, "name": evidence.name})


async def _hold(program_id: int, grant_id: int) -> GrantView:
    """One person at a time writes a grant's procedure: what may follow depends on everything before."""
    grant = await grants.grant(program_id, grant_id)
    await current_door().execute("SELECT id FROM grant_line WHERE id = $1 FOR UPDATE", (grant_id,))
    return grant


def _one(recorded: list[StepView], step_id: int) -> StepView:
    found = next((one for one in recorded if one.id == step_id), None)
    if found is None:
        raise NotFound
    return found


def _planned(step: StepInput, context: TenantContext, now: datetime, correction: Correction | None = None) -> StepView:
    """The step as it would stand; its id comes after all others."""
    return StepView(
        **asdict(step),
        id=2**63,
        replaces_id=correction.step_id if correction else None,
        withdrawn=correction.withdrawn if correction else False,
        reason=correction.reason if correction else "",
        prepared_by_id=context.person_id,
        prepared_by=context.person_name,
        prepared_at=now,
        confirmed_by="",
        confirmed_at=None,
    )


async def _insert(
    context: TenantContext, grant_id: int, step: StepInput, now: datetime, correction: Correction | None = None
) -> int:
    planned = _planned(step, context, now, correction)
    names = ("replaces_id", "withdrawn", "reason", "prepared_by_id", "prepared_by", "prepared_at")
    rows = await GrantStep.insert(
        GrantStep(
            tenant_id=context.tenant_id,
            grant_id=grant_id,
            **asdict(step),
            **{name: getattr(planned, name) for name in names},
        )
    )
    return int(rows[0]["id"])


async def _add_file(context: TenantContext, storage: Storage, step_id: int, evidence: Evidence, now: datetime) -> None:
    file_id = await keep_evidence(context, storage, evidence, now)
    await GrantStepFile.insert(
        GrantStepFile(
            tenant_id=context.tenant_id,
            step_id=step_id,
            file_id=file_id,
            name=evidence.name,
            added_by=context.person_name,
            added_at=now,
        )
    )


def _subject(grant: GrantView) -> Subject:
    return Subject("grant_line", grant.id, grant.name)
