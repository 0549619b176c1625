"""Pure rules of the directory: kinds of organisation and how they are called."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class TenantKind(StrEnum):
    """What an organisation is in law (地方自治法 1条の3: 普通地方公共団体 and 特別地方公共団体)."""

    PREFECTURE = "prefecture"
    CITY = "city"
    TOWN = "town"
    UNION = "union"

    @property
    def label(self) -> str:
        """The kind in Japanese."""
        return {"prefecture": "県", "city": "市", "town": "町", "union": "企業団・一部事務組合"}[self.value]


@dataclass(frozen=True, slots=True)
class TenantView:
    """One organisation of the cell."""

    id: int
    code: str
    name: str
    kana: str
    kind: TenantKind
    region: str
    active_from: date
    active_to: date | None
    modules: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    """Names of the member towns of a union."""
