"""Pure rules of files: kinds and who may download them, how long they are kept, room in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from tenants.context import Role, Scope, TenantContext
from tenants.errors import Conflict

RESULT_KEPT_FOR = timedelta(days=7)
"""A result is fetched when it is ready or after a weekend; a copy that lies about longer only waits to be leaked, and
it can be made anew at any time."""
WORKERS = frozenset(role for role in Role if role.scope in {Scope.PREFECTURE, Scope.TOWN})
_STEP = 1_024
_UNITS = ("バイト", "KB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of stored file: its code in the database, its Japanese name, who may download it from its list."""

    code: str
    label: str
    roles: frozenset[Role] = frozenset()
    """Roles of the file's own tenant; none: only the page the file belongs to gives it out."""
    owner_only: bool = False
    """Only the person who had it made, in the role they had it made in: it holds what that role could see."""
    kept_for: timedelta | None = None
    """How long after it was made; None keeps it until the slice ends it."""
    limited: bool = True
    """Whether a full tenant is refused. Papers the prefecture must issue are counted but never refused."""
    place: str = ""
    """Where a person opens it when not from here."""

    def expires_at(self, now: datetime) -> datetime | None:
        """When a file of this kind made ``now`` can no longer be downloaded."""
        return None if self.kept_for is None else now + self.kept_for

    def is_for(self, context: TenantContext, made_by: tuple[int | None, str]) -> bool:
        """Whether this person, in this role, may have a file of the kind that ``made_by`` (person, role) had made."""
        if context.role not in self.roles:
            return False
        return not self.owner_only or made_by == (context.person_id, context.role.value)


_KINDS: dict[str, FileKind] = {}


def declare_kind(kind: FileKind) -> FileKind:
    """Will make a kind known; called once where it is defined. Raises ValueError for a code that is taken."""
    if _KINDS.setdefault(kind.code, kind) != kind:
        raise ValueError(f"the kind of file {kind.code} is declared twice")
    return kind


def kind_of(code: str) -> FileKind:
    """The kind; one whose slice is gone can be downloaded by nobody."""
    return _KINDS.get(code, FileKind(code, "その他のファイル"))


def declared_kinds() -> list[FileKind]:
    """Every kind there is."""
    return list(_KINDS.values())


EXPORT = declare_kind(FileKind("export", "書き出し", WORKERS, owner_only=True, kept_for=RESULT_KEPT_FOR))
IMPORT_REJECTS = declare_kind(
    FileKind("import_rejects", "取り込めなかった行", WORKERS, owner_only=True, kept_for=RESULT_KEPT_FOR)
)
MARK = declare_kind(FileKind("mark", "県章・ロゴ", frozenset({Role.PREFECTURE_ADMIN})))


class Presence(Enum):
    """Whether the content of a file is still there."""

    HERE = "here"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class FileView:
    """A stored file as its tenant sees it; sizes in bytes."""

    id: int
    tenant_id: int
    storage_key: str
    file_name: str
    content_type: str
    size_bytes: int
    sha256: str
    kind: FileKind
    job_id: int | None
    person_id: int | None
    person_name: str
    role: str
    created_at: datetime
    expires_at: datetime | None
    deleted_at: datetime | None

    def presence(self, now: datetime) -> Presence:
        """Whether it can still be downloaded."""
        ended = self.deleted_at is not None or (self.expires_at is not None and self.expires_at <= now)
        return Presence.EXPIRED if ended else Presence.HERE

    def may_download(self, context: TenantContext) -> bool:
        """Whether this person, in this role, may have it from the list of files."""
        return self.tenant_id == context.tenant_id and self.kind.is_for(context, (self.person_id, self.role))


@dataclass(frozen=True, slots=True)
class Room:
    """How much a tenant has stored and may store, in bytes; ``files`` counts what is stored."""

    used_bytes: int
    limit_bytes: int
    files: int

    def fits(self, size_bytes: int) -> bool:
        """Whether a file of this size may be added."""
        return self.used_bytes + size_bytes <= self.limit_bytes

    @property
    def percent(self) -> int:
        """How full it is, cut to a whole number; 100 is full."""
        return self.used_bytes * 100 // self.limit_bytes

    @property
    def words(self) -> str:
        """「1.2 MB / 10.0 GB(0%)」."""
        return f"{size_text(self.used_bytes)} / {size_text(self.limit_bytes)}({self.percent}%)"


class OverQuota(Conflict):
    """The file does not fit into what the tenant may store."""

    def __init__(self, room: Room, size_bytes: int) -> None:
        super().__init__(
            "quota-exceeded",
            f"ファイルの容量の上限を超えるため、保存できません(使用中 {size_text(room.used_bytes)}、"
            f"上限 {size_text(room.limit_bytes)}、今回のファイル {size_text(size_bytes)})。"
            "期限のあるファイルが消えるのを待つか、県の運用管理者に上限を相談してください。",
        )


def size_text(size_bytes: int) -> str:
    """A size as people read it, with one decimal from a megabyte on: 「812 バイト」「34 KB」「1.2 MB」."""
    power = 0
    while power < len(_UNITS) - 1 and size_bytes >= _STEP ** (power + 1):
        power += 1
    unit = _STEP**power
    if power < 2:  # noqa: PLR2004  (below a megabyte nobody counts tenths)
        return f"{size_bytes // unit:,} {_UNITS[power]}"
    tenths = size_bytes * 10 // unit
    return f"{tenths // 10:,}.{tenths % 10} {_UNITS[power]}"
