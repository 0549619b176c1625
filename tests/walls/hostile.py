"""Texts and forms nobody sends by accident."""

from collections.abc import Iterator

from tests.walls.asgi import ABSENT, Client

STRANGE_TEXTS = (
    "%00",
    "%ED%A0%80",
    "%FF%FE",
    "9" * 400,
    "-9223372036854775809",
    "1e309",
    "NaN",
    "%F0%9F%92%A9" * 50,
    "%22%3E%3Cscript%3E",
    "%27%3B--",
    "..%2F..%2Fetc",
    "{{7*7}}",
    "%0D%0ASet-Cookie:%20a=b",
    "",
)
QUERIES = ("before", "from", "to", "person", "action", "next", "done", "page", "after", "version")
FIELDS = (
    "title",
    "fiscal_year",
    "name",
    "unit",
    "as_of",
    "source",
    "amount_yen",
    "version",
    "members",
    "membership",
    "definition",
    "rate",
    "cap_yen",
    "due_date",
    "kind",
    "key_id",
    "member_id",
    "reason",
    "values",
    "pasted",
)


def strange_bodies(token: str, text: str) -> Iterator[tuple[bytes, dict[str, str]]]:
    """The same strange text in every field, and bodies that are no form at all."""
    fields = "&".join(f"{name}={text}" for name in FIELDS)
    yield f"csrf_token={token}&{fields}".encode(), {}
    yield f"csrf_token={token}&{text}={text}&{text}".encode(), {}
    yield f"csrf_token={token}&idempotency_key={text}".encode(), {}
    yield b"\xff\xfe\x00" + text.encode(), {"x-csrf-token": token}
    yield b"{", {"x-csrf-token": token, "content-type": "application/json"}
    yield b"--x\r\nno", {"x-csrf-token": token, "content-type": "multipart/form-data; boundary=x"}
    yield b"a", {"x-csrf-token": token, "content-type": "multipart/form-data"}


def forgeries(client: Client, other: Client) -> Iterator[tuple[dict[str, str] | bytes, dict[str, str]]]:
    """Forms another site, another session or a careless program could send."""
    good = {"csrf_token": client.csrf_token}
    yield {}, {}
    yield {"csrf_token": ""}, {}
    yield {"csrf_token": other.csrf_token}, {}
    yield {"csrf_token": client.csrf_token[:-1]}, {}
    yield {"csrf_token": client.csrf_token + "\x00"}, {}
    yield {"csrf_token": "合言葉"}, {}
    yield b"csrf_token=%ED%A0%80", {}
    yield b"csrf_token=%FF", {}
    yield {}, {"x-csrf-token": "合言葉"}
    yield {}, {"x-csrf-token": ""}
    yield good, {"x-csrf-token": other.csrf_token}
    yield good, {"sec-fetch-site": "cross-site"}
    yield good, {"sec-fetch-site": "same-site"}
    yield good, {"sec-fetch-site": ""}
    yield good, {"sec-fetch-site": ABSENT, "origin": "https://evil.example"}
    yield good, {"sec-fetch-site": ABSENT, "origin": "null"}
