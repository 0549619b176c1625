"""Evidence as a form sends it: a file that may be left out, looked at before anything is done with it."""

from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from billing.grant_procedures.evidence.rules import Evidence, evidence_of
from tenants.files.policy import policy
from tenants.files.uploads import check_upload, read_upload
from tenants.web.form_data import sent_form
from tenants.web.visit import visit


async def sent_evidence(request: Request[Any, Any, Any], field: str = "file") -> Evidence | None:
    """The file of the form, or None when none was chosen. Raises Invalid, VirusFound, UploadsRest."""
    sent = (await sent_form(request)).get(field)
    if not isinstance(sent, UploadFile) or not sent.filename:
        return None
    upload = await read_upload(request, field, policy().upload_max_bytes)
    await check_upload(upload.content, visit(request), upload.file_name)
    return evidence_of(upload.file_name, upload.content)


async def wanted_evidence(request: Request[Any, Any, Any], field: str = "file") -> Evidence:
    """The file of a form that is about a file. Raises Invalid also when none was chosen."""
    upload = await read_upload(request, field, policy().upload_max_bytes)
    await check_upload(upload.content, visit(request), upload.file_name)
    return evidence_of(upload.file_name, upload.content)
