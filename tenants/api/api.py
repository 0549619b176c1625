"""What every token may ask: what it is itself."""

from datetime import datetime
from typing import Any

from litestar import Request, Response
from msgspec import Struct

from tenants.api.answers import answer
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


HANDLERS = (own_token,)
