"""The trail as a list: what can be searched, narrowed and exported of it."""

import json
from functools import lru_cache
from typing import Any

from tenants.audit.labels import action_label, action_labels
from tenants.context import PREFECTURE_TENANT_ID, Role, TenantContext, role_label
from tenants.database.engine import current_door
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, Row, WordSearch, own_rows

READERS = frozenset({Role.PREFECTURE_ADMIN, Role.TOWN_ADMIN})
_MOST_WORDS = 40
"""Different names and subjects a search follows one by one; a text that more of them hold is common, and its newest
rows are near the top of the trail."""
_ROLES = tuple((role.value, role.label) for role in Role)


async def _words(context: TenantContext, text: str) -> list[str] | None:
    """The different names and subjects of this trail that hold the text; None when they are too many to follow."""
    rows = await current_door().execute(
        "SELECT word FROM audit_word WHERE tenant_id = $1 AND strpos(word, $2) > 0 LIMIT $3",
        (context.tenant_id, text, _MOST_WORDS + 1),
    )
    return [row["word"] for row in rows] if len(rows) <= _MOST_WORDS else None


def _role_label(row: Row) -> str:
    return role_label(row["role"])


def changes(row: Row) -> list[tuple[str, str, str]]:
    """(field, before, after) of an event, as text."""
    before = json.loads(row["before"]) if row["before"] else {}
    after = json.loads(row["after"]) if row["after"] else {}
    fields = [*before, *(name for name in after if name not in before)]
    return [(name, _text(before.get(name)), _text(after.get(name))) for name in fields]


def _changes_text(row: Row) -> str:
    return "\n".join(f"{name}: {old} → {new}" if old else f"{name}: {new}" for name, old, new in changes(row))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


TRAIL = register(
    ListSpec(
        name="audit",
        caption="操作記録",
        url="/audit",
        source="FROM audit_event e JOIN tenant t ON t.id = e.acting_tenant_id "
        "LEFT JOIN tenant a ON a.id = e.about_tenant_id",
        columns=(
            Column(
                "occurred_at",
                "日時",
                "e.occurred_at",
                "datetime",
                sortable=True,
                filter=Filter.PERIOD,
                row_header=True,
            ),
            Column("person_name", "氏名", "e.person_name", filter=Filter.WORD),
            Column("role", "役割", "e.role", value=_role_label, filter=Filter.CHOICE, choices=_ROLES),
            Column("organisation", "所属", "t.name"),
            Column("action", "操作", "e.action", value=lambda row: action_label(row["action"]), filter=Filter.CHOICE),
            Column("subject_label", "対象", "e.subject_label", filter=Filter.WORD),
            Column(
                "about", "関係する団体", "e.about_tenant_id", value=lambda row: row["about_name"], filter=Filter.CHOICE
            ),
            Column("changes", "変更した項目", "e.subject", value=_changes_text),
            Column("address", "接続元", "e.address"),
            Column("via", "API", "e.via", shown=False),
            Column("request_id", "番号", "e.request_id", "code"),
        ),
        extra=("a.name AS about_name", "e.before", "e.after", "e.subject_id"),
        roles=READERS,
        base=own_rows("e"),
        key="e.id",
        order="-occurred_at",
        words=WordSearch(_words, "FROM audit_event e", ("e.subject_label", "e.person_name"), ("e.request_id",)),
        search_hint="氏名・対象の一部、または番号",
        empty_text="まだ記録はありません。",
    )
)


async def trail_for(context: TenantContext) -> ListSpec:
    """The list with the choices of the day; towns have no column for other organisations."""
    towns: tuple[tuple[str, str], ...] | None = None
    if context.tenant_id == PREFECTURE_TENANT_ID:
        rows = await current_door().execute(
            "SELECT id, name FROM tenant WHERE id <> $1 ORDER BY code", (context.tenant_id,)
        )
        towns = tuple((str(row["id"]), row["name"]) for row in rows)
    return _trail(tuple(action_labels().items()), towns)


@lru_cache(maxsize=4)
def _trail(labels: tuple[tuple[str, str], ...], towns: tuple[tuple[str, str], ...] | None) -> ListSpec:
    spec = TRAIL.with_choices("action", sorted(labels, key=lambda item: item[1]))
    return spec.without("about") if towns is None else spec.with_choices("about", towns)
