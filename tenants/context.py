"""Who asks, for which tenant, in which role: the frozen value every transaction and job starts from."""

from dataclasses import dataclass
from enum import StrEnum

PREFECTURE_TENANT_ID = 1
"""A deployment is the cell of one prefecture; its own organisation is always tenant 1 (checked in the database)."""


class Scope(StrEnum):
    """Which database role a transaction takes; the value is the PostgreSQL role's name."""

    TOWN = "yui_town"
    PREFECTURE = "yui_prefecture"
    CONSULTANT = "yui_consultant"
    CREW = "yui_crew"
    IDENTITY = "yui_identity"
    JOBS = "yui_jobs"


class Role(StrEnum):
    """What a membership lets a person do (the roles of the product)."""

    LIAISON = "liaison"
    PREFECTURE_FINANCE = "prefecture_finance"
    PREFECTURE_ADMIN = "prefecture_admin"
    TOWN_STAFF = "town_staff"
    TOWN_FINANCE = "town_finance"
    TOWN_ADMIN = "town_admin"
    CONSULTANT = "consultant"
    FIELD_CREW = "field_crew"

    @property
    def scope(self) -> Scope:
        """The database role this role works through."""
        return _SCOPES[self]

    @property
    def label(self) -> str:
        """The role's Japanese name, for people."""
        return _LABELS[self]


_SCOPES = {
    Role.LIAISON: Scope.PREFECTURE,
    Role.PREFECTURE_FINANCE: Scope.PREFECTURE,
    Role.PREFECTURE_ADMIN: Scope.PREFECTURE,
    Role.TOWN_STAFF: Scope.TOWN,
    Role.TOWN_FINANCE: Scope.TOWN,
    Role.TOWN_ADMIN: Scope.TOWN,
    Role.CONSULTANT: Scope.CONSULTANT,
    Role.FIELD_CREW: Scope.CREW,
}
_LABELS = {
    Role.LIAISON: "DX推進リエゾン",
    Role.PREFECTURE_FINANCE: "県 財政担当",
    Role.PREFECTURE_ADMIN: "県 運用管理者",
    Role.TOWN_STAFF: "市町 担当者",
    Role.TOWN_FINANCE: "市町 財政担当",
    Role.TOWN_ADMIN: "市町 管理者",
    Role.CONSULTANT: "外部専門家",
    Role.FIELD_CREW: "現地調査員",
}


_LABEL_OF_CODE = {role.value: role.label for role in Role}


def role_label(code: str) -> str:
    """The Japanese name of a role as a record holds it; a code of another time stands for itself."""
    return _LABEL_OF_CODE.get(code, code)


@dataclass(frozen=True, slots=True)
class TenantContext:
    """One person acting for one tenant in one role; ``request_id`` ties page, trail and log together."""

    tenant_id: int
    tenant_code: str
    tenant_name: str
    role: Role
    person_id: int
    person_name: str
    request_id: str
    address: str = ""
    via: str = ""
    """The name of the token a program acts with; empty when the person acts on a page."""

    @property
    def scope(self) -> Scope:
        """The database role of this context."""
        return self.role.scope

    @property
    def is_prefecture(self) -> bool:
        """Whether the prefecture itself is asking."""
        return self.scope is Scope.PREFECTURE
