"""How many requests a token may send: a bucket per token, in the memory of the web process.

It protects a process from a program that runs wild, and is no quota: with several web processes a token may send so
many requests to each. Kept in memory, it costs no write for a request that only reads.
"""

from dataclasses import dataclass, field

PER_MINUTE = 600
"""Ten requests a second: a nightly exchange of a whole program needs a few hundred, a loop without end a lot more."""
_MOST_BUCKETS = 10_000
"""Full buckets are forgotten beyond this number; a full bucket says nothing."""
_MINUTE = 60.0


@dataclass
class RateLimit:
    """The buckets of all tokens of this process; times are seconds of a monotonic clock."""

    per_minute: int = PER_MINUTE
    _buckets: dict[int, tuple[float, float]] = field(default_factory=dict)

    def wait_seconds(self, token_id: int, now: float) -> int:
        """Takes one request from the token's bucket; 0 when it may pass, else whole seconds until the next may."""
        left, since = self._buckets.get(token_id, (float(self.per_minute), now))
        left = min(self.per_minute, left + (now - since) * self.per_minute / _MINUTE)
        if left < 1:
            self._buckets[token_id] = (left, now)
            return int((1 - left) * _MINUTE / self.per_minute) + 1
        self._buckets[token_id] = (left - 1, now)
        if len(self._buckets) > _MOST_BUCKETS:
            self._forget_full(now)
        return 0

    def _forget_full(self, now: float) -> None:
        self._buckets = {
            token: (left, since)
            for token, (left, since) in self._buckets.items()
            if left + (now - since) * self.per_minute / _MINUTE < self.per_minute
        }
