"""Pages of evidence: send a file that proves a basis, open it, take it off."""

import asyncio
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.bases.pages import EDITORS, program_and_basis
from billing.bases.register import proving, queries
from billing.bases.register.overview import register_page_of
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.files.policy import policy
from tenants.files.queries import file
from tenants.files.uploads import check_upload, read_upload
from tenants.web.answers import download, say_when_done, see_other
from tenants.web.form_data import Faults, positive_id, read_form, required_text
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.visit import site, visit

_EVIDENCE = "/programs/{program_id:str}/bases/{basis_id:str}/evidence"
_LONGEST_TITLE = 100
say_when_done({"evidence-added": "証拠書類を登録しました。", "evidence-removed": "証拠書類を外しました。"})


@act(_EVIDENCE, roles=EDITORS, uploads=True)
async def add_evidence(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Keeps a file as evidence."""
    form, here = await read_form(request), visit(request)
    program, basis = await program_and_basis(program_id, basis_id)
    try:
        async with savepoint():
            faults = Faults()
            title = required_text(form, "title", "書類の名前", faults, longest=_LONGEST_TITLE, one_line=True)
            faults.raise_if_any()
            sent = await read_upload(request, "file", policy().upload_max_bytes)
            await check_upload(sent.content, here, sent.file_name)
            await proving.add_evidence(here.context, site(request).storage, program.id, basis.id, title, sent, here.now)
    except (Invalid, Conflict) as refused:
        return await register_page_of(request, program, basis, refused=refused, title_typed=form.get("title", ""))
    return see_other(f"/programs/{program.id}/bases/{basis.id}/register", done="evidence-added")


@page(_EVIDENCE + "/{evidence_id:str}", roles=PREFECTURE)
async def evidence(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str], evidence_id: FromPath[str]
) -> Response[Any]:
    """The file."""
    _, basis = await program_and_basis(program_id, basis_id)
    one = await queries.one_evidence(basis.id, positive_id(evidence_id))
    kept = await file(visit(request).context.tenant_id, one.file_id)
    content = await asyncio.to_thread(site(request).storage.for_tenant(kept.tenant_id).get, kept.storage_key)
    suffix = kept.file_name.rpartition(".")[2]
    name = f"basis-{basis.id}-evidence-{one.id}.{suffix}"
    return download(content, file_name=name, content_type=kept.content_type)


@act(_EVIDENCE + "/{evidence_id:str}/removal", roles=EDITORS)
async def remove_evidence(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str], evidence_id: FromPath[str]
) -> Response[Any]:
    """Takes it off the basis."""
    program, basis = await program_and_basis(program_id, basis_id)
    here = visit(request)
    await proving.remove_evidence(here.context, program.id, basis.id, positive_id(evidence_id), here.now)
    return see_other(f"/programs/{program.id}/bases/{basis.id}/register", done="evidence-removed")


HANDLERS = (add_evidence, evidence, remove_evidence)
