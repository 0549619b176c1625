"""Import of the members' values of one basis from a whole table, as statistics offices publish them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from billing.bases import operations, queries
from billing.bases.pasted import Known, is_sum, read_value
from billing.bases.register.operations import save_reasons
from billing.bases.register.rules import reason_text
from billing.bases.rules import Change, Origin, ValueView, shown_number
from billing.programs import queries as programs
from billing.programs.tabs import program_trail
from tenants.context import Role, TenantContext
from tenants.errors import Conflict, Invalid, NotFound
from tenants.imports.rules import Checked, ImportColumn, ImportKind, Outcome, Place, Reference
from tenants.web.form_data import positive_id

_NAMES_SHOWN = 20
"""Members named in a remark; more do not help a person look."""
_LONGEST_NOTE = 200
"""Characters, as for the source of a basis."""


@dataclass(frozen=True, slots=True)
class _Present:
    members: tuple[ValueView, ...]
    known: Known
    unit: str


async def _place(context: TenantContext, target: str) -> Place:  # noqa: ARG001  (every kind gets it)
    program_id, basis_id = _ids(target)
    program = await programs.program(program_id)
    basis = await queries.basis(program_id, basis_id)
    url = f"/programs/{program_id}/bases/{basis_id}"
    columns = (
        ImportColumn(
            "code",
            "団体コード",
            (
                "コード",
                "市町村コード",
                "市区町村コード",
                "地方公共団体コード",
                "全国地方公共団体コード",
                "標準地域コード",
            ),
            example="281000",
            hint="団体コードか団体名のどちらかが必要です。両方あるときは、同じ団体でなければなりません。",
        ),
        ImportColumn(
            "name", "団体名", ("団体", "名称", "市町名", "市町村名", "市区町村名", "市区町村", "地域"), example="神戸市"
        ),
        ImportColumn(
            "value",
            "値",
            (basis.name, basis.unit, "数値", "数量", "データ"),
            required=True,
            example="1,525,152",
            hint=f"「{basis.name}」の値(単位 {basis.unit})。全角の数字、コンマ、単位が付いていても読み取れます。",
        ),
        ImportColumn(
            "note",
            "出典の補足",
            ("出典", "備考", "注記"),
            example="速報値",
            hint=f"その団体の値だけ出典が「{basis.source}」と違うときに書きます。{_LONGEST_NOTE}文字まで。",
        ),
        ImportColumn(
            "reason",
            "増減の理由",
            ("理由",),
            example="大規模な団地が完成したため",
            hint="前年度から大きく変わった値に書きます。登録簿でもあとから書けます。",
        ),
    )
    trail = tuple(program_trail(program, ("按分基準", f"/programs/{program_id}/bases"), (basis.name, url)))
    return Place(f"按分基準「{basis.name}」の値", url, trail, columns)


async def _present(context: TenantContext, target: str, today: date) -> _Present:  # noqa: ARG001
    program_id, basis_id = _ids(target)
    members = await queries.member_values(program_id, basis_id)
    basis = await queries.basis(program_id, basis_id)
    return _Present(tuple(members), Known(members), basis.unit)


def check_value(row: Mapping[str, str], present: _Present) -> Checked:
    """Which member's value the row says. Raises Invalid with the message of every wrong column."""
    code, name = row.get("code", ""), row.get("name", "")
    if is_sum(code) or (not code and is_sum(name)):
        return Checked(Outcome.SKIPPED, code or name)
    faults: dict[str, str] = {}
    member = _read_member(code, name, present, faults)
    value = ""
    try:
        value = read_value(row.get("value", ""), present.unit)
    except Invalid as wrong:
        faults["value"] = wrong.message
    note, reason = _read_words(row, faults)
    if faults or member is None:
        raise Invalid("bad-value-row", "入力内容を確かめてください。", faults)
    change = Change(member.tenant_id, member.code, member.name, member.value, value)
    says_more = bool(note and note != member.origin.note) or bool(reason)
    same = not change.is_change and not says_more
    outcome = Outcome.SAME if same else Outcome.NEW if member.value is None else Outcome.CHANGE
    shown = shown_number(Fraction(value))
    remark = "(大きく変わります)" if change.is_remarkable else ""
    differences = [("値", member.shown, f"{shown}{present.unit}{remark}")] if change.is_change else []
    differences += [("出典の補足", member.origin.note, note)] if note and note != member.origin.note else []
    differences += [("増減の理由", "", reason)] if reason else []
    values = {
        "tenant_id": member.tenant_id,
        "old": member.value,
        "old_note": member.origin.note,
        "old_as_of": member.origin.as_of.isoformat() if member.origin.as_of else None,
        "old_reading_id": member.origin.reading_id,
        "new": value,
        "note": note,
        "reason": reason,
    }
    return Checked(outcome, member.name, str(member.tenant_id), values, tuple(differences))


