"""The organisation's mails as a list: how far each got, not what it says."""

from tenants.context import Role
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, own_rows
from tenants.mail.rules import MailState

ADMINISTRATORS = frozenset({Role.TOWN_ADMIN, Role.PREFECTURE_ADMIN})
_STATE = "CASE m.state WHEN 'claimed' THEN 'handing_over' ELSE m.state END"
"""Two states read 送信中; people choose between what they can tell apart."""


MAILS = register(
    ListSpec(
        name="mails",
        caption="メールの送信状況",
        url="/mails",
        source="FROM mail m",
        columns=(
            Column("subject", "件名", "m.subject", row_header=True, searched=True),
            Column("address", "宛先", "m.address", searched=True),
            Column(
                "state",
                "状態",
                _STATE,
                "status",
                value=lambda row: MailState(row["real_state"]).status.label,
                cell=lambda row: MailState(row["real_state"]).status,
                filter=Filter.CHOICE,
                choices=tuple((one.value, one.status.label) for one in MailState if one.value != "claimed"),
            ),
            Column("created_at", "受付", "m.created_at", "datetime", sortable=True, filter=Filter.PERIOD),
            Column("sent_at", "送信", "m.sent_at", "datetime"),
            Column("note", "理由", "nullif(m.error_message, '')"),
            Column("again", "操作", "true", "custom", exported=False),
        ),
        extra=("m.state AS real_state",),
        roles=ADMINISTRATORS,
        base=own_rows("m"),
        key="m.id",
        order="-created_at",
        search_hint="件名、宛先の一部",
        empty_text="送ったメールはまだありません。",
    )
)
