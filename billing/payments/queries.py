"""Reads of payments: the prefecture sees all, a town its own; by organisation code, then instalment."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from billing.payments.rules import LevyView, PaymentView, ReceiptView, ReminderView
from billing.runs.rules import PROGRAM_OF_STATEMENT
from tenants.database.engine import current_door
from tenants.errors import NotFound

SUMS = """
 LEFT JOIN LATERAL (
   SELECT coalesce(sum(l.amount_yen), 0)::bigint AS yen, (array_agg(l.due_date ORDER BY l.id DESC)
          FILTER (WHERE l.due_date IS NOT NULL))[1] AS due_date
     FROM levy l WHERE l.tenant_id = p.tenant_id AND l.payment_id = p.id) v ON true
 LEFT JOIN LATERAL (
   SELECT coalesce(sum(r.amount_yen), 0)::bigint AS yen FROM receipt r
    WHERE r.tenant_id = p.tenant_id AND r.payment_id = p.id) c ON true
 LEFT JOIN LATERAL (
   SELECT m.reminded_on, m.pay_by FROM payment_reminder m
    WHERE m.tenant_id = p.tenant_id AND m.payment_id = p.id ORDER BY m.id DESC LIMIT 1) w ON true
"""
"""What happened to the payment ``p``: charged as ``v``, received as ``c``, last reminded as ``w``."""
_PAYMENTS = f"""
SELECT p.id, p.tenant_id, t.code AS tenant_code, t.name AS tenant_name, p.program_id,
       p.title AS program_title, p.fiscal_year, p.number, v.due_date,
       v.yen AS levied_yen, c.yen AS received_yen, w.reminded_on, w.pay_by
  FROM payment p JOIN tenant t ON t.id = p.tenant_id {SUMS}
"""  # noqa: S608  (our own text)
_LEVIES = """
SELECT l.levied_on, l.levy_number, l.amount_yen::bigint AS amount_yen, l.due_date, l.entered_by,
       coalesce(s.document_number, '') AS document_number
  FROM levy l LEFT JOIN statement s ON s.tenant_id = l.tenant_id AND s.id = l.statement_id
 WHERE l.payment_id = $1 ORDER BY l.id
"""
_RECEIPTS = """
SELECT r.id, r.received_on, r.amount_yen::bigint AS amount_yen, r.reference, r.note, r.entered_by, r.entered_at,
       r.reverses_id,
       EXISTS (SELECT FROM receipt b WHERE b.tenant_id = r.tenant_id AND b.reverses_id = r.id) AS reversed
  FROM receipt r WHERE r.payment_id = $1 ORDER BY r.id
"""
_RECEIVED = """
SELECT p.tenant_id, p.number, sum(r.amount_yen)::bigint AS yen
  FROM payment p JOIN receipt r ON r.tenant_id = p.tenant_id AND r.payment_id = p.id
  JOIN tenant t ON t.id = p.tenant_id
 WHERE p.program_id = $1 AND ($2::text[] IS NULL OR t.code = ANY($2))
 GROUP BY p.tenant_id, p.number
"""
_BESIDE = f"""
  JOIN statement s ON s.tenant_id = p.tenant_id AND s.id = $1
 WHERE p.program_id = {PROGRAM_OF_STATEMENT}
"""


async def payments(program_id: int) -> list[PaymentView]:
    """Every charged instalment of the program."""
    return await _views("WHERE p.program_id = $1", program_id)


async def payments_beside(statement_id: int) -> list[PaymentView]:
    """The instalments of the program a statement belongs to, of the statement's own member.

    A town reads no program; its statement's document number names it, also after the program was renamed.
    """
    return await _views(_BESIDE, statement_id)


async def payment(payment_id: int) -> PaymentView:
    """One instalment; raises NotFound."""
    found = await _views("WHERE p.id = $1", payment_id)
    if not found:
        raise NotFound
    return found[0]


async def levies(payment_id: int) -> list[LevyView]:
    """Its charges, oldest first."""
    return [LevyView(**row) for row in await current_door().execute(_LEVIES, (payment_id,))]


async def receipts(payment_id: int) -> list[ReceiptView]:
    """What came in and went back, oldest first."""
    return [ReceiptView(**row) for row in await current_door().execute(_RECEIPTS, (payment_id,))]


async def reminders(payment_id: int) -> list[ReminderView]:
    """Its reminders, oldest first."""
    rows = await current_door().execute(
        "SELECT reminded_on, amount_yen::bigint AS amount_yen, pay_by, entered_by FROM payment_reminder "
        "WHERE payment_id = $1 ORDER BY id",
        (payment_id,),
    )
    return [ReminderView(**row) for row in rows]


async def standing_sums(program_id: int) -> frozenset[tuple[int, date, int]]:
    """(payment id, day, yen) of every receipt of the program that was not taken back."""
    rows = await current_door().execute(
        "SELECT r.payment_id, r.received_on, r.amount_yen::bigint AS yen FROM receipt r WHERE r.program_id = $1 "
        "AND r.reverses_id IS NULL AND NOT EXISTS "
        "(SELECT FROM receipt b WHERE b.tenant_id = r.tenant_id AND b.reverses_id = r.id)",
        (program_id,),
    )
    return frozenset((row["payment_id"], row["received_on"], row["yen"]) for row in rows)


async def references(program_id: int) -> dict[tuple[int, str], tuple[int, date, int]]:
    """What every receipt of the program says that carries a 整理番号 and was not taken back.

    (payment id, day, yen) by (tenant id, 整理番号).
    """
    rows = await current_door().execute(
        "SELECT r.tenant_id, r.reference, r.payment_id, r.received_on, r.amount_yen::bigint AS yen FROM receipt r "
        "WHERE r.program_id = $1 AND r.reference <> '' AND NOT EXISTS "
        "(SELECT FROM receipt b WHERE b.tenant_id = r.tenant_id AND b.reverses_id = r.id)",
        (program_id,),
    )
    return {(row["tenant_id"], row["reference"]): (row["payment_id"], row["received_on"], row["yen"]) for row in rows}


async def received_sums(program_id: int, codes: Sequence[str] | None = None) -> dict[tuple[int, int], int]:
    """What came in of each charged instalment, less what went back, by (tenant id, number); ``codes`` narrows it."""
    rows = await current_door().execute(_RECEIVED, (program_id, list(codes) if codes is not None else None))
    return {(row["tenant_id"], row["number"]): row["yen"] for row in rows}


async def _views(condition: str, *values: Any) -> list[PaymentView]:
    rows = await current_door().execute(f"{_PAYMENTS} {condition} ORDER BY t.code, p.number", values)
    return [PaymentView(**row) for row in rows]


async def late_payments(today: date) -> list[PaymentView]:
    """Every instalment whose day has passed with something open, of all programs."""
    return await _views("WHERE v.due_date < $1 AND v.yen > c.yen", today)


async def open_amounts(tenant_id: int) -> dict[tuple[int, int], int]:
    """What a tenant still owes of each charged instalment, by program id and number."""
    found = await _views("WHERE p.tenant_id = $1", tenant_id)
    return {(one.program_id, one.number): one.open_yen for one in found}


async def reminded_payments(tenant_id: int) -> list[PaymentView]:
    """The tenant's own instalments that it was reminded of and still owes."""
    return await _views("WHERE p.tenant_id = $1 AND w.pay_by IS NOT NULL AND v.yen > c.yen", tenant_id)
