"""Requests that carry a file: received before the transaction opens, so that a slow line holds no connection."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request

from tenants.context import Scope
from tenants.database.transaction import open_door
from tenants.web.csrf import check_origin
from tenants.web.form_data import sent_form
from tenants.web.routes import check_role
from tenants.web.visit import Site


async def receive_file(
    request: Request[Any, Any, Any], site: Site, find_session: Callable[[], Awaitable[None]]
) -> None:
    """Will receive the whole form, files on disk, from somebody who may send one; who may not is stopped before.

    Raises what ``find_session`` raises, ForgedRequest, NotAllowed, Invalid for a form nobody's browser made.
    """
    check_origin(request)
    async with open_door(site.pool, Scope.IDENTITY, read_only=True):
        await find_session()
    check_role(request, request.scope["route_handler"])
    await sent_form(request)
