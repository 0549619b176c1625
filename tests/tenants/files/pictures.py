"""Pictures a test sends: small, real, and each kind of strange."""

import io
import struct
import zlib
from typing import Any

from PIL import Image


def picture(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    """A picture with something in it."""
    made = io.BytesIO()
    image = Image.radial_gradient("L").resize(size).convert(mode)
    if mode == "RGBA":
        image.putalpha(128)
    image.save(made, kind, **options)
    return made.getvalue()


def photograph() -> bytes:
    """A JPEG as a phone makes it: lying on its side, with the place it was taken."""
    notes = Image.Exif()
    notes[0x0112] = 6  # turn by 90 degrees to stand upright
    notes[0x010F] = "SecretMaker"
    place = notes.get_ifd(0x8825)
    place[2] = (34.0, 41.0, 24.0)
    place[1] = "N"
    return picture("JPEG", exif=notes.tobytes(), comment=b"SecretComment", icc_profile=b"SecretProfile" * 20)


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack("!I", len(content)) + kind + content + struct.pack("!I", zlib.crc32(kind + content))


def huge_png(side: int = 13_000) -> bytes:
    """169 million pixels of nothing in some 20 KB."""
    header = struct.pack("!IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = b"\x00" * (1 + side // 8)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def with_profile_bomb(megabytes: int = 200) -> bytes:
    """A PNG whose colour profile unpacks to far more than it is."""
    whole = picture("PNG")
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(megabytes)) + packer.flush()
    return whole[:33] + chunk(b"iCCP", b"x\x00\x00" + bomb) + whole[33:]