def _read_words(row: Mapping[str, str], faults: dict[str, str]) -> tuple[str, str]:
    """The note on the source and the reason for a change; both may be missing."""
    note, reason = " ".join(row.get("note", "").split()), ""
    if len(note) > _LONGEST_NOTE:
        faults["note"] = f"出典の補足は{_LONGEST_NOTE}文字までで入力してください。"
    try:
        reason = reason_text(row.get("reason", ""))
    except Invalid as wrong:
        faults["reason"] = wrong.message
    return note, reason


def _read_member(code: str, name: str, present: _Present, faults: dict[str, str]) -> ValueView | None:
    """The member meant by code, or by name where there is no code; a code and another member's name disagree."""
    column = "code" if code else "name"
    try:
        member = present.known.member(code or name, code or name)
    except Invalid as wrong:
        faults[column] = wrong.message
        return None
    if code and name and present.known.names_a_member(name):
        try:
            other = present.known.member(name, name)
        except Invalid:  # a name several members share says nothing against the code
            return member
        if other.tenant_id != member.tenant_id:
            faults["name"] = f"団体コードは{member.name}のものですが、団体名は{other.name}です。"
    return member


def _remarks(checked: Sequence[Checked], present: _Present) -> list[str]:
    named = {one.values.get("tenant_id") for one in checked}
    missing = [one.name for one in present.members if one.tenant_id not in named]
    if not missing:
        return []
    more = f"ほか計{len(missing)}団体" if len(missing) > _NAMES_SHOWN else ""
    return [f"この表に値がない団体(今の値のままになります): {'、'.join(missing[:_NAMES_SHOWN])}{more}"]


async def _apply(context: TenantContext, target: str, rows: Sequence[Checked], now: datetime) -> list[Reference]:
    origins = {int(one.values["tenant_id"]): Origin(str(one.values["note"])) for one in rows if one.values["note"]}
    await _save(context, target, {int(one.values["tenant_id"]): str(one.values["new"]) for one in rows}, now, origins)
    reasons = {int(one.values["tenant_id"]): str(one.values["reason"]) for one in rows if one.values["reason"]}
    if reasons:
        program_id, basis_id = _ids(target)
        version = (await queries.basis(program_id, basis_id)).version
        await save_reasons(context, program_id, basis_id, reasons, version, now)
    return [dict(one.values) for one in rows]


async def _undo(context: TenantContext, target: str, references: Sequence[Reference], now: datetime) -> None:
    program_id, basis_id = _ids(target)
    present = {one.tenant_id: one for one in await queries.member_values(program_id, basis_id)}
    for one in references:
        member = present.get(int(one["tenant_id"]))
        if member is None or member.value != one["new"]:
            name = member.name if member is not None else "構成団体から外れた団体"
            raise Conflict("import-changed-since", f"{name}の値は、取り込みのあとに変わっているため、取り消せません。")
    origins = {int(one["tenant_id"]): _origin_before(one) for one in references if "old_note" in one}
    await _save(context, target, {int(one["tenant_id"]): one["old"] for one in references}, now, origins)


def _origin_before(one: Reference) -> Origin:
    """Where the value came from before the import; imports older than the register did not keep it."""
    as_of = one["old_as_of"]
    return Origin(str(one["old_note"]), date.fromisoformat(as_of) if as_of else None, one["old_reading_id"])


async def _save(
    context: TenantContext, target: str, values: Mapping[int, str | None], now: datetime, origins: Mapping[int, Origin]
) -> None:
    program_id, basis_id = _ids(target)
    version = (await queries.basis(program_id, basis_id)).version
    await operations.save_values(context, program_id, basis_id, values, version, now, origins)


def _ids(target: str) -> tuple[int, int]:
    program_id, dash, basis_id = target.partition("-")
    if not dash:
        raise NotFound
    return positive_id(program_id), positive_id(basis_id)


BASIS_VALUES = ImportKind(
    name="basis_values",
    label="按分基準の値",
    lead="統計表などのExcelやCSVから、団体ごとの値をまとめて入れます。表にない団体の値は変わりません。",
    roles=frozenset({Role.PREFECTURE_FINANCE}),
    place=_place,
    present=_present,
    check=check_value,
    apply=_apply,
    undo=_undo,
    remarks=_remarks,
    stands_alone=False,
)
