"""An organisation's transfers as a list."""

from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, own_rows
from tenants.people.rules import ADMINISTRATING
from tenants.transfers.rules import STATES

TRANSFERS = register(
    ListSpec(
        name="transfers",
        caption="これまでの人事異動",
        url="/transfers",
        source="FROM transfer b",
        columns=(
            Column(
                "title",
                "名前",
                "b.title",
                sortable=True,
                searched=True,
                row_header=True,
                url=lambda row: f"/transfers/{row['list_key']}",
            ),
            Column("effective_on", "異動の日", "b.effective_on", "date", sortable=True, filter=Filter.PERIOD),
            Column(
                "state",
                "状態",
                "b.state",
                "status",
                value=lambda row: STATES[row["state"]].label,
                cell=lambda row: STATES[row["state"]],
                filter=Filter.CHOICE,
                choices=tuple((code, status.label) for code, status in STATES.items()),
            ),
            Column("doing", "変わる人", "(b.new_count + b.change_count + b.end_count)", "figure", unit="人"),
            Column("wrong", "誤り", "b.wrong_count", "figure", unit="行"),
            Column("made_by", "送った人", "b.made_by_name", searched=True),
            Column("made_at", "送った日時", "b.made_at", "datetime", sortable=True),
        ),
        roles=ADMINISTRATING,
        base=own_rows("b"),
        key="b.id",
        order="-made_at",
        search_hint="名前、送った人の一部",
        empty_text="人事異動の表は、まだ送られていません。",
    )
)
