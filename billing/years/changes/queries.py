"""Reads of what has changed since the last approved run: exactly, for a page; and cheaply, over all programs."""

import json
from dataclasses import dataclass

from billing.apportionment.case import canonical_json, case_sha256, parse_case
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.runs import queries as runs
from billing.runs.freezing import case_document
from billing.years.changes.rules import ProgramChanges, changes
from tenants.database.engine import current_door
from tenants.errors import Conflict, Invalid
from tenants.web.kept import Kept

_ON_ITS_WAY = ("computing", "computed", "submitted")
# What a case is made of carries versions; a fingerprint of them says that it may have changed without building it.
_FINGERPRINTS = """
SELECT DISTINCT ON (r.program_id) r.program_id, p.title, r.id AS run_id, md5(concat_ws('|', p.version, c.version,
       (SELECT max(one.number) FROM run one WHERE one.program_id = p.id),
       (SELECT string_agg(one.id || ':' || one.left_on, ',' ORDER BY one.id) FROM member_departure one
         WHERE one.program_id = p.id),
       (SELECT string_agg(one.id || ':' || one.version, ',' ORDER BY one.id) FROM basis one
         WHERE one.program_id = p.id),
       (SELECT string_agg(one.id || ':' || one.version, ',' ORDER BY one.id) FROM cost_key one
         WHERE one.program_id = p.id),
       (SELECT string_agg(one.id || ':' || one.version, ',' ORDER BY one.id) FROM cost one WHERE one.program_id = p.id),
       (SELECT string_agg(one.id || ':' || one.version || ':' || one.position, ',' ORDER BY one.id) FROM grant_line one
         WHERE one.program_id = p.id))) AS fingerprint
  FROM run r JOIN program p ON p.id = r.program_id LEFT JOIN program_calendar c ON c.program_id = p.id
 WHERE r.state = 'approved' AND p.fiscal_year >= $1
   AND NOT EXISTS (SELECT 1 FROM run_withdrawal w WHERE w.run_id = r.id)
 ORDER BY r.program_id, r.number DESC
"""
_NOTHING = ProgramChanges(None)
_FOUND: Kept[ProgramChanges] = Kept(256)
"""A prefecture has some dozen programs; each is kept for a few versions, without its documents."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A program whose amounts would come out differently now."""

    program_id: int
    title: str
    changes: ProgramChanges


async def program_changes(program: ProgramView) -> ProgramChanges:
    """What differs between the program as it stands and its last approved run."""
    standing = await runs.last_approved(program.id)
    if standing is None:
        return ProgramChanges(None)
    try:
        case = parse_case(await case_document(program))
    except (Invalid, Conflict) as refused:
        return ProgramChanges(standing, problem=refused.message)
    newest = (await runs.runs(program.id))[0]
    return ProgramChanges(
        standing,
        changes(json.loads(standing.case_json), json.loads(canonical_json(case))),
        running=newest.state in _ON_ITS_WAY and newest.case_sha256 == case_sha256(case),
    )


async def proposals(since_fiscal_year: int) -> list[Proposal]:
    """Programs of these years that should be calculated anew."""
    found = []
    for row in await current_door().execute(_FINGERPRINTS, (since_fiscal_year,)):
        key = (row["program_id"], row["run_id"], row["fingerprint"])
        if key not in _FOUND:
            _FOUND.keep(key, await program_changes(await programs.program(row["program_id"])))
        known = _FOUND.get(key, lambda: _NOTHING)
        if known.proposes:
            found.append(Proposal(row["program_id"], row["title"], known))
    return found
