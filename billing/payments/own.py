"""What a town sees of its own payments, beside the statement they belong to."""

from datetime import date
from typing import Any

from billing.payments.queries import payments_beside
from billing.payments.rules import STATUSES, PaymentView, status_code


async def payment_rows(statement_id: int, today: date) -> list[dict[str, Any]]:
    """The charged instalments of a statement's program as rows of a table; empty before anything was charged."""
    return [_row(one, today) for one in await payments_beside(statement_id)]


def _row(one: PaymentView, today: date) -> dict[str, Any]:
    return {
        "number": f"第{one.number}期",
        "due_date": one.due_date,
        "levied_yen": one.levied_yen,
        "received_yen": one.received_yen,
        "open_yen": one.open_yen,
        "status": STATUSES[status_code(one.levied_yen, one.received_yen, one.due_date, today)],
        "pay_by": one.pay_by,
    }
