"""An organisation's files as a list."""

from dataclasses import replace

from tenants.context import Role, TenantContext
from tenants.files.rules import declared_kinds, kind_of, size_text
from tenants.lists.registry import register
from tenants.lists.rules import Column, Filter, ListSpec, Row, own_rows
from tenants.web.rendering import Status

ADMINISTRATORS = frozenset({Role.TOWN_ADMIN, Role.PREFECTURE_ADMIN})
_STATES = {"here": Status("保存中", "success"), "over": Status("期限切れ", "neutral")}
_STATE = "CASE WHEN f.deleted_at IS NULL AND (f.expires_at IS NULL OR f.expires_at > now()) THEN 'here' ELSE 'over' END"


def _kind(row: Row) -> str:
    kind = kind_of(row["kind"])
    return f"{kind.label}({kind.place}で開きます)" if kind.place else kind.label


def _by(row: Row) -> str:
    return (row["by"] or "県") + (f"(処理 {row['job_id']})" if row["job_id"] else "")


FILES = register(
    ListSpec(
        name="files",
        caption="ファイル",
        url="/files",
        source="FROM stored_file f",
        columns=(
            Column("file_name", "ファイル名", "f.file_name", sortable=True, searched=True, row_header=True),
            Column("kind", "種類", "f.kind", value=_kind, filter=Filter.CHOICE),
            Column(
                "size_bytes",
                "大きさ",
                "f.size_bytes",
                "code",
                value=lambda row: size_text(row["size_bytes"]),
                sortable=True,
                ordered_as="figure",
            ),
            Column(
                "state",
                "状態",
                _STATE,
                "status",
                value=lambda row: _STATES[row["state"]].label,
                cell=lambda row: _STATES[row["state"]],
                filter=Filter.CHOICE,
                choices=tuple((code, status.label) for code, status in _STATES.items()),
            ),
            Column("created_at", "保存", "f.created_at", "datetime", sortable=True, filter=Filter.PERIOD),
            Column("expires_at", "期限", "f.expires_at", "datetime"),
            Column("by", "作った人", "f.person_name", value=_by, searched=True),
        ),
        extra=("f.job_id", "f.person_id", "f.role"),
        roles=ADMINISTRATORS,
        base=own_rows("f"),
        key="f.id",
        order="-created_at",
        search_hint="ファイル名、作った人の一部",
        empty_text="保存したファイルはまだありません。書類や書き出しができると、ここに並びます。",
    )
)


def file_list_for(context: TenantContext) -> ListSpec:
    """The list with links to what this person may download from here, and the kinds there are."""

    def url(row: Row) -> str | None:
        kind = kind_of(row["kind"])
        may = row["state"] == "here" and kind.is_for(context, (row["person_id"], row["role"]))
        return f"/files/{row['list_key']}" if may else None

    columns = tuple(replace(one, url=url) if one.key == "file_name" else one for one in FILES.columns)
    kinds = sorted(((one.code, one.label) for one in declared_kinds()), key=lambda one: one[1])
    return replace(FILES, columns=columns).with_choices("kind", kinds)
