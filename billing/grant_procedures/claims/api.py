"""The API of claim workbooks: the same file as the page gives."""

from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.grant_procedures.claims.pages import XLSX, claim_file
from billing.grant_procedures.steps.places import HERE
from tenants.api.routes import api_read
from tenants.web.routes import PREFECTURE


@api_read(
    HERE + "/claim", roles=PREFECTURE, verb="procedures:read", summary="請求・実績報告の資料(Excel)", answers=XLSX
)
async def grant_claim(
    request: Request[Any, Any, Any],  # noqa: ARG001  (the framework's signature)
    program_id: FromPath[str],
    grant_id: FromPath[str],
) -> Response[Any]:
    """Costs, amounts, payments and the list of evidence as xlsx."""
    return await claim_file(program_id, grant_id)


HANDLERS = (grant_claim,)
