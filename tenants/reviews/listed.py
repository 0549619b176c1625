"""An organisation's reviews of accounts as a list."""

from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, Row, own_rows
from tenants.people.rules import ADMINISTRATING
from tenants.reviews.rules import status_of_review
from tenants.web.rendering import Status


def _status(row: Row) -> Status:
    return status_of_review(row["state"], late=row["late"])


REVIEWS = register(
    ListSpec(
        name="reviews",
        caption="棚卸し",
        url="/reviews",
        source="FROM review v",
        columns=(
            Column(
                "title",
                "名前",
                "v.title",
                sortable=True,
                searched=True,
                row_header=True,
                url=lambda row: f"/reviews/{row['list_key']}",
            ),
            Column("as_of", "基準日", "v.as_of", "date", sortable=True, filter=Filter.PERIOD),
            Column("deadline", "期限", "v.deadline", "date", sortable=True),
            Column(
                "state",
                "状態",
                "v.state",
                "status",
                value=lambda row: _status(row).label,
                cell=_status,
                filter=Filter.CHOICE,
                choices=(("open", "実施中"), ("closing", "報告書を作成中"), ("closed", "完了")),
            ),
            Column("opened_by", "始めた人", "v.opened_by_name", searched=True, shown=False),
            Column("closed_at", "終了", "v.closed_at", "datetime"),
        ),
        extra=("v.deadline < current_date AS late",),
        roles=ADMINISTRATING,
        base=own_rows("v"),
        key="v.id",
        order="-as_of",
        search_hint="名前、始めた人の一部",
        empty_text="棚卸しはまだ行われていません。",
    )
)
