"""Pure rules of seals: what a seal says, how each leads on to the next, and what a comparison finds."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from tenants.web.rendering import Status, StatusKind

FORM = 1
"""Which columns of an event the fingerprint covers; a new column of the trail means a new form."""


@dataclass(frozen=True, slots=True)
class DayDigest:
    """What the trail holds of one day (Japanese time): how many events, and the SHA-256 over them in order."""

    day: date
    event_count: int
    events_sha256: str


@dataclass(frozen=True, slots=True)
class Seal:
    """What the trail held of one day when it was sealed; ``sha256`` covers it and the seal before."""

    day: date
    form: int
    event_count: int
    events_sha256: str
    previous_sha256: str
    sha256: str


class Verdict(StrEnum):
    """What the comparison of one day found."""

    INTACT = "intact"
    UNCOMPARED = "uncompared"
    WAITING = "waiting"
    CHANGED = "changed"
    UNSEALED = "unsealed"
    SEAL_LOST = "seal_lost"
    CHAIN_BROKEN = "chain_broken"
    COPY_MISSING = "copy_missing"
    COPY_DIFFERS = "copy_differs"

    @property
    def is_trouble(self) -> bool:
        """Whether somebody must look into it."""
        return self not in {Verdict.INTACT, Verdict.UNCOMPARED, Verdict.WAITING}

    @property
    def status(self) -> Status:
        """The words and the shape people see."""
        kind: StatusKind = "danger" if self.is_trouble else "success" if self is Verdict.INTACT else "neutral"
        return Status(_LABELS[self], kind)


_LABELS = {
    Verdict.INTACT: "封印のとおり",
    Verdict.UNCOMPARED: "記録は封印のとおり(控えは未確認)",
    Verdict.WAITING: "封印前(翌日の未明に封印します)",
    Verdict.CHANGED: "封印の後に変わっています",
    Verdict.UNSEALED: "封印の後に加えられた日です",
    Verdict.SEAL_LOST: "封印が失われています",
    Verdict.CHAIN_BROKEN: "前の封印とつながりません",
    Verdict.COPY_MISSING: "控えがありません",
    Verdict.COPY_DIFFERS: "控えと違います",
}


@dataclass(frozen=True, slots=True)
class DayCheck:
    """One day as the comparison found it."""

    day: date
    event_count: int
    sha256: str
    verdict: Verdict


def seal_day(tenant_id: int, digest: DayDigest, previous_sha256: str) -> Seal:
    """The seal of a day that follows the seal ``previous_sha256`` (empty for the first)."""
    sha256 = _sha256(tenant_id, digest.day, FORM, digest.event_count, digest.events_sha256, previous_sha256)
    return Seal(digest.day, FORM, digest.event_count, digest.events_sha256, previous_sha256, sha256)


def _sha256(tenant_id: int, day: date, form: int, count: int, events_sha256: str, previous_sha256: str) -> str:
    text = "\n".join((str(tenant_id), day.isoformat(), str(form), str(count), events_sha256, previous_sha256))
    return hashlib.sha256(text.encode()).hexdigest()


def copy_of(tenant_id: int, seal: Seal) -> bytes:
    """The seal as it stands in the storage: the same bytes whenever it is written."""
    fields = {
        "tenant": tenant_id,
        "day": seal.day.isoformat(),
        "form": seal.form,
        "events": seal.event_count,
        "events_sha256": seal.events_sha256,
        "previous_sha256": seal.previous_sha256,
        "sha256": seal.sha256,
    }
    return json.dumps(fields, indent=1).encode() + b"\n"


def copy_parts(day: date) -> tuple[str, str, str]:
    """Where the copy stands below the tenant's prefix: one folder a month."""
    return ("trail-seals", f"{day:%Y-%m}", f"{day.isoformat()}.json")


def copy_day(key: str) -> date | None:
    """The day a copy is of, from its key; None for anything else that lies there."""
    try:
        return date.fromisoformat(key.rsplit("/", 1)[-1].removesuffix(".json"))
    except ValueError:
        return None


def compare(
    tenant_id: int,
    seals: Sequence[Seal],
    digests: Sequence[DayDigest],
    copies: Mapping[date, bytes] | None,
    days: tuple[date, date],
) -> list[DayCheck]:
    """What is to be said of each day from ``days[0]`` up to but not including ``days[1]``, oldest first.

    ``seals`` are all the tenant has, oldest first; ``digests`` and ``copies`` those of the days asked for. ``copies``
    is None when the storage could not be asked.
    """
    before = dict(zip((one.day for one in seals), ("", *(one.sha256 for one in seals)), strict=False))
    sealed, held = {one.day: one for one in seals}, {one.day: one for one in digests}
    last = seals[-1].day if seals else date.min
    found = []
    for day in sorted({*sealed, *held, *(copies or ())}):
        if not days[0] <= day < days[1]:
            continue
        seal, digest = sealed.get(day), held.get(day)
        copy = None if copies is None else copies.get(day)
        if seal is None:
            verdict = Verdict.SEAL_LOST if copy is not None else Verdict.UNSEALED if day <= last else Verdict.WAITING
        else:
            verdict = _verdict(tenant_id, seal, digest, before[day], copy, asked=copies is not None)
        count = digest.event_count if digest else 0
        found.append(DayCheck(day, count, seal.sha256 if seal else "", verdict))
    return found


def _verdict(
    tenant_id: int, seal: Seal, digest: DayDigest | None, previous: str, copy: bytes | None, *, asked: bool
) -> Verdict:
    own = _sha256(tenant_id, seal.day, seal.form, seal.event_count, seal.events_sha256, seal.previous_sha256)
    if seal.sha256 != own or seal.previous_sha256 != previous:
        return Verdict.CHAIN_BROKEN
    if digest is None or (digest.event_count, digest.events_sha256) != (seal.event_count, seal.events_sha256):
        return Verdict.CHANGED
    if not asked:
        return Verdict.UNCOMPARED
    if copy is None:
        return Verdict.COPY_MISSING
    return Verdict.INTACT if copy == copy_of(tenant_id, seal) else Verdict.COPY_DIFFERS


def month_of(text: str, today: date) -> tuple[date, date]:
    """The first day of the month named (2026-11) and of the next; this month for anything else."""
    try:
        first = datetime.strptime(text, "%Y-%m").replace(day=1).date()  # noqa: DTZ007  (a month has no time zone)
    except ValueError:
        first = today.replace(day=1)
    if not 2000 <= first.year <= today.year:  # noqa: PLR2004  (no trail is older)
        first = today.replace(day=1)
    return first, next_month(first)


def next_month(first: date) -> date:
    """The first day of the following month."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def previous_month(first: date) -> date:
    """The first day of the month before."""
    return date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
