"""Reads of the register: one basis with checks, reasons, evidence and last year's values; a program's threshold."""

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from billing.bases import queries as bases
from billing.bases.register.rules import (
    DEFAULT_THRESHOLD,
    CheckView,
    EvidenceView,
    LineView,
    PreviousChoice,
    PreviousView,
    ReadingName,
    ReasonView,
    RegisterView,
)
from billing.bases.rules import BasisView, ValueView
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.runs import queries as runs
from tenants.database.engine import current_door
from tenants.errors import NotFound

_MARKS = """
SELECT v.id, c.checked_by_id, c.checked_by, c.checked_at, r.reason, r.given_by, r.given_at,
       m.id AS reading_id, m.source AS reading_source, m.reference AS reading_reference
  FROM basis_value v
  LEFT JOIN basis_check c ON c.tenant_id = v.tenant_id AND c.basis_value_id = v.id
  LEFT JOIN basis_reason r ON r.tenant_id = v.tenant_id AND r.basis_value_id = v.id
  LEFT JOIN reading m ON m.tenant_id = v.tenant_id AND m.id = v.reading_id
 WHERE v.basis_id = $1
"""
_EVIDENCE = """
SELECT e.id, e.file_id, e.title, f.file_name, f.size_bytes, f.sha256, e.added_by, e.added_at
  FROM basis_evidence e JOIN stored_file f ON f.tenant_id = e.tenant_id AND f.id = e.file_id
 WHERE e.basis_id = $1 AND e.removed_at IS NULL
 ORDER BY e.id
"""


async def register(program: ProgramView, basis: BasisView) -> RegisterView:
    """The register of one basis of the program, members by code."""
    previous, is_chosen = await previous_of(program, basis)
    marks = {row["id"]: row for row in await current_door().execute(_MARKS, (basis.id,))}
    last_year = previous.values if previous else {}
    values = await bases.member_values(program.id, basis.id)
    return RegisterView(
        basis,
        await threshold(program.id),
        previous,
        is_chosen,
        tuple(_line(one, last_year.get(one.code), marks.get(one.value_id)) for one in values),
        tuple(await evidence(basis.id)),
    )


async def threshold(program_id: int) -> Fraction:
    """From which change on the program wants a reason."""
    return (await threshold_rule(program_id))[0]


async def threshold_rule(program_id: int) -> tuple[Fraction, int]:
    """The same with the version of the program's own rule, 0 when it has none."""
    rows = await current_door().execute(
        "SELECT threshold, version FROM register_rule WHERE program_id = $1", (program_id,)
    )
    return (Fraction(rows[0]["threshold"]), int(rows[0]["version"])) if rows else (DEFAULT_THRESHOLD, 0)


async def evidence(basis_id: int) -> list[EvidenceView]:
    """The files that prove a basis, in the order they were added."""
    return [EvidenceView(**row) for row in await current_door().execute(_EVIDENCE, (basis_id,))]


async def one_evidence(basis_id: int, evidence_id: int) -> EvidenceView:
    """One of them; raises NotFound."""
    found = next((one for one in await evidence(basis_id) if one.id == evidence_id), None)
    if found is None:
        raise NotFound
    return found


async def previous_of(program: ProgramView, basis: BasisView) -> tuple[PreviousView | None, bool]:
    """Last year's basis and whether a person chose it; otherwise the one of equal title, name and unit."""
    choice = await previous_choice(basis.id)
    if choice is not None:
        if choice.program_id is None:
            return None, True
        found = await _frozen_bases(choice.program_id)
        return next((one for one, _ in found if one.basis == choice.basis), None), True
    for line in await programs.programs():
        if line.fiscal_year == program.fiscal_year - 1 and line.title == program.title:
            found = await _frozen_bases(line.id)
            same = (one for one, unit in found if one.basis_name == basis.name and unit == basis.unit)
            return next(same, None), False
    return None, False


async def previous_choice(basis_id: int) -> PreviousChoice | None:
    """What a person chose as last year's basis, or None when nobody has."""
    rows = await current_door().execute(
        "SELECT previous_program_id, previous_basis FROM basis_previous WHERE basis_id = $1", (basis_id,)
    )
    return PreviousChoice(rows[0]["previous_program_id"], rows[0]["previous_basis"]) if rows else None


async def previous_candidates(program: ProgramView, basis: BasisView) -> list[PreviousView]:
    """Bases in the same unit that approved runs of the year before used, by program and name."""
    candidates: list[PreviousView] = []
    for line in await programs.programs():
        if line.fiscal_year == program.fiscal_year - 1:
            candidates += [one for one, unit in await _frozen_bases(line.id) if unit == basis.unit]
    return candidates


async def run_sources(run_id: int) -> dict[str, Any] | None:
    """What a run froze of the register (see ``frozen``), or None for a run older than the register."""
    rows = await current_door().execute("SELECT sources FROM run_source WHERE run_id = $1", (run_id,))
    return _parsed(rows[0]["sources"]) if rows else None


async def _frozen_bases(program_id: int) -> Sequence[tuple[PreviousView, str]]:
    """The bases of the program's newest approved run with their units, by name."""
    run = await runs.last_approved(program_id)
    if run is None:
        return []
    found = [
        (
            PreviousView(
                program_id,
                run.title,
                run.fiscal_year,
                run.id,
                run.document_number,
                one["id"],
                one["name"],
                one["as_of"],
                one["source"],
                dict(one["values"]),
            ),
            str(one["unit"]),
        )
        for one in json.loads(run.case_json)["bases"]
    ]
    return sorted(found, key=lambda pair: pair[0].basis_name)


def _line(value: ValueView, last_year: str | None, marks: dict[str, Any] | None) -> LineView:
    marks = marks or {}
    return LineView(
        value,
        last_year,
        CheckView(marks["checked_by_id"], marks["checked_by"], marks["checked_at"])
        if marks.get("checked_at")
        else None,
        ReasonView(marks["reason"], marks["given_by"], marks["given_at"]) if marks.get("given_at") else None,
        ReadingName(marks["reading_id"], marks["reading_source"], marks["reading_reference"])
        if marks.get("reading_id")
        else None,
    )


def _parsed(value: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return parsed
