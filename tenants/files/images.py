"""Pictures from people: JPEG, PNG and WebP by their bytes, decoded in a process of their own, kept as new pixels only.

Where and when a photograph was taken (EXIF, GPS), colour profiles, comments and whatever else hides in a file stay
behind. SVG, GIF, moving pictures, and files that are two things at once are refused.
"""

import asyncio
import re
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any

from tenants.errors import Invalid
from tenants.files.child import Child, ChildFailed, ChildLimits

MODULE = "tenants.files.decoding"
_AT_ONCE = BoundedSemaphore(2)
"""Pictures one process decodes at the same time: each may take a gigabyte."""
_FOREIGN = re.compile(rb"%PDF-|<script|<html|<svg|<\?php|<!doctype|PK\x05\x06|Rar!\x1a\x07", re.IGNORECASE)
_FACE_BYTES = 1_024
"""Where readers of PDF and HTML look for their beginning."""
_TAIL_BYTES = 65_557
"""Where readers of ZIP look for their end: its record and the longest comment (APPNOTE 4.3.16)."""
_JPEG_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_JPEG_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_REASONS = {
    "svg": "SVGは受け取れません。PNGで保存し直してください。",
    "gif": "GIFは受け取れません。PNGかJPEGで保存し直してください。",
    "heic": "HEICは受け取れません。JPEGで保存し直してください。",
    "other": "画像として読めません。JPEG、PNG、WebPのどれかを選んでください。",
    "unreadable": "画像が壊れているか、途中で切れています。元のファイルを確かめてください。",
    "polyglot": "画像のほかの内容が混ざったファイルは受け取れません。画像を開いて保存し直してください。",
    "animated": "動く画像は受け取れません。動かない画像を選んでください。",
    "pixels": "画像の縦横が大きすぎます。{pixels:,}万画素までに縮めてください。",
    "memory": "画像が大きすぎて開けません。縮めて保存し直してください。",
    "time": "画像を開くのに時間がかかりすぎるため、受け取れません。縮めて保存し直してください。",
}
_TEN_THOUSAND = 10_000


class ImageRefused(Invalid):
    """What was sent is no picture we take; ``reason`` is one word of ``_REASONS``."""

    def __init__(self, reason: str, pixels: int = 0) -> None:
        message = _REASONS[reason].format(pixels=pixels // _TEN_THOUSAND)
        super().__init__(f"image-{reason}", "入力内容を確かめてください。", {"file": message})
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a picture may be and becomes: sides in pixels."""

    longest: int
    """The longest side it is kept with; a larger one is made smaller, a smaller one stays."""
    thumbnail: int = 240
    """The longest side of its small copy: a row of a list shows it sharp on any screen."""
    pixels: int = 40_000_000
    """Read from the header before anything is decoded; today's phones take 12 to 50 million and send fewer."""
    memory_bytes: int = 1024**3
    """Forty million pixels take 160 MB, twice while they are turned, and the process itself some 300."""
    seconds: float = 20
    """Forty million pixels take about three seconds."""


@dataclass(frozen=True, slots=True)
class CleanImage:
    """A picture of our own making, with its small copy; sides in pixels."""

    content: bytes
    content_type: str
    suffix: str
    width: int
    height: int
    thumbnail: bytes


async def reencode(content: bytes, limits: ImageLimits) -> CleanImage:
    """Will make a new picture of what somebody sent. Raises ImageRefused with a message at the field ``file``."""
    return await asyncio.to_thread(_reencode_alone, content, limits)


def _reencode_alone(content: bytes, limits: ImageLimits) -> CleanImage:
    """In a process that ends with this picture: what one file does to it reaches no other."""
    check_form(content)
    with _AT_ONCE, decoder(limits) as child:
        return decode(child, content, limits)


def decoder(limits: ImageLimits) -> Child:
    """A process that decodes pictures."""
    longest_answer = 2 * 4 * limits.longest * limits.longest + 1_000_000  # two copies, four bytes a pixel, and room
    return Child(MODULE, ChildLimits(limits.memory_bytes, limits.seconds, longest_answer))


def decode(child: Child, content: bytes, limits: ImageLimits) -> CleanImage:
    """The picture as ``child`` made it. Raises ImageRefused."""
    request = {"pixels": limits.pixels, "longest": limits.longest, "thumbnail": limits.thumbnail}
    try:
        said, made = child.ask(request, content)
    except ChildFailed as failed:
        raise ImageRefused("time" if failed.too_long else "unreadable") from failed
    if "refused" in said:
        reason = said["refused"]
        raise ImageRefused(reason if reason in _REASONS else "unreadable", limits.pixels)
    return _image(said, made)


def _image(said: dict[str, Any], made: bytes) -> CleanImage:
    """The answer, held to what an answer may be: the child has read a stranger's bytes."""
    types = {"png": ("image/png", "png"), "jpeg": ("image/jpeg", "jpg")}
    content_type, suffix = types.get(str(said.get("kind")), ("", ""))
    whole, width, height = (said.get(name) for name in ("whole", "width", "height"))
    counts = all(isinstance(one, int) and one > 0 for one in (whole, width, height))
    if not content_type or not counts or not isinstance(whole, int) or whole >= len(made):
        raise ImageRefused("unreadable")
    return CleanImage(made[:whole], content_type, suffix, int(width or 0), int(height or 0), made[whole:])


def check_form(content: bytes) -> None:
    """Raises ImageRefused unless the bytes are one whole JPEG, PNG or WebP and nothing else besides."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        end = _end_of_png(content)
    elif content.startswith(b"\xff\xd8\xff"):
        end = _end_of_jpeg(content)
    elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        size = int.from_bytes(content[4:8], "little")
        end = 8 + size + size % 2
    else:
        raise ImageRefused(_named(content))
    if end > len(content):
        raise ImageRefused("unreadable")
    rest = content[end:].lstrip(b"\x00")
    if rest and not (content[0] == 0xFF and rest.startswith(b"\xff\xd8\xff")):  # noqa: PLR2004  (a phone's second view)
        raise ImageRefused("polyglot")
    if _FOREIGN.search(content, 0, _FACE_BYTES) or b"PK\x05\x06" in content[-_TAIL_BYTES:]:
        raise ImageRefused("polyglot")


def _named(content: bytes) -> str:
    head = content[:_FACE_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"gif8"):
        return "gif"
    if b"<svg" in head:
        return "svg"
    return "heic" if content[4:8] == b"ftyp" else "other"


def _end_of_png(content: bytes) -> int:
    """Where the last chunk ends (PNG third edition, 5.3); beyond the content when it is cut off."""
    at = 8
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        at += 12 + length
        if kind == b"IEND":
            return at
    return len(content) + 1


def _end_of_jpeg(content: bytes) -> int:
    """Where the end marker ends (ITU-T T.81, B.1); beyond the content when it is cut off."""
    at, size = 2, len(content)
    while at + 2 <= size and content[at] == 0xFF:  # noqa: PLR2004  (every marker begins with it)
        marker = content[at + 1]
        if marker == 0xFF:  # noqa: PLR2004  (filling)
            at += 1
        elif marker == 0xD9:  # noqa: PLR2004  (end of image)
            return at + 2
        elif marker in _JPEG_WITHOUT_LENGTH:
            at += 2
        else:
            at += 2 + max(int.from_bytes(content[at + 2 : at + 4], "big"), 2)
            if marker == 0xDA:  # noqa: PLR2004  (start of scan: entropy-coded data up to the next marker)
                found = _JPEG_END_OF_SCAN.search(content, at)
                at = found.start() if found else size
    return size + 1
