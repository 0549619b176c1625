"""Zip archives whose bytes depend on their contents only."""

import io
import zipfile
from collections.abc import Iterable
from typing import Any, BinaryIO

# The first instant a zip can hold; a real one would make two equal documents differ.
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
# Files readable by their owner and everybody, as a plain archive from an office computer has them.
_FILE_MODE = 0o644 << 16


class FixedZip(zipfile.ZipFile):
    """A zip file that stamps every entry with the same instant and mode."""

    def writestr(
        self,
        zinfo_or_arcname: Any,
        data: Any,
        compress_type: int | None = None,
        compresslevel: int | None = None,
    ) -> None:
        """Add ``data`` (``str`` or ``bytes``) under a name, with the fixed stamp."""
        name = zinfo_or_arcname if isinstance(zinfo_or_arcname, str) else zinfo_or_arcname.filename
        info = zipfile.ZipInfo(name, _FIXED_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = _FILE_MODE
        info.create_system = 3  # Unix whatever the machine, so bytes agree everywhere
        super().writestr(info, data, compress_type, compresslevel)


def zip_into(target: BinaryIO, files: Iterable[tuple[str, bytes]]) -> None:
    """Will write one archive of ``(name, contents)`` in the order given; holds one file at a time.

    Raises ``ValueError`` when a name comes twice.
    """
    with FixedZip(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in files:
            if name in archive.NameToInfo:
                raise ValueError(f"{name} stands twice in the archive")
            archive.writestr(name, contents)


def zip_files(files: Iterable[tuple[str, bytes]]) -> bytes:
    """The same in memory, for archives known to be small."""
    buffer = io.BytesIO()
    zip_into(buffer, files)
    return buffer.getvalue()
