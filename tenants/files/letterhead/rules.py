"""Pure rules of the letterhead: how large a mark may be, and how it travels into a document."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime

from tenants.files.images import ImageLimits

LONGEST_UPLOAD_BYTES = 1_500_000
"""A drawn mark has some 50 KB, a scanned one below a megabyte; with the form around it this fits into one request."""
LIMITS = ImageLimits(longest=400, thumbnail=120)
"""Printed 16 mm high this is 600 dots an inch; and the worst noise stays below what a document may embed."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The present mark: its file, and who put it there when."""

    file_id: int
    storage_key: str
    content_type: str
    sha256: str
    changed_at: datetime
    changed_by: str


def data_uri(content: bytes, content_type: str) -> str:
    """The picture as an address documents may load: ours open neither files nor the network."""
    return f"data:{content_type};base64,{b64encode(content).decode()}"
