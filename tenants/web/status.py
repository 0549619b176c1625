"""稼働状況: whether the database and the background work answer; for anybody, with nothing about anybody."""

from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from tenants.calendar import JST
from tenants.context import Scope
from tenants.database.engine import current_door
from tenants.database.transaction import open_door
from tenants.files.policy import policy
from tenants.files.virus import is_awake
from tenants.web.answers import render
from tenants.web.rendering import Status
from tenants.web.routes import open_page
from tenants.web.visit import Site, site, visit

_LATE = timedelta(minutes=5)
"""A message waiting longer than this means that no worker is taking work."""


@open_page("/status")
async def status_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """What works now, in words."""
    stay, now = site(request), visit(request).now
    database, work = await _checks(stay, now)
    scanner = await _scanner()
    well = database.kind == "success" and work.kind == "success" and scanner.kind != "danger"
    overall = (
        {"label": "正常", "kind": "success", "sentence": "すべての機能をお使いいただけます。"}
        if well
        else {"label": "一部に支障", "kind": "warning", "sentence": "操作の一部に時間がかかることがあります。"}
    )
    return render(
        request,
        "status.html",
        title="稼働状況",
        breadcrumb=[("今週やること", "/"), ("稼働状況", None)],
        overall=overall,
        checks=[
            {"label": "画面と記録", "status": database, "detail": "記録の読み書き", "checked_at": now},
            {"label": "時間のかかる処理", "status": work, "detail": "計算・書類作成", "checked_at": now},
            {
                "label": "ファイルのウイルス検査",
                "status": scanner,
                "detail": "送られたファイルの受け取り",
                "checked_at": now,
            },
        ],
        version=stay.version,
    )


async def _checks(stay: Site, now: datetime) -> tuple[Status, Status]:
    try:
        async with open_door(stay.pool, Scope.JOBS, read_only=True):
            rows = await current_door().execute(
                "SELECT count(*) AS late FROM outbox WHERE available_at < $1", (now.astimezone(JST) - _LATE,)
            )
    except (OperationalError, PoolTimeout):
        return Status("停止中", "danger"), Status("確かめられません", "warning")
    late = int(rows[0]["late"])
    return Status("正常", "success"), Status("遅れています", "warning") if late else Status("正常", "success")


async def _scanner() -> Status:
    """Whether uploads are looked at; while a scanner that is set up does not answer nothing is taken."""
    address = policy().clamd_address
    if not address:
        return Status("設定されていません", "neutral")
    return Status("正常", "success") if await is_awake(address) else Status("受け取りを止めています", "danger")


HANDLERS = (status_page,)
