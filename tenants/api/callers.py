"""Who asks through the API: the token of the Authorization header, its rate, and when it was last used."""

import logging
import time
from typing import Any

from litestar import Request

from tenants.api.operations import touch_token
from tenants.api.queries import caller_behind
from tenants.api.rate import RateLimit
from tenants.api.rules import USED_AFTER, Caller, is_api_token
from tenants.context import Scope
from tenants.database.transaction import Pool, open_door
from tenants.errors import NotAllowed
from tenants.web.visit import Visit

logger = logging.getLogger(__name__)
_SCHEME = "bearer "


class TokenRefused(NotAllowed):
    """No token, a damaged one, an ended one, or one whose person or membership has ended: one answer for all."""

    def __init__(self) -> None:
        super().__init__(
            "token-refused",
            "有効なAPIトークンが必要です。見出し Authorization: Bearer に、期限内のトークンを付けてください。",
        )


class TooManyRequests(NotAllowed):
    """The token asks faster than one program should."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            "too-many-requests", f"短い時間に依頼が集中しています。{wait_seconds}秒待ってから続けてください。"
        )
        self.wait_seconds = wait_seconds


async def find_caller(request: Request[Any, Any, Any], visit: Visit) -> Caller:
    """In the identity scope: whose token this is. Cookies are not looked at. Raises TokenRefused, TooManyRequests."""
    header = request.headers.get("authorization", "")
    token = header[len(_SCHEME) :].strip()
    if not header.lower().startswith(_SCHEME) or not is_api_token(token):
        raise TokenRefused
    caller = await caller_behind(token, visit.now, visit.now.date())
    if caller is None:
        raise TokenRefused
    rate: RateLimit = request.app.state.token_rate
    if wait := rate.wait_seconds(caller.token_id, time.monotonic()):
        raise TooManyRequests(wait)
    return caller


async def note_use_of_token(visit: Visit, pool: Pool) -> None:
    """Will note the time of use, to the minute, after the answer is on its way."""
    caller = visit.caller
    if caller is None or (caller.last_used_at is not None and visit.now - caller.last_used_at < USED_AFTER):
        return
    try:
        async with open_door(pool, Scope.IDENTITY) as door:
            door.may_miss = True  # the membership may have ended in this very request
            await touch_token(caller.token_id, visit.now)
    except Exception:  # the edge: the answer is already with the program
        logger.exception("the token's last use was not written", extra={"request_id": visit.request_id})
