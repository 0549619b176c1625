"""What this deployment allows of files; told once by the assembly when a process starts."""

from dataclasses import dataclass

DEFAULT_QUOTA_BYTES = 10 * 1024**3
"""10 GiB: a town's papers and exports of a year stay below 100 MiB; the rest is room for years of field photographs,
and forty-two tenants together still fill less than half a terabyte."""

DEFAULT_UPLOAD_BYTES = 20 * 1024**2
"""20 MiB: the largest workbook seen from a utility (one row for each pipe) is about 8 MiB."""


@dataclass(frozen=True, slots=True)
class FilePolicy:
    """The room of a tenant without one of its own and the longest file a person may send, both in bytes, and where the
    virus scanner listens (empty: none)."""

    quota_bytes: int = DEFAULT_QUOTA_BYTES
    clamd_address: str = ""
    upload_max_bytes: int = DEFAULT_UPLOAD_BYTES


_followed = [FilePolicy()]


def follow_policy(policy: FilePolicy) -> None:
    """Will make this process keep to ``policy``."""
    _followed[0] = policy


def policy() -> FilePolicy:
    """What this process keeps to."""
    return _followed[0]
