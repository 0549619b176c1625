"""The database's complaints as the product's four kinds of error; integrity lives in named constraints."""

from dataclasses import dataclass

import psycopg
from psycopg import errors

from tenants.errors import Conflict, Invalid, YuiError


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a violated constraint means for the person: a stable code, a Japanese sentence, the form field."""

    code: str
    message: str
    field: str | None = None
    conflict: bool = False


_BY_CONSTRAINT: dict[str, Complaint] = {}


def explain(constraint: str, complaint: Complaint) -> None:
    """Says once what a violation of the named constraint means; called beside the table's class."""
    _BY_CONSTRAINT[constraint] = complaint


def explained_constraints() -> frozenset[str]:
    """The names of all constraints with a message of their own."""
    return frozenset(_BY_CONSTRAINT)


def translated(error: BaseException) -> BaseException:
    """The domain error for ``error``, or ``error`` itself when it is a fault of ours."""
    if isinstance(error, errors.IntegrityError):
        return _integrity(error)
    if isinstance(error, errors.SerializationFailure | errors.DeadlockDetected | errors.LockNotAvailable):
        return Conflict("changed-meanwhile", "同時に別の操作が行われました。もう一度お試しください。")
    if isinstance(error, errors.CheckViolation | psycopg.DataError | UnicodeError | OverflowError):
        return Invalid("bad-value", "使えない文字、または扱える範囲を超える数値が含まれています。")
    return error


def _integrity(error: errors.IntegrityError) -> YuiError:
    name = error.diag.constraint_name or ""
    known = _BY_CONSTRAINT.get(name)
    if known is not None:
        kind = Conflict if known.conflict else Invalid
        return kind(known.code, known.message, {known.field: known.message} if known.field else None)
    if isinstance(error, errors.UniqueViolation):
        return Conflict("already-exists", "同じものがすでに登録されています。")
    if isinstance(error, errors.ForeignKeyViolation | errors.RestrictViolation):
        return Conflict("still-in-use", "ほかの記録から使われているか、参照先がないため、この操作はできません。")
    return Invalid("bad-value", "入力された値は登録できません。")
