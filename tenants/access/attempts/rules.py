"""Pure rules of counted attempts: how long to wait after how many failures, for an account and for a town.

Never by network address: behind one town's gateway everybody has the same.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

FIRST_DELAY_AT = 5
"""Failures that cost nothing are four: people mistype, and try the password of last year."""
FIRST_DELAY = timedelta(seconds=5)
"""Doubled with each failure: 5, 10, 20, 40, 80 seconds. A person hardly notices, a program is stopped."""
LOCK_AT = 10
"""Failures until the account stands still for a while. With one more try after each lock a guesser gets about a
hundred tries a day; NIST SP 800-63B 3.2.2 allows a hundred in a row."""
LOCK = timedelta(minutes=15)
"""Long enough to stop guessing, short enough that nobody can keep a person out for a working day by accident."""
FORGET_AFTER = timedelta(hours=24)
"""Failures of yesterday do not count against a person who comes back after a holiday."""
TOWN_LIMIT = 100
"""Failures of all accounts of a town in one window: ten accounts guessed to their lock, or one guess at a hundred."""
TOWN_WINDOW = timedelta(minutes=15)
"""As long as an account's lock, so that waiting for one is waiting for the other."""


class Kind(StrEnum):
    """What is counted."""

    PASSWORD = "password"  # noqa: S105  (a word, not a secret)
    SECOND_FACTOR = "second_factor"
    TOWN = "town"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Count:
    """The failures of one subject; ``refused`` were not even looked at, because the subject had to wait."""

    failures: int
    refused: int
    first_failed_at: datetime
    last_failed_at: datetime
    blocked_until: datetime | None


def subject(text: str) -> bytes:
    """What is stored of an account or a town: unknown accounts look like known ones, and no address stands there."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def delay_after(failures: int) -> timedelta:
    """How long a subject must wait after its nth failure."""
    if failures >= LOCK_AT:
        return LOCK
    if failures < FIRST_DELAY_AT:
        return timedelta(0)
    return FIRST_DELAY * (1 << (failures - FIRST_DELAY_AT))


def must_wait(count: Count, now: datetime) -> bool:
    """Whether an attempt at ``now`` is refused unseen."""
    return count.blocked_until is not None and now < count.blocked_until


def after_attempt(count: Count, now: datetime) -> Count:
    """The count with one more attempt of an account, which counts as failed until it is known to be right."""
    if must_wait(count, now):
        return replace(count, refused=count.refused + 1)
    failures = 1 if now - count.last_failed_at >= FORGET_AFTER else count.failures + 1
    wait = delay_after(failures)
    return Count(
        failures=failures,
        refused=count.refused,
        first_failed_at=now if failures == 1 else count.first_failed_at,
        last_failed_at=now,
        blocked_until=now + wait if wait else None,
    )


def after_town_failure(count: Count, now: datetime) -> Count:
    """The count with one more failure of a town; at the limit the town waits until its window is over."""
    fresh = now - count.first_failed_at >= TOWN_WINDOW
    first, failures = (now, 1) if fresh else (count.first_failed_at, count.failures + 1)
    full = failures >= TOWN_LIMIT
    return Count(failures, count.refused, first, now, first + TOWN_WINDOW if full else None)
