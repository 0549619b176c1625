"""Reads of consumption-tax returns: in a town's scope its own, in the prefecture's all."""

import json
from collections.abc import Mapping
from typing import Any

from billing.grant_procedures.tax_returns.rules import MemberPart, RequestView, ReturnView, member_parts
from billing.runs import queries as runs
from tenants.database.engine import current_door
from tenants.errors import NotFound

_REQUESTS = """
SELECT q.*, t.code, t.name, r.id AS return_id, r.method, r.tax_yen AS reported_tax_yen, r.ratio, r.deductible_yen,
       r.return_yen, r.note, r.reason, r.entered_by_id, r.entered_by, r.entered_at, d.accepted, d.decided_by,
       d.reason AS decision_reason
  FROM (SELECT DISTINCT ON (tenant_id, grant_id) * FROM tax_request ORDER BY tenant_id, grant_id, id DESC) q
  JOIN tenant t ON t.id = q.tenant_id
  LEFT JOIN LATERAL (SELECT * FROM tax_return x WHERE x.tenant_id = q.tenant_id AND x.request_id = q.id
                      ORDER BY x.id DESC LIMIT 1) r ON true
  LEFT JOIN tax_return_decision d ON d.tenant_id = r.tenant_id AND d.return_id = r.id
"""
_OF_REQUEST = {name for name in RequestView.__dataclass_fields__ if name != "report"}
_OF_RETURN = {name for name in ReturnView.__dataclass_fields__ if name not in {"id", "tax_yen"}}


async def requests_of_grant(grant_id: int) -> list[RequestView]:
    """The newest request of every member for a grant, by organisation code."""
    rows = await current_door().execute(_REQUESTS + " WHERE q.grant_id = $1 ORDER BY t.code", (grant_id,))
    return [_view(row) for row in rows]


async def requests_of_tenant(tenant_id: int) -> list[RequestView]:
    """The newest request of every grant for one organisation, newest first."""
    rows = await current_door().execute(_REQUESTS + " WHERE q.tenant_id = $1 ORDER BY q.id DESC", (tenant_id,))
    return [_view(row) for row in rows]


async def waiting() -> list[RequestView]:
    """Requests whose report waits for the prefecture, by organisation code."""
    rows = await current_door().execute(
        _REQUESTS + " WHERE r.id IS NOT NULL AND d.id IS NULL ORDER BY q.due_date, t.code, q.id"
    )
    return [_view(row) for row in rows]


async def request(tax_request_id: int) -> RequestView:
    """One request; raises NotFound, also for one that a newer one took the place of."""
    rows = await current_door().execute(_REQUESTS + " WHERE q.id = $1", (tax_request_id,))
    if not rows:
        raise NotFound
    return _view(rows[0])


async def accounts(program_id: int) -> dict[int, str]:
    """The account of every member for which one was entered, by tenant id."""
    rows = await current_door().execute(
        "SELECT member_id, account FROM tax_account WHERE program_id = $1", (program_id,)
    )
    return {row["member_id"]: row["account"] for row in rows}


async def parts(program_id: int, grant_id: int) -> dict[str, MemberPart] | None:
    """Every member's part of a grant in the last approved run, by code; None before one."""
    run = await runs.last_approved(program_id)
    if run is None or run.result_json is None:
        return None
    return member_parts(json.loads(run.case_json), json.loads(run.result_json), f"g{grant_id}")


def _view(row: Mapping[str, Any]) -> RequestView:
    values = {name: row[name] for name in _OF_REQUEST}
    values |= {name: int(row[name]) for name in ("grant_yen", "tax_yen")}
    return RequestView(**values, report=_report(row) if row["return_id"] is not None else None)


def _report(row: Mapping[str, Any]) -> ReturnView:
    values = {name: row[name] for name in _OF_RETURN}
    values |= {name: int(row[name]) for name in ("deductible_yen", "return_yen")}
    values |= {name: row[name] or "" for name in ("decided_by", "decision_reason")}
    return ReturnView(id=row["return_id"], tax_yen=int(row["reported_tax_yen"]), **values)
