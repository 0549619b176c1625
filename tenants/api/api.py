"""What every token may ask: what it is itself, and the description of the API."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response
from msgspec import Struct

from tenants.api.answers import answer
from tenants.api.bodies import JSON
from tenants.api.callers import TokenRefused
from tenants.api.fields import Code
from tenants.api.routes import api_read
from tenants.api.rules import ANY_VERB
from tenants.web.routes import EVERYBODY
from tenants.web.visit import visit


class Token(Struct, frozen=True):
    """このトークンでできること。"""

    name: str
    person_name: str
    organisation_code: Code
    organisation_name: str
    role: str
    verbs: list[str]
    expires_at: datetime


@api_read("/token", roles=EVERYBODY, verb=ANY_VERB, summary="このトークンについて", answers=Token)
async def own_token(request: Request[Any, Any, Any]) -> Response[Any]:
    """For whom, in which role, for which verbs and until when this token acts."""
    caller = visit(request).caller
    if caller is None:
        raise TokenRefused
    return answer(
        Token(
            caller.token_name,
            caller.person_name,
            caller.tenant_code,
            caller.tenant_name,
            caller.role.value,
            sorted(caller.verbs),
            caller.expires_at,
        )
    )


@api_read("/openapi.json", roles=EVERYBODY, verb=ANY_VERB, summary="この API の説明書(OpenAPI 3.1)", answers=JSON)
async def openapi(request: Request[Any, Any, Any]) -> Response[Any]:
    """The whole description."""
    return Response(msgspec.json.encode(request.app.state.api_document), media_type=JSON)


HANDLERS = (own_token, openapi)
