"""The claim workbook as a download, for people and for programs."""

import asyncio
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.grant_procedures.claims import queries
from billing.grant_procedures.claims.exports import claim_xlsx
from billing.grant_procedures.steps.places import HERE, place
from tenants.calendar import fiscal_year_code
from tenants.documents.text import file_name
from tenants.web.answers import download
from tenants.web.modules import Module
from tenants.web.routes import PREFECTURE, page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@page(HERE + "/claim", roles=PREFECTURE)
async def claim_workbook(
    request: Request[Any, Any, Any],  # noqa: ARG001  (the framework's signature)
    program_id: FromPath[str],
    grant_id: FromPath[str],
) -> Response[Any]:
    """Costs, amounts, payments and the list of evidence as xlsx."""
    return await claim_file(program_id, grant_id)


async def claim_file(program_id: str, grant_id: str) -> Response[Any]:
    """The workbook of an address; raises NotFound."""
    program, grant = await place(program_id, grant_id)
    content = await asyncio.to_thread(claim_xlsx, await queries.claim(program, grant))
    name = file_name(f"{fiscal_year_code(program.fiscal_year)}-p{program.id}-g{grant.id}", "claim", suffix="xlsx")
    return download(content, file_name=name, content_type=XLSX)


MODULE = Module(name="grant_claims", handlers=(claim_workbook,))
