"""The lines of a transfer's file: cells as written → a wish, or what is wrong at which cell."""

import unicodedata
from collections.abc import Mapping
from datetime import date

from tenants.access.rules import normalise_email
from tenants.calendar import parse_japanese_date
from tenants.context import Role
from tenants.people.forms import is_address
from tenants.people.rules import roles_of
from tenants.transfers.rules import Movement, Wish
from tenants.web.form_data import Faults

EMAIL, NAME, MOVEMENT, UNTIL, RETURN, SUCCESSOR = (
    "メールアドレス",
    "氏名",
    "異動",
    "終了日",
    "復帰日",
    "引き継ぐ相手",
)
ROLES = ("役割1", "役割2", "役割3")
COLUMNS = (EMAIL, NAME, MOVEMENT, *ROLES, UNTIL, RETURN, SUCCESSOR)
"""The headings of the file, in the order of the template."""
ENDLESS = "なし"
"""In the column of the last day: takes away the one there is. An empty cell leaves it."""
_LONGEST_NAME = 60


def read_wish(cells: Mapping[str, str], tenant_id: int, effective: date) -> tuple[Wish, dict[str, str]]:
    """The wish of one line, and the faults by column; with faults the wish means nothing."""
    faults = Faults()
    email = normalise_email(unicodedata.normalize("NFKC", _cell(cells, EMAIL)))
    if not email:
        faults.note(EMAIL, "メールアドレスを入力してください。")
    elif not is_address(email):
        faults.note(EMAIL, "メールアドレスの形が正しくありません。")
    name = _cell(cells, NAME)
    if len(name) > _LONGEST_NAME or not name.isprintable():
        faults.note(NAME, "氏名は60文字まで、1行で入力してください。")
    movement = _movement(_cell(cells, MOVEMENT), faults)
    roles = _roles(cells, tenant_id, faults)
    endless = _cell(cells, UNTIL) == ENDLESS
    wish = Wish(
        email=email,
        name=name,
        movement=movement,
        roles=roles,
        valid_to=None if endless else _day(cells, UNTIL, faults),
        endless=endless,
        returns_on=_day(cells, RETURN, faults),
        successor_email=normalise_email(_cell(cells, SUCCESSOR)),
    )
    _check_together(wish, effective, faults)
    return wish, faults.fields


def _check_together(wish: Wish, effective: date, faults: Faults) -> None:
    stays = wish.movement is Movement.STAYS
    if stays and not wish.roles:
        faults.note(ROLES[0], "在籍する人には役割が必要です。")
    if stays and wish.valid_to is not None and wish.valid_to < effective:
        faults.note(UNTIL, "終了日が異動の日より前です。")
    if wish.returns_on is not None:
        if wish.movement is not Movement.RESTS:
            faults.note(RETURN, "復帰日は「休職・出向」の人だけに入力します。")
        elif wish.returns_on <= effective:
            faults.note(RETURN, "復帰日は異動の日より後にしてください。")
    if wish.successor_email and wish.movement is Movement.STAYS:
        faults.note(SUCCESSOR, "引き継ぐ相手は、転出・退職か休職・出向の人だけに入力します。")


def _cell(cells: Mapping[str, str], column: str) -> str:
    return " ".join(cells.get(column, "").split())


def _movement(text: str, faults: Faults) -> Movement:
    plain = unicodedata.normalize("NFKC", text).replace("・", "")
    for one in Movement:
        if plain in {unicodedata.normalize("NFKC", one.value).replace("・", ""), ""}:
            return one  # an empty cell stays, the first of them
    faults.note(MOVEMENT, "「在籍」「転出・退職」「休職・出向」のどれかを入力してください。")
    return Movement.STAYS


def _roles(cells: Mapping[str, str], tenant_id: int, faults: Faults) -> tuple[Role, ...]:
    known = {_plain(role.label): role for role in roles_of(tenant_id)}
    found: list[Role] = []
    for column in ROLES:
        text = _cell(cells, column)
        if not text:
            continue
        role = known.get(_plain(text))
        if role is None:
            faults.note(
                column, f"この団体では使えない役割です。{'、'.join(one.label for one in known.values())} から選びます。"
            )
        elif role not in found:
            found.append(role)
    return tuple(found)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(" ", "")


def _day(cells: Mapping[str, str], column: str, faults: Faults) -> date | None:
    text = _cell(cells, column)
    return faults.read(column, parse_japanese_date, text, None) if text else None
