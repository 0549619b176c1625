"""What a field may be sent instead of what its page offers: by kind, each as the bytes of the body."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from tests.walls.found_forms import Control, Form

LONG = 10_000
TEXTS: dict[str, bytes] = {
    "empty": b"",
    "blank": "  　 ".encode(),
    "long": b"A" * LONG,
    "long wide": "市".encode() * LONG,
    "NUL": b"a\x00b",
    "lone surrogate": b"\xed\xa0\x80",
    "half a character": b"\xe5\xb8",
    "Shift_JIS": "猪名川町".encode("shift_jis"),
    "UTF-16": "猪名川町".encode("utf-16"),
    "turned direction": "町\u202ecod.exe".encode(),
    "control characters": b"a\x01\x07\x08\x1b[2J\x7f",
    "line breaks": b"a\r\nSet-Cookie: a=b\r\n\r\nb",
    "line separator": "a\u2028b\u2029c".encode(),
    "no character": "\ufffe\uffff".encode(),
    "marks on marks": ("a" + "\u0300" * 400).encode(),
    "emoji": "👨‍👩‍👧‍👦🏴‍☠️".encode(),
    "beyond 64 bits": b"18446744073709551616",
    "least integer": b"-9223372036854775809",
    "4,000 digits": b"9" * 4_000,
    "negative": b"-1",
    "float": b"1.5",
    "exponent": b"1e309",
    "NaN": b"NaN",
    "infinity": b"-Infinity",
    "wide digits": "１２３".encode(),
    "Arabic digits": "١٢٣".encode(),
    "fraction of nothing": b"1/0",
    "long fraction": b"1/" + b"9" * 3_000,
    "impossible date": "令和99年13月32日".encode(),
    "year 0": b"0000-00-00",
    "SQL": b"1'; DROP TABLE program; --",
    "SQL wide": "＇ OR 1=1".encode(),
    "HTML": b"\"'><script>alert(1)</script><img src=x onerror=alert(1)>",
    "comment": b"--><!--<textarea></form>",
    "template": b"{{ 7*7 }}{% for x in y %}${7*7}#{7*7}",
    "format": b"%s%n{0.__class__}",
    "formula": b'=HYPERLINK("http://evil.example","x")',
    "formula at": b"@SUM(1+1)*cmd|' /C calc'!A0",
    "path": b"../../../../etc/passwd",
    "address": b"javascript:alert(1)",
    "elsewhere": b"https://evil.example/",
    "header": b"a@example.jp\r\nBcc: b@example.jp",
    "JSON": b'{"a": [' * 500,
    "true": b"true",
    "null": b"null",
}
FILES: dict[str, tuple[bytes, str, str]] = {
    "no file": (b"", "", "application/octet-stream"),
    "empty file": (b"", "a.xlsx", "application/octet-stream"),
    "text as workbook": (b"a,b\n1,2\n", "a.xlsx", "application/zip"),
    "half a ZIP": (b"PK\x03\x04" + b"\x00" * 40, "a.xlsx", "application/zip"),
    "picture as CSV": (b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, "a.csv", "text/csv"),
    "program": (b"MZ\x90\x00", "a.exe", "application/x-msdownload"),
    "page": (b"<script>alert(1)</script>", "a.html", "text/html"),
    "drawing": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg", "image/svg+xml"),
    "path as name": (b"a,b\n", "../../a.csv", "text/csv"),
    "name of 3,000": (b"a,b\n", "a" * 3_000 + ".csv", "text/csv"),
    "hostile name": (b"a,b\n", "<img src=x onerror=alert(1)>.csv", "text/csv"),
    "NUL in CSV": (b"a,b\n\x00,\x00\n", "a.csv", "text/csv"),
    "Shift_JIS CSV": ("団体コード,値\n280003,１\n".encode("shift_jis"), "a.csv", "text/csv"),
    "endless line": (b"," * 200_000, "a.csv", "text/csv"),
}
_UNTOUCHED = frozenset({"csrf_token"})
"""Forged tokens are the route sweep's; here every request comes from the page it belongs to."""
_BOUNDARY = "yui-boundary-7MA4YWxkTrZu0gW"


@dataclass(frozen=True)
class Probe:
    """One field of one form, and what is done to it; ``text`` and ``file`` are the key above."""

    form: str
    field: str
    what: str


def probes_of(form: Form) -> Iterator[Probe]:
    """Everything that can be done to every field of the form."""
    for name in dict.fromkeys(one.name for one in form.controls if one.name not in _UNTOUCHED):
        kinds = {one.kind for one in form.controls if one.name == name}
        yield Probe(form.kind, name, "missing")
        yield Probe(form.kind, name, "repeated")
        yield Probe(form.kind, name, "text for a file" if kinds == {"file"} else "file for a text")
        for what in FILES if kinds == {"file"} else TEXTS:
            yield Probe(form.kind, name, what)


def chosen(forms: dict[str, Form], count: int, seed: int) -> list[Probe]:
    """At least ``count`` probes where there are so many: of every field in turn, in an order drawn by ``seed``."""
    draw = random.Random(seed)  # noqa: S311  (a repeatable order, no secret)
    by_field: dict[tuple[str, str], list[Probe]] = {}
    for form in forms.values():
        for probe in probes_of(form):
            by_field.setdefault((probe.form, probe.field), []).append(probe)
    for probes in by_field.values():
        draw.shuffle(probes)
    picked: list[Probe] = []
    while len(picked) < count and any(by_field.values()):
        picked += [probes.pop() for probes in by_field.values() if probes]
    return sorted(picked, key=lambda one: one.form)


def body_of(form: Form, probe: Probe) -> tuple[bytes, str]:
    """The body with one field as the probe wants it and the others as the page offers them; its content type."""
    parts: list[tuple[str, bytes, tuple[str, str] | None]] = []
    done = False
    for control in form.controls:
        if control.name != probe.field:
            parts.append((control.name, control.value.encode(), None))
        elif not done:
            done = True
            parts += _changed(control, probe)
    if form.multipart or any(file is not None for _, _, file in parts):
        return _multipart(parts), f"multipart/form-data; boundary={_BOUNDARY}"
    text = "&".join(f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}" for name, value, _ in parts)
    return text.encode(), "application/x-www-form-urlencoded"


def _changed(control: Control, probe: Probe) -> list[tuple[str, bytes, tuple[str, str] | None]]:
    name, value = control.name, control.value.encode()
    if probe.what == "missing":
        return []
    if probe.what == "repeated":
        return [(name, value, None), (name, b"'\"<b>", None), (name, value, None)]
    if probe.what == "file for a text":
        return [(name, b"PK\x03\x04", ("a.xlsx", "application/zip"))]
    if probe.what == "text for a file":
        return [(name, b"a,b", None)]
    if control.kind == "file":
        content, file_name, kind = FILES[probe.what]
        return [(name, content, (file_name, kind))]
    return [(name, TEXTS[probe.what], None)]


def _multipart(parts: list[tuple[str, bytes, tuple[str, str] | None]]) -> bytes:
    body = b""
    for name, value, file in parts:
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
        if file is not None:
            head += f'; filename="{file[0]}"\r\nContent-Type: {file[1]}'
        body += head.encode() + b"\r\n\r\n" + value + b"\r\n"
    return body + f"--{_BOUNDARY}--\r\n".encode()
