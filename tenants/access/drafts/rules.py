"""Pure rules of drafts: which fields are kept, for how long, and to which page they return."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

DRAFT_LIFE = timedelta(minutes=30)
"""As long as an idle session: whoever does not come back by then does not miss it."""
LARGEST = 150_000
"""Bytes of a kept form; a pasted table of 1,741 members stays below."""
MOST_PER_PERSON = 5
"""Drafts one person can have waiting, in several tabs; more would only be storage for a stranger's script."""
LIST_PAGE = "/draft"
"""Where a draft is shown as plain text when its form cannot be found."""
_LONGEST_PATH = 2_000
_NEVER = ("csrf_token", "idempotency_key", "code")


@dataclass(frozen=True, slots=True)
class Draft:
    """A form that was sent without a session: where to, and its fields with every value in order."""

    id: int
    action: str
    page_path: str
    fields: Mapping[str, list[str]]


def kept_fields(sent: Iterable[tuple[str, object]]) -> dict[str, list[str]]:
    """The text fields that may be kept: no tokens, no passwords, no codes, no files."""
    fields: dict[str, list[str]] = {}
    for name, value in sent:
        if isinstance(value, str) and name not in _NEVER and "password" not in name:
            fields.setdefault(name, []).append(value)
    return fields


def packed(action: str, fields: Mapping[str, list[str]]) -> bytes | None:
    """What is sealed; None when there is nothing to keep, or too much."""
    content = json.dumps({"action": action, "fields": fields}).encode()
    return content if fields and len(content) <= LARGEST else None


def unpacked(content: bytes) -> tuple[str, dict[str, list[str]]]:
    """Action and fields of a sealed draft."""
    data = json.loads(content)
    return data["action"], data["fields"]


def page_of(referer: str, host: str) -> str:
    """The page the form stood on, as a path of ours; the plain list when the browser does not say."""
    parts = urlsplit(referer)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    ours = parts.netloc == host and path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if ours and len(path) <= _LONGEST_PATH and path.isascii() and path.isprintable() else LIST_PAGE
