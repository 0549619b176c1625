"""Files of a transfer: the present people as a workbook to change and send back, and its wrong lines."""

from collections.abc import Sequence
from datetime import date

from tenants.calendar import japanese_date
from tenants.context import Role
from tenants.documents.styles import Style
from tenants.documents.workbook import Workbook
from tenants.imports.checking import Result
from tenants.imports.exports import rejected_rows
from tenants.imports.rules import ImportColumn, Outcome
from tenants.people.rules import roles_of
from tenants.transfers.forms import COLUMNS, EMAIL, MOVEMENT, NAME, RETURN, ROLES, UNTIL
from tenants.transfers.queries import LineView
from tenants.transfers.rules import DAY, Held, Kind, Movement, Present

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTHS = (34, 20, 14, 18, 18, 18, 18, 18, 34)
_SPARE_ROWS = 500
"""Lines below the last person where the lists of choices still help: room for newcomers."""
_HOW = (
    "1. 「異動」のシートは、異動の日の時点で役割を持つ人の一覧です。変わる人の行だけ書き換えてください。",
    "2. 「異動」の列: 続けて使う人は「在籍」、いなくなる人は「転出・退職」、しばらく離れる人は「休職・出向」。",
    "3. 役割は3つまで書けます。書いてある役割だけが、異動の日から使えます。",
    "4. 新しい人は、下の空いた行にメールアドレス・氏名・役割を書きます。反映すると招待が作られます。",
    "5. 「終了日」は、外部専門家と現地調査員に必要です。空なら今の終了日のまま、「なし」と書くと終了日がなくなります。",
    "6. 「復帰日」は、休職・出向から戻る日です。その日から自動で使えるようになります。空のままなら未定です。",
    "7. 「引き継ぐ相手」に残る人のメールアドレスを書くと、未完了の仕事がその人に移ります。",
    "8. 行を消しても、その人は変わりません。役割が4つ以上ある人など、この形で表せない人は載っていません。",
)


def transfer_workbook(tenant_id: int, tenant_name: str, people: Sequence[Present], day: date) -> bytes:
    """The xlsx with a line for every person who has a role on ``day``, lists of choices, and how to fill it in."""
    book = Workbook(f"{tenant_name} 人事異動")
    sheet = book.sheet("異動", _WIDTHS, footer=f"{tenant_name} 人事異動 {japanese_date(day)}", landscape=True)
    sheet.header(1, COLUMNS)
    rows = template_rows(people, day)
    for number, row in enumerate(rows, start=2):
        for column, name in enumerate(COLUMNS, start=1):
            sheet.text(number, column, row[name])
    last = len(rows) + 1 + _SPARE_ROWS
    place = {name: number for number, name in enumerate(COLUMNS, start=1)}
    sheet.choices(2, last, place[MOVEMENT], [one.value for one in Movement])
    for name in ROLES:
        sheet.choices(2, last, place[name], [role.label for role in roles_of(tenant_id)])
    sheet.freeze(2, 3)
    sheet.repeat_rows(1, 1)
    how = book.sheet("記入方法", (110,), footer=f"{tenant_name} 人事異動")
    how.text(1, 1, f"{tenant_name} 人事異動({japanese_date(day)} 0時から)", Style.SECTION)
    for number, line in enumerate(_HOW, start=2):
        how.text(number, 1, line)
    return book.to_bytes()


def template_rows(people: Sequence[Present], day: date) -> list[dict[str, str]]:
    """The lines of the file; sent back unchanged they change nothing."""
    rows = []
    for one in sorted(people, key=lambda person: (person.name, person.id)):
        held = [each for each in one.held if not each.standing.ended_on(day) and not each.standing.never_was]
        if _fits(held, day):
            rows.append(_row(one, held, day))
    return rows


def rejected_workbook(title: str, lines: Sequence[LineView]) -> bytes | None:
    """The wrong lines as they were sent, wrong cells marked, each with its reason; None when no line is wrong."""
    columns = [ImportColumn(name, name) for name in COLUMNS]
    places = {name: place for place, name in enumerate(COLUMNS)}
    wrong = [
        Result(one.number, tuple(one.cells.get(name, "") for name in COLUMNS), Outcome.WRONG, faults=one.faults)
        for one in lines
        if one.kind is Kind.WRONG
    ]
    return rejected_rows(title, COLUMNS, places, columns, wrong)


def _fits(held: Sequence[Held], day: date) -> bool:
    """Whether the person can be written as one line: few roles, all with one last day, all resting or none."""
    if not 0 < len(held) <= len(ROLES) or any(each.standing.valid_from > day for each in held):
        return False
    return len({(each.standing.rests_on(day), each.standing.paused_to) for each in held}) == 1 or not any(
        each.standing.rests_on(day) for each in held
    )


def _row(one: Present, held: Sequence[Held], day: date) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS, "")
    row |= {EMAIL: one.email, NAME: one.name, MOVEMENT: Movement.STAYS.value}
    order = list(Role)
    for column, each in zip(ROLES, sorted(held, key=lambda each: order.index(each.role)), strict=False):
        row[column] = each.role.label
    ends = {each.standing.valid_to for each in held}
    end = ends.pop() if len(ends) == 1 else None
    row[UNTIL] = japanese_date(end) if end else ""
    if held[0].standing.rests_on(day):
        row[MOVEMENT] = Movement.RESTS.value
        back = held[0].standing.paused_to
        row[RETURN] = japanese_date(back + DAY) if back else ""
    return row
