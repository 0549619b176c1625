"""Import of receipts (収納) from the accounting system's file: one row is one sum of one member and instalment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing.money import format_yen
from billing.payments import operations, queries
from billing.payments.forms import LONGEST_NOTE, LONGEST_REFERENCE, amount
from billing.payments.rules import PaymentView, ReceiptInput
from billing.programs import queries as programs
from billing.programs.tabs import program_trail
from tenants.calendar import japanese_date, parse_japanese_date
from tenants.context import Role, TenantContext
from tenants.errors import Conflict, Invalid
from tenants.imports.rules import Checked, ImportColumn, ImportKind, Outcome, Place, Reference
from tenants.web.form_data import positive_id

_SUMS = frozenset({"計", "合計", "総計", "小計"})
_COLUMNS = (
    ImportColumn(
        "code",
        "団体コード",
        ("コード", "債務者コード", "市町村コード", "市区町村コード"),
        required=True,
        example="281000",
    ),
    ImportColumn("name", "団体名", ("団体", "名称", "債務者名", "市町村名", "市町名"), example="神戸市"),
    ImportColumn("number", "期", ("期別", "納期", "期数", "回"), required=True, example="1"),
    ImportColumn("received_on", "収納日", ("収納年月日", "領収日", "入金日"), required=True, example="R8.11.30"),
    ImportColumn(
        "amount_yen",
        "収納額",
        ("金額", "収納金額", "入金額", "領収額"),
        required=True,
        example="1,234,567",
        hint="円。県が返した額(還付)は、先頭に△または-を付けます。",
    ),
    ImportColumn(
        "reference",
        "整理番号",
        ("収納番号", "伝票番号", "消込番号"),
        example="R8-000123",
        hint="同じ番号は、この事業の同じ団体に1回だけ取り込みます。同じファイルを2回送っても二重になりません。",
    ),
    ImportColumn("note", "備考", ("摘要", "メモ"), example=""),
)


@dataclass(frozen=True, slots=True)
class _Present:
    payments: Mapping[tuple[str, int], PaymentView]
    codes: frozenset[str]
    alike: frozenset[tuple[int, date, int]]
    """(payment id, day, yen) of what was received and not taken back."""
    references: Mapping[tuple[int, str], tuple[int, date, int]]
    today: date


async def _place(context: TenantContext, target: str) -> Place:  # noqa: ARG001  (every kind gets it)
    program = await programs.program(positive_id(target))
    url = f"/programs/{program.id}/payments"
    trail = tuple(program_trail(program, ("納入・収納", f"/programs/{program.id}/collection"), ("収納の状況", url)))
    return Place(f"{program.title} の収納", url, trail, _COLUMNS)


async def _present(context: TenantContext, target: str, today: date) -> _Present:  # noqa: ARG001
    program_id = positive_id(target)
    found = await queries.payments(program_id)
    return _Present(
        {(one.tenant_code, one.number): one for one in found},
        frozenset(one.tenant_code for one in found),
        await queries.standing_sums(program_id),
        await queries.references(program_id),
        today,
    )


def check_receipt(row: Mapping[str, str], present: _Present) -> Checked:
    """Which sum the row says. Raises Invalid with the message of every wrong column."""
    code = row.get("code", "").strip()
    if code in _SUMS or (not code and row.get("name", "").strip() in _SUMS):
        return Checked(Outcome.SKIPPED, code or row.get("name", ""))
    faults: dict[str, str] = {}
    payment = _read_payment(code, row, present, faults)
    day = _read(faults, "received_on", parse_japanese_date, row)
    if isinstance(day, date) and day > present.today:
        faults["received_on"] = "収納日に先の日付は入れられません。"
    yen = _read(faults, "amount_yen", _signed, row)
    reference, note = (" ".join(row.get(name, "").split()) for name in ("reference", "note"))
    if len(reference) > LONGEST_REFERENCE:
        faults["reference"] = f"整理番号は{LONGEST_REFERENCE}文字までにしてください。"
    if len(note) > LONGEST_NOTE:
        faults["note"] = f"備考は{LONGEST_NOTE}文字までにしてください。"
    if faults or payment is None or not isinstance(day, date) or not isinstance(yen, int):
        raise Invalid("bad-receipt-row", "入力内容を確かめてください。", faults)
    subject = f"{payment.label} {format_yen(yen)}"
    known = present.references.get((payment.tenant_id, reference)) if reference else None
    if known is not None:
        _check_same(known, (payment.id, day, yen))
        return Checked(Outcome.SAME, subject, f"{payment.tenant_id}/{reference}")
    identity = f"{payment.tenant_id}/{reference}" if reference else ""
    values = {
        "payment_id": payment.id,
        "received_on": day.isoformat(),
        "amount_yen": yen,
        "reference": reference,
        "note": note,
    }
    differences = [("収納日", "", japanese_date(day)), ("収納額", "", format_yen(yen))]
    if not reference and (payment.id, day, yen) in present.alike:
        # Without a number nothing tells a second file from a second payment; a person must look.
        differences.append(("確かめてください", "", "同じ日・同じ額の収納が、この期にすでに記録されています"))
    return Checked(Outcome.NEW, subject, identity, values, tuple(differences))


def _check_same(known: tuple[int, date, int], said: tuple[int, date, int]) -> None:
    """Raises Invalid when the number stands for another sum: passing over it would hide what was corrected."""
    if known != said:
        message = (
            f"この整理番号は、{japanese_date(known[1])}の{format_yen(known[2])}としてすでに記録されています。"
            "期・収納日・収納額が違うときは、先の収納を取り消してから取り込んでください。"
        )
        raise Invalid("other-receipt", message, {"reference": message})


def _read_payment(code: str, row: Mapping[str, str], present: _Present, faults: dict[str, str]) -> PaymentView | None:
    number = row.get("number", "").strip().removeprefix("第").removesuffix("期")
    if code not in present.codes:
        faults["code"] = "この事業で調定した団体のコードではありません。"
        return None
    if not (number.isascii() and number.isdigit()) or (found := present.payments.get((code, int(number[:9])))) is None:
        faults["number"] = "調定した期の番号(1、2 など)を入れてください。"
        return None
    return found


def _signed(text: str) -> int:
    yen = text.strip()
    back = yen[:1] in {"△", "▲", "-", "−"}
    return -amount(yen[1:]) if back else amount(yen)


def _read(faults: dict[str, str], name: str, parse: Any, row: Mapping[str, str]) -> Any:
    try:
        return parse(row.get(name, ""))
    except Invalid as wrong:
        faults[name] = wrong.message
        return None


async def _apply(
    context: TenantContext,
    target: str,  # noqa: ARG001  (every payment says its program itself)
    rows: Sequence[Checked],
    now: datetime,
) -> list[Reference]:
    made: list[Reference] = []
    for one in rows:
        said = one.values
        receipt = ReceiptInput(
            date.fromisoformat(said["received_on"]), int(said["amount_yen"]), said["reference"], said["note"]
        )
        receipt_id = await operations.note_receipt(context, int(said["payment_id"]), receipt, now)
        made.append({"payment_id": int(said["payment_id"]), "receipt_id": receipt_id})
    return made


async def _undo(context: TenantContext, target: str, references: Sequence[Reference], now: datetime) -> None:  # noqa: ARG001
    for one in references:
        try:
            await operations.reverse_receipt(
                context, int(one["payment_id"]), int(one["receipt_id"]), "取り込みの取り消し", now
            )
        except Conflict as gone:
            raise Conflict(
                "import-changed-since", "取り込んだ収納の一部は、すでに取り消されているため、まとめて取り消せません。"
            ) from gone


RECEIPTS = ImportKind(
    name="receipts",
    label="負担金の収納",
    lead="財務会計システムなどから書き出した収納のExcelやCSVを取り込みます。調定した団体と期だけが対象です。",
    roles=frozenset({Role.PREFECTURE_FINANCE}),
    place=_place,
    present=_present,
    check=check_receipt,
    apply=_apply,
    undo=_undo,
    stands_alone=False,
)
