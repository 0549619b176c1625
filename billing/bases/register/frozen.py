"""What a run freezes of the register (format yui-register/1), and what its approval and statements read of it; pure.

``{"format", "bases": {"b12": {"name", "unit", "as_of", "source", "threshold", "previous", "evidence", "values":
{code: {"name", "value", "source", "as_of", "entered_by", "entered_at", "checked_by", "checked_at", "last_year",
"reason", "reading"}}}}}``; fractions are exact texts, moments ISO 8601.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from billing.bases.register.rules import (
    EvidenceView,
    LineView,
    PreviousView,
    RegisterView,
    as_of_of,
    change_rate,
    is_beyond,
    names_in_short,
    rate_words,
    source_of,
)
from billing.bases.rules import BasisView, shown_number
from billing.money import exact_text
from tenants.calendar import japanese_date

FORMAT = "yui-register/1"


def frozen_register(registers: Sequence[RegisterView]) -> dict[str, Any]:
    """The registers of the bases a run uses, as one document."""
    return {
        "format": FORMAT,
        "bases": {f"b{one.basis.id}": _frozen_basis(one) for one in registers},
    }


def _frozen_basis(register: RegisterView) -> dict[str, Any]:
    basis = register.basis
    return {
        "name": basis.name,
        "unit": basis.unit,
        "as_of": basis.as_of.isoformat(),
        "source": basis.source,
        "threshold": exact_text(register.threshold),
        "previous": _frozen_previous(register.previous) if register.previous else None,
        "evidence": [_frozen_evidence(one) for one in register.evidence],
        "values": {one.value.code: _frozen_value(basis, one) for one in register.valued},
    }


def _frozen_value(basis: BasisView, line: LineView) -> dict[str, Any]:
    value, check, reason, reading = line.value, line.check, line.reason, line.reading
    return {
        "name": value.name,
        "value": value.value,
        "source": source_of(basis, value),
        "as_of": as_of_of(basis, value).isoformat(),
        "entered_by_id": value.entered_by_id,
        "entered_by": value.entered_by,
        "entered_at": _moment(value.entered_at),
        "checked_by_id": check.by_id if check else None,
        "checked_by": check.by if check else None,
        "checked_at": _moment(check.at) if check else None,
        "last_year": line.last_year,
        "reason": reason.text if reason else None,
        "reading": {"id": reading.id, "source": reading.source, "reference": reading.reference} if reading else None,
    }


def _frozen_previous(previous: PreviousView) -> dict[str, Any]:
    return {
        "program_id": previous.program_id,
        "program_title": previous.program_title,
        "fiscal_year": previous.fiscal_year,
        "run_id": previous.run_id,
        "document_number": previous.document_number,
        "basis": previous.basis,
        "name": previous.basis_name,
        "as_of": previous.as_of,
        "source": previous.source,
    }


def _frozen_evidence(one: EvidenceView) -> dict[str, Any]:
    return {
        "file_id": one.file_id,
        "title": one.title,
        "file_name": one.file_name,
        "sha256": one.sha256,
        "added_by": one.added_by,
        "added_at": _moment(one.added_at),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def unchecked_in(basis: Mapping[str, Any]) -> list[str]:
    """The names of members whose frozen value nobody had checked."""
    return [one["name"] for _, one in sorted(basis["values"].items()) if one["checked_at"] is None]


def unreasoned_in(basis: Mapping[str, Any]) -> list[str]:
    """The names of members whose frozen value changed beyond the threshold without a reason."""
    threshold = Fraction(basis["threshold"])
    return [
        one["name"]
        for _, one in sorted(basis["values"].items())
        if not one["reason"] and is_beyond(one["last_year"], one["value"], threshold)
    ]


def unchecked_words(basis: Mapping[str, Any]) -> str:
    """What a person reads when values were not checked."""
    names = unchecked_in(basis)
    return (
        f"按分基準「{basis['name']}」に、別の担当者が確認していない値が{len(names)}件あります({names_in_short(names)})。"
        "登録簿で確認してから、計算をやり直してください。"
    )


def unreasoned_words(basis: Mapping[str, Any]) -> str:
    """What a person reads when large changes have no reason."""
    names = unreasoned_in(basis)
    return (
        f"按分基準「{basis['name']}」に、前年度から大きく変わった理由のない値が{len(names)}件あります"
        f"({names_in_short(names)})。登録簿に理由を入力してから、計算をやり直してください。"
    )


def own_register(sources: Mapping[str, Any] | None, code: str) -> list[dict[str, Any]]:
    """One member's own values for its statement: source, day, last year's value, change, reason; nobody else's."""
    if sources is None:
        return []
    return [
        {
            "basis": basis["name"],
            "unit": basis["unit"],
            "value": one["value"],
            "source": one["source"],
            "as_of": one["as_of"],
            "is_checked": one["checked_at"] is not None,
            "last_year": one["last_year"],
            "last_year_as_of": basis["previous"]["as_of"] if basis["previous"] and one["last_year"] else None,
            "rate": _text(change_rate(one["last_year"], one["value"])),
            "reason": one["reason"],
        }
        for _, basis in sorted(sources["bases"].items(), key=lambda pair: int(pair[0][1:]))
        if (one := basis["values"].get(code)) is not None
    ]


def shown_register(own: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same as people read it: thousands separators, percent, Japanese dates."""
    return [
        {
            **one,
            "value": shown_number(Fraction(one["value"])),
            "last_year": None if one["last_year"] is None else shown_number(Fraction(one["last_year"])),
            "rate": None if one["rate"] is None else rate_words(Fraction(one["rate"])),
            "as_of": japanese_date(date.fromisoformat(one["as_of"])),
        }
        for one in own
    ]


def _text(rate: Fraction | None) -> str | None:
    return None if rate is None else exact_text(rate)
