"""Import of organisations (団体): new ones and changed ones, by their code."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from tenants.calendar import japanese_date, parse_japanese_date
from tenants.context import Role, TenantContext
from tenants.directory import operations, queries
from tenants.directory.operations import NewTenant
from tenants.directory.rules import TenantKind, TenantView
from tenants.errors import Conflict, Invalid, NotFound
from tenants.imports.rules import Checked, ImportColumn, ImportKind, Outcome, Place, Reference
from tenants.organisation_code import check_digit, parse_code
from tenants.web.form_data import Faults, required_text

_TRAIL = (("今週やること", "/"), ("団体", "/tenants"))
_CODE_DIGITS = 6
_SUMS = frozenset({"計", "合計", "総計", "小計", "県計"})
"""What stands below a table instead of an organisation."""
_COLUMNS = (
    ImportColumn(
        "code",
        "団体コード",
        ("コード", "市町村コード", "市区町村コード", "地方公共団体コード", "全国地方公共団体コード", "標準地域コード"),
        required=True,
        example="281000",
        hint="検査数字を含む6桁。企業団などは英数字とハイフンで20文字まで。",
    ),
    ImportColumn(
        "name",
        "団体名",
        ("名称", "市町名", "市町村名", "市区町村名", "市区町村", "団体"),
        required=True,
        example="神戸市",
    ),
    ImportColumn("kana", "よみ", ("ふりがな", "フリガナ", "カナ", "かな", "読み", "団体名カナ"), example="こうべし"),
    ImportColumn(
        "kind",
        "種別",
        ("団体種別", "区分"),
        example="市",
        hint="市、町、企業団(一部事務組合)。空欄は団体名の最後の字から。",
    ),
    ImportColumn("region", "圏域", ("地域", "県民局", "県民センター"), example="神戸"),
    ImportColumn(
        "active_from",
        "利用開始日",
        ("利用開始", "開始日", "適用開始日"),
        example="令和8年4月1日",
        hint="空欄は、新しい団体では今日、ある団体では今のまま。",
    ),
)
_KINDS = {
    "市": TenantKind.CITY,
    "city": TenantKind.CITY,
    "町": TenantKind.TOWN,
    "town": TenantKind.TOWN,
    "企業団": TenantKind.UNION,
    "一部事務組合": TenantKind.UNION,
    "事務組合": TenantKind.UNION,
    "広域連合": TenantKind.UNION,
    "組合": TenantKind.UNION,
    "企業団・一部事務組合": TenantKind.UNION,
    "union": TenantKind.UNION,
}
_LABELS = {"name": "団体名", "kana": "よみ", "kind": "種別", "region": "圏域", "active_from": "利用開始日"}


async def _place(context: TenantContext, target: str) -> Place:  # noqa: ARG001  (every kind gets it)
    if target:
        raise NotFound
    return Place("団体", "/tenants", _TRAIL, _COLUMNS)


async def _present(context: TenantContext, target: str, today: date) -> tuple[dict[str, TenantView], date]:  # noqa: ARG001
    return {one.code: one for one in await queries.tenants()}, today


def check_tenant(row: Mapping[str, str], present: tuple[Mapping[str, TenantView], date]) -> Checked:
    """What the row would do to the directory. Raises Invalid with the message of every wrong column."""
    if not row.get("code") and "".join(row.get("name", "").split()) in _SUMS:
        return Checked(Outcome.SKIPPED, row["name"])
    known, today = present
    faults = Faults()
    code = faults.read("code", _code, row.get("code", ""), "")
    before = known.get(code)
    name = required_text(row, "name", "団体名", faults, one_line=True)
    kana = _optional(row, "kana", before.kana if before else "", faults)
    region = _optional(row, "region", before.region if before else "", faults)
    kind = _kind(row.get("kind", ""), name, before, faults)
    active_from = before.active_from if before else today
    if text := row.get("active_from", ""):
        active_from = faults.read("active_from", parse_japanese_date, text, active_from)
    if before is not None and before.kind is TenantKind.PREFECTURE:
        faults.note("code", "県自身は、取り込みでは変えられません。", "not-importable")
    if before is not None and before.active_to is not None and active_from > before.active_to:
        faults.note("active_from", "利用開始日は、利用終了日より前にしてください。", "bad-period")
    faults.raise_if_any()
    values = {"name": name, "kana": kana, "kind": kind.value, "region": region, "active_from": active_from.isoformat()}
    told = _told(values)
    if before is None:
        differences = tuple((_LABELS[key], "", text) for key, text in told.items() if text)
        return Checked(Outcome.NEW, name, code, {"code": code, **values}, differences)
    old = _told(_values(before))
    differences = tuple(
        (_LABELS[key], old[key] or "(なし)", told[key] or "(なし)") for key in told if told[key] != old[key]
    )
    outcome = Outcome.CHANGE if differences else Outcome.SAME
    return Checked(outcome, name, code, {"id": before.id, "code": code, **values}, differences)


def _code(text: str) -> str:
    """A code as it is registered; digits alone must be six, because spreadsheets lose the first and people the last."""
    code = parse_code(text)
    if not code.isdigit() or len(code) == _CODE_DIGITS:
        return code
    five = code.zfill(_CODE_DIGITS - 1)
    hint = f"「{five}{check_digit(five)}」のことですか。" if len(code) < _CODE_DIGITS else ""
    raise Invalid("bad-code", f"数字の団体コードは、検査数字を含む6桁で入力してください。{hint}")


def _optional(row: Mapping[str, str], key: str, before: str, faults: Faults) -> str:
    """A text that may be left out: then it stays as it was."""
    return required_text(row, key, _LABELS[key], faults, one_line=True) if row.get(key) else before


def _kind(text: str, name: str, before: TenantView | None, faults: Faults) -> TenantKind:
    word = "".join(unicodedata.normalize("NFKC", text).split()).lower()
    if not word:
        if before is not None:
            return before.kind
        word = next((ending for ending in _KINDS if name.endswith(ending)), "")
    kind = _KINDS.get(word)
    if kind is None:
        faults.note("kind", "種別は、市、町、企業団(一部事務組合)のどれかにしてください。", "bad-kind")
    return kind or TenantKind.TOWN


async def _apply(
    context: TenantContext,
    target: str,  # noqa: ARG001
    rows: Sequence[Checked],
    now: datetime,  # noqa: ARG001
) -> list[Reference]:
    done: list[Reference] = []
    for one in rows:
        new = _tenant(one.values)
        if one.outcome is Outcome.NEW:
            done.append({"id": await operations.register_tenant(context, new), "before": None, "after": one.values})
        else:
            tenant_id = int(one.values["id"])
            before = _values(await queries.tenant(tenant_id))
            await operations.change_tenant(context, tenant_id, new)
            done.append({"id": tenant_id, "before": before, "after": one.values})
    return done


async def _undo(
    context: TenantContext,
    target: str,  # noqa: ARG001
    references: Sequence[Reference],
    now: datetime,  # noqa: ARG001
) -> None:
    for one in reversed(references):
        tenant_id, after = int(one["id"]), one["after"]
        try:
            present = await queries.tenant(tenant_id)
        except NotFound:
            raise Conflict("import-changed-since", f"{after['name']}は、取り込みのあとに削除されています。") from None
        if _values(present) != {key: after[key] for key in _LABELS}:
            raise Conflict(
                "import-changed-since", f"{present.name}は、取り込みのあとに変更されているため、取り消せません。"
            )
        if one["before"] is None:
            await operations.remove_tenant(context, tenant_id)
        else:
            await operations.change_tenant(context, tenant_id, _tenant({"code": present.code, **one["before"]}))


def _tenant(values: Mapping[str, Any]) -> NewTenant:
    return NewTenant(
        code=values["code"],
        name=values["name"],
        kana=values["kana"],
        kind=TenantKind(values["kind"]),
        region=values["region"],
        active_from=date.fromisoformat(values["active_from"]),
    )


def _values(one: TenantView) -> dict[str, Any]:
    texts = {"name": one.name, "kana": one.kana, "kind": one.kind.value, "region": one.region}
    return {**texts, "active_from": one.active_from.isoformat()}


def _told(values: Mapping[str, Any]) -> dict[str, str]:
    """The values as people read them."""
    day = japanese_date(date.fromisoformat(values["active_from"]))
    return {**values, "kind": TenantKind(values["kind"]).label, "active_from": day}


TENANTS = ImportKind(
    name="tenants",
    label="団体",
    lead="市町や企業団をまとめて登録します。同じ団体コードがあれば、その団体を書き換えます。",
    roles=frozenset({Role.PREFECTURE_ADMIN}),
    place=_place,
    present=_present,
    check=check_tenant,
    apply=_apply,
    undo=_undo,
)
