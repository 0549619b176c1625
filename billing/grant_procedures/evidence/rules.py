"""Which files are taken as evidence: by ending and first bytes, so that a paper can still be opened years later."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tenants.errors import Invalid
from tenants.files.rules import FileKind, declare_kind

EVIDENCE = declare_kind(FileKind("grant_evidence", "交付金の証拠書類"))
"""Kept for ever: auditors ask years after a grant was settled (適正化法 keeps no end for repayment orders)."""

_ZIP, _OLE, _JPEG = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xff\xd8\xff"
TYPES: Final[Mapping[str, tuple[str, bytes]]] = {
    "pdf": ("application/pdf", b"%PDF-"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _ZIP),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _ZIP),
    "xls": ("application/vnd.ms-excel", _OLE),
    "doc": ("application/msword", _OLE),
    "jpg": ("image/jpeg", _JPEG),
    "jpeg": ("image/jpeg", _JPEG),
    "png": ("image/png", b"\x89PNG"),
}
"""Ending → media type and how such a file begins: what offices scan to and write."""
ACCEPT = ",".join(f".{one}" for one in TYPES)
ENDINGS_IN_WORDS = "PDF、Excel、Word、JPEG、PNG"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file as it was sent; ``name`` is the sender's and never becomes a path."""

    name: str
    suffix: str
    content: bytes

    @property
    def content_type(self) -> str:
        """The media type of its ending."""
        return TYPES[self.suffix][0]


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A kept file: ``id`` is the number of the note that ties it to a step or cost."""

    id: int
    file_id: int
    name: str
    size_bytes: int
    sha256: str


def evidence_of(name: str, content: bytes) -> Evidence:
    """The file as evidence. Raises Invalid at the field ``file`` for a kind that is not taken or not what it says."""
    suffix = name.rpartition(".")[2].lower()
    if suffix not in TYPES:
        raise _refused("bad-file-kind", f"{ENDINGS_IN_WORDS}のファイルを選んでください。")
    if not content.startswith(TYPES[suffix][1]):
        message = f"ファイルの中身が「.{suffix}」の形式ではありません。開いて確かめ、保存し直してください。"
        raise _refused("bad-file-content", message)
    return Evidence(name, suffix, content)


def _refused(code: str, message: str) -> Invalid:
    return Invalid(code, "入力内容を確かめてください。", {"file": message})
