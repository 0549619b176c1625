"""Jobs as lists, without the parts a job consists of: a person's own, and for administrators everybody's."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tenants.calendar import JST, japanese_date
from tenants.context import Scope, TenantContext
from tenants.jobs.rules import ADMINISTRATORS, State
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, Row
from tenants.web.rendering import Status
from tenants.web.routes import EVERYBODY

WORKERS = frozenset(role for role in EVERYBODY if role.scope in {Scope.PREFECTURE, Scope.TOWN})
_STATE = (
    "CASE WHEN j.cancel_requested_at IS NOT NULL AND j.state NOT IN ('done', 'parked', 'cancelled') THEN 'cancelling' "
    "WHEN j.state = 'waiting' THEN 'running' ELSE j.state END"
)
"""Two states read 処理しています; people choose between what they can tell apart."""
_CANCELLING = Status("取り消し中", "warning")


def _own(context: TenantContext) -> tuple[list[str], list[Any]]:
    return ["j.tenant_id = {}", "j.person_id = {}", "j.parent_id IS NULL"], [context.tenant_id, context.person_id]


def _everybodys(context: TenantContext) -> tuple[list[str], list[Any]]:
    return ["j.tenant_id = {}", "j.parent_id IS NULL"], [context.tenant_id]


def _status(row: Row) -> Status:
    return _CANCELLING if row["state"] == "cancelling" else State(row["state"]).status


def result_text(expires_at: datetime | None, *, over: bool) -> str | None:
    """Until when a result can be fetched; None when it stays or there is none."""
    if expires_at is None:
        return None
    return "期限が過ぎました" if over else f"{japanese_date(expires_at.astimezone(JST).date())}まで"


def _result(row: Row) -> list[dict[str, str]]:
    has_result = row["result"] and not row["result_over"]
    return [{"label": row["result_label"], "url": row["result"]}] if has_result else []


JOBS = register(
    ListSpec(
        name="jobs",
        caption="処理の一覧",
        url="/jobs",
        source="FROM job j",
        columns=(
            Column(
                "title",
                "処理",
                "j.title",
                searched=True,
                row_header=True,
                url=lambda row: f"/jobs/{row['list_key']}",
            ),
            Column(
                "state",
                "状態",
                _STATE,
                "status",
                value=lambda row: _status(row).label,
                cell=_status,
                filter=Filter.CHOICE,
                choices=(
                    *((one.value, one.status.label) for one in State if one is not State.WAITING),
                    ("cancelling", _CANCELLING.label),
                ),
            ),
            Column(
                "progress",
                "進み具合",
                "j.done_count",
                "code",
                value=lambda row: f"{row['progress']} / {row['total_count']}",
            ),
            Column("created_at", "受付", "j.created_at", "datetime", sortable=True, filter=Filter.PERIOD),
            Column("result", "結果", "j.result_url", "actions", cell=_result, exported=False),
            Column(
                "until",
                "受け取れる期限",
                "j.result_expires_at",
                value=lambda row: result_text(row["until"], over=row["result_over"]),
            ),
            Column("message", "最後の知らせ", "j.message", shown=False),
        ),
        extra=("j.result_label", "j.total_count", "coalesce(j.result_expires_at <= now(), false) AS result_over"),
        roles=WORKERS,
        base=_own,
        key="j.id",
        order="-created_at",
        search_hint="処理の名前の一部",
        empty_text="まだ処理はありません。書類の作成や取り込みを頼むと、ここに並びます。",
    )
)
EVERYBODYS_JOBS = register(
    replace(
        JOBS,
        name="organisation-jobs",
        caption="団体のすべての処理",
        fixed=(("whose", "all"),),
        columns=(
            JOBS.columns[0],
            Column("person", "頼んだ人", "j.person_name", searched=True),
            *JOBS.columns[1:],
        ),
        roles=ADMINISTRATORS,
        base=_everybodys,
        search_hint="処理の名前、頼んだ人の一部",
    )
)
