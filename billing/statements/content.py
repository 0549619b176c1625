"""A statement's view as plain JSON, frozen with the statement and shown on its page; shares stay exact text."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from billing.money import exact_text
from billing.statements.rules import ComponentView, LineView, StatementView


def content_of(view: StatementView, why: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The view with everything the page shows; only this member's own figures and the totals of the bases.

    ``why`` are the facts that explain each step (``billing.statements.why.facts``).
    """
    content: dict[str, Any] = _plain(view)
    content["agrees"] = view.agrees
    if why is not None:
        content["why"] = dict(why)
    # What the year adds stands beside the figures: schedule, reason, previous, last_year.
    content |= content.pop("year") or {}
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return exact_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        plain = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        if isinstance(value, LineView):
            plain |= {"net_yen": value.net_yen, "share": exact_text(value.share), "how": value.how}
        if isinstance(value, ComponentView):
            plain |= {"share": exact_text(value.share)}
            # Whoever stands outside needs no total, and over the only other member it would be its value.
            plain |= {"total": None} if value.excluded else {}
        return plain
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value
