"""What the declaration of a table promises for one probe; computed from the code, never from the catalog."""

from collections.abc import Iterable
from dataclasses import dataclass

from tenants.context import PREFECTURE_TENANT_ID, Scope
from tenants.database.tables import DECLARED, Declaration, Kind

DENIED = "denied"
"""The role holds no such grant."""
WALLED = "walled"
"""A row-level policy refused the new row."""
RAISED = "raised"
"""The tenant setting is unusable, and PostgreSQL says so instead of answering an empty page."""
WITHOUT_TENANT = frozenset({Scope.IDENTITY, Scope.JOBS})
OWNER = "yui_owner"
APPLICATION = "yui_app"


@dataclass(frozen=True)
class Probe:
    """One table or view, one database role, one verb, one setting of the tenant."""

    table: str
    role: str
    verb: str
    context: str
    tenant_id: int | None
    """The tenant of a usable context; None for a bad one."""


Outcome = str | tuple[int, ...]
"""DENIED, WALLED, RAISED, or the tenants of the rows that were reached (0 for rows without a tenant)."""


def expected(probe: Probe, rows: Iterable[int], new: int) -> Outcome:
    """The promised outcome; ``rows`` are the tenants of all stored rows, ``new`` that of the row being written."""
    stored = tuple(sorted(rows))
    if probe.table not in DECLARED:
        return (
            (stored if probe.verb not in {"INSERT own", "INSERT other"} else (new,)) if probe.role == OWNER else DENIED
        )
    if probe.role == APPLICATION:
        return DENIED
    if probe.role == OWNER:  # no policy speaks of the owner: forced row-level security leaves it nothing
        return {"TRUNCATE": stored, "INSERT own": WALLED, "INSERT other": WALLED}.get(probe.verb, ())
    declaration = DECLARED[probe.table][1]
    letters = _letters(declaration, Scope(probe.role))
    needed = {"S": "SELECT", "C": "COPY", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}
    letter = next((one for one, word in needed.items() if probe.verb.startswith(word)), "T").replace("C", "S")
    if letter not in letters or (letter == "U" and "S" not in letters):
        return DENIED
    if Scope(probe.role) not in WITHOUT_TENANT and probe.tenant_id is None:
        return RAISED
    reached = tuple(row for row in stored if _holds(declaration, probe, letters[letter], row))
    if letter == "I":
        return (new,) if _holds(declaration, probe, letters[letter], new) else WALLED
    if letter == "U":
        reached = tuple(row for row in reached if _holds(declaration, probe, letters["S"], row))
        if probe.verb == "UPDATE tenant":
            reached = tuple(row for row in reached if row != new)
            if reached and not all(_holds(declaration, probe, letters[one], new) for one in "US"):
                return WALLED
    return reached


def _letters(declaration: Declaration, scope: Scope) -> dict[str, str]:
    """The declared letters by their capital."""
    return {letter.upper(): letter for letter in declaration.verbs.get(scope, "")}


def _holds(declaration: Declaration, probe: Probe, letter: str, row: int) -> bool:
    """Whether a row of tenant ``row`` lies within what the declaration gives."""
    if Scope(probe.role) in WITHOUT_TENANT:
        return True
    is_prefecture = probe.tenant_id == PREFECTURE_TENANT_ID
    if declaration.kind is Kind.TENANT:
        every_town = probe.role == Scope.PREFECTURE.value and letter.isupper()
        return is_prefecture if every_town else row == probe.tenant_id
    if declaration.kind is Kind.SHARED and letter == "S":
        return True
    return is_prefecture and row == PREFECTURE_TENANT_ID
