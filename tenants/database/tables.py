"""Table kinds: every table is declared one of them, with exactly the verbs each database role may use."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from piccolo.columns import BigSerial, Integer
from piccolo.table import Table

from tenants.context import Scope
from tenants.database.engine import ENGINE


class Kind(StrEnum):
    """What the rows are, and therefore what the policy says."""

    TENANT = "tenant"
    """A town's rows: the town sees its own; the prefecture sees all, only with the verbs declared."""
    SHARED = "shared"
    """The prefecture writes, every signed-in scope reads."""
    PREFECTURE = "prefecture"
    """Only the prefecture."""
    GROUND = "ground"
    """Machinery before a tenant is known (people, sessions): no tenant scope reaches it at all."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One table's kind and, per scope, the verbs granted: letters of SIUD (select insert update delete).

    For the prefecture on a town's table a capital means every town's rows, a small letter only its own.
    """

    kind: Kind
    verbs: dict[Scope, str]
    audited: bool
    """Whether a transaction that writes here must also record an audit event."""


DECLARED: dict[str, tuple[type[Table], Declaration]] = {}
"""Every table of the product by its name in the database."""


def _declare(
    cls: type[Table], kind: Kind, defaults: dict[Scope, str], given: dict[str, str | None], *, audited: bool
) -> None:
    verbs = dict(defaults)
    for scope in Scope:
        word = given.get(scope.name.lower())
        if word is not None:
            verbs[scope] = word
    for scope, letters in verbs.items():
        allowed = "SIUDsiud" if kind is Kind.TENANT and scope is Scope.PREFECTURE else "SIUD"
        if set(letters) - set(allowed) or len(set(letters.upper())) != len(letters):
            raise TypeError(f"{cls.__name__}: verbs of {scope} must be letters of {allowed}, got {letters!r}")
    DECLARED[cls._meta.tablename] = (cls, Declaration(kind, {s: v for s, v in verbs.items() if v}, audited))


class TenantTable(Table, db=ENGINE):
    """A town's rows. Class keywords ``town=``, ``prefecture=``, ``consultant=`` … name the verbs (letters of SIUD)."""

    id = BigSerial(primary_key=True)
    tenant_id = Integer()

    def __init_subclass__(
        cls,
        town: str | None = "SIUD",
        prefecture: str | None = "",
        consultant: str | None = None,
        crew: str | None = None,
        identity: str | None = None,
        jobs: str | None = None,
        audited: bool = True,  # noqa: FBT001, FBT002  (class keyword)
        **options: Any,
    ) -> None:
        """Registers the table with its declaration."""
        super().__init_subclass__(db=ENGINE, **options)
        given = {
            "town": town,
            "prefecture": prefecture,
            "consultant": consultant,
            "crew": crew,
            "identity": identity,
            "jobs": jobs,
        }
        _declare(cls, Kind.TENANT, {}, given, audited=audited)


class SharedTable(Table, db=ENGINE):
    """The prefecture writes, every scope reads; ``tenant_id`` is always the prefecture's."""

    id = BigSerial(primary_key=True)
    tenant_id = Integer()

    def __init_subclass__(
        cls,
        prefecture: str | None = "SIUD",
        identity: str | None = None,
        jobs: str | None = None,
        **options: Any,
    ) -> None:
        """Registers the table with its declaration."""
        super().__init_subclass__(db=ENGINE, **options)
        readers = {Scope.TOWN: "S", Scope.CONSULTANT: "S", Scope.CREW: "S"}
        given = {"prefecture": prefecture, "identity": identity, "jobs": jobs}
        _declare(cls, Kind.SHARED, readers, given, audited=True)


class PrefectureTable(Table, db=ENGINE):
    """Only the prefecture's own; ``tenant_id`` is always the prefecture's."""

    id = BigSerial(primary_key=True)
    tenant_id = Integer()

    def __init_subclass__(cls, prefecture: str | None = "SIUD", **options: Any) -> None:
        """Registers the table with its declaration."""
        super().__init_subclass__(db=ENGINE, **options)
        _declare(cls, Kind.PREFECTURE, {}, {"prefecture": prefecture}, audited=True)


class GroundTable(Table, db=ENGINE):
    """Machinery before a tenant is known; only the identity scope and the jobs scope may be named."""

    id = BigSerial(primary_key=True)

    def __init_subclass__(
        cls,
        identity: str | None = None,
        jobs: str | None = None,
        audited: bool = False,  # noqa: FBT001, FBT002  (class keyword)
        **options: Any,
    ) -> None:
        """Registers the table with its declaration."""
        super().__init_subclass__(db=ENGINE, **options)
        _declare(cls, Kind.GROUND, {}, {"identity": identity, "jobs": jobs}, audited=audited)
