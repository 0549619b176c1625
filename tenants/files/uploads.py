"""What people send: read once with its limit, and looked at by the virus scanner before anything else is done."""

from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from tenants.audit.trail import Subject
from tenants.errors import Conflict, Invalid
from tenants.files.policy import policy
from tenants.files.rules import size_text
from tenants.files.virus import ScannerAway, find_virus
from tenants.web.visit import RefusedAct, Visit

_LONGEST_NAME = 100
"""Characters of a file's name that the trail keeps."""


class VirusFound(Invalid):
    """The scanner knows something in the content."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "virus-found",
            "入力内容を確かめてください。",
            {
                "file": f"このファイルからウイルスが見つかったため、受け取りませんでした(検出名 {name})。"
                "所属の情報セキュリティ担当に知らせてください。"
            },
        )


class UploadsRest(Conflict):
    """The scanner is set up and does not answer: nothing is taken unlooked at."""

    def __init__(self) -> None:
        super().__init__(
            "upload-check-away",
            "ただいまファイルのウイルス検査ができないため、受け取れません。しばらくしてから、もう一度お試しください。",
        )


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as it was sent; the name is the sender's and never becomes a path."""

    file_name: str
    content: bytes


async def read_upload(request: Request[Any, Any, Any], field: str, longest_bytes: int) -> Upload:
    """The file sent under ``field``. Raises Invalid when there is none, it is empty, or longer than allowed."""
    sent = (await request.form()).get(field)
    if not isinstance(sent, UploadFile):
        raise _refused(field, "file-missing", "ファイルを選んでください。")
    content = await sent.read(longest_bytes + 1)
    await sent.close()
    if not content:
        raise _refused(field, "file-empty", "ファイルが選ばれていないか、中身が空です。")
    if len(content) > longest_bytes:
        raise _refused(
            field, "file-too-large", f"ファイルが大きすぎます。{size_text(longest_bytes)}までの大きさにしてください。"
        )
    return Upload((sent.filename or "")[-_LONGEST_NAME:], content)


async def check_upload(content: bytes, here: Visit, file_name: str = "") -> None:
    """Will let clamd look at what somebody sent; every upload passes here before it is opened or kept.

    Raises VirusFound, which also goes into the tenant's trail although the request is rolled back, and UploadsRest
    when a scanner is set up and does not answer. Without a scanner everything passes.
    """
    address = policy().clamd_address
    if not address:
        return
    try:
        found = await find_virus(address, content)
    except ScannerAway as away:
        raise UploadsRest from away
    if found:
        subject = Subject("upload", here.request_id, file_name[-_LONGEST_NAME:])
        here.refused_acts.append(RefusedAct("refuse_infected_file", subject, {"virus": found, "bytes": len(content)}))
        raise VirusFound(found)


def _refused(field: str, code: str, message: str) -> Invalid:
    return Invalid(code, "入力内容を確かめてください。", {field: message})
