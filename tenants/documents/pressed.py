"""Zip archives of parts that were compressed beforehand, so that a part many files share is compressed once."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

# APPNOTE.TXT 4.3: signatures, version 2.0 for deflate, method 8, names in UTF-8 (bit 11).
_LOCAL, _CENTRAL, _END = 0x04034B50, 0x02014B50, 0x06054B50
_VERSION, _DEFLATED, _UTF8 = 20, 8, 0x0800
# 1980-01-01 00:00, the first instant a zip can hold: equal contents give equal bytes.
_FIXED_TIME, _FIXED_DATE = 0, 0x21
# Half as much work as the usual 6 for parts a tenth larger; measured on sheets of formulas.
_LEVEL = 4


@dataclass(frozen=True, slots=True)
class Pressed:
    """One part of an archive, compressed: its name, checksum, size before, and the deflated bytes."""

    name: str
    checksum: int
    size: int
    deflated: bytes


def press(name: str, contents: bytes) -> Pressed:
    """Compress one part."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Pressed(name, zlib.crc32(contents), len(contents), packer.compress(contents) + packer.flush())


def zip_pressed(parts: Iterable[Pressed]) -> bytes:
    """One archive of the parts in the order given; its bytes depend on nothing but them."""
    body, directory, count = bytearray(), bytearray(), 0
    for part in parts:
        name = part.name.encode()
        sizes = (part.checksum, len(part.deflated), part.size, len(name), 0)
        stamp = (_VERSION, _UTF8, _DEFLATED, _FIXED_TIME, _FIXED_DATE)
        directory += struct.pack("<IH5H3I5H2I", _CENTRAL, _VERSION, *stamp, *sizes, 0, 0, 0, 0, len(body)) + name
        body += struct.pack("<I5H3I2H", _LOCAL, *stamp, *sizes) + name + part.deflated
        count += 1
    end = struct.pack("<I4H2IH", _END, 0, 0, count, count, len(directory), len(body), 0)
    return bytes(body + directory + end)
