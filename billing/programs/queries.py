"""Reads of programs; members by organisation code."""

from typing import Any

from billing.programs.rules import MemberView, ProgramInput, ProgramLine, ProgramView
from billing.runs.queries import STATE_NOW
from tenants.database.engine import current_door
from tenants.errors import NotFound

_LINES = f"""
SELECT p.id, p.fiscal_year, p.title,
       (SELECT count(*) FROM program_member m WHERE m.tenant_id = p.tenant_id AND m.program_id = p.id) AS members,
       (SELECT coalesce(sum(c.amount_yen), 0) FROM cost c WHERE c.tenant_id = p.tenant_id AND c.program_id = p.id)
         AS cost_yen,
       coalesce((SELECT {STATE_NOW} FROM run r WHERE r.tenant_id = p.tenant_id AND r.program_id = p.id
                  ORDER BY r.number DESC LIMIT 1), '') AS last_run
  FROM program p
 ORDER BY p.fiscal_year DESC, p.title, p.id
"""  # noqa: S608  (our own columns)
_MEMBERS = """
SELECT m.id, m.member_id, t.code, t.name, m.months, m.factor
  FROM program_member m JOIN tenant t ON t.id = m.member_id
 WHERE m.program_id = $1
 ORDER BY t.code
"""


async def programs() -> list[ProgramLine]:
    """Every program, newest year first, then by title."""
    return [ProgramLine(**row) for row in await current_door().execute(_LINES)]


async def program(program_id: int) -> ProgramView:
    """One program; raises NotFound."""
    rows = await current_door().execute("SELECT * FROM program WHERE id = $1", (program_id,))
    if not rows:
        raise NotFound
    row = rows[0]
    return ProgramView(row["id"], _settings(row), row["version"])


async def members(program_id: int) -> list[MemberView]:
    """The program's members by code."""
    rows = await current_door().execute(_MEMBERS, (program_id,))
    return [
        MemberView(row["id"], row["member_id"], row["code"], row["name"], row["months"], row["factor"]) for row in rows
    ]


def _settings(row: dict[str, Any]) -> ProgramInput:
    return ProgramInput(**{name: row[name] for name in ProgramInput.__dataclass_fields__})
