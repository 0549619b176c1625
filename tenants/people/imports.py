"""Import of people: every new row becomes an invitation; who is here already is moved by a transfer (人事異動)."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tenants.access.rules import normalise_email
from tenants.calendar import japanese_date, parse_japanese_date
from tenants.context import Role, TenantContext
from tenants.errors import Conflict, Invalid, NotFound
from tenants.imports.rules import Checked, ImportColumn, ImportKind, Outcome, Place, Reference
from tenants.people import queries
from tenants.people.forms import is_address
from tenants.people.invitations import operations as inviting
from tenants.people.invitations import queries as invitations
from tenants.people.invitations.rules import InvitationView, NewInvitation
from tenants.people.operations import check_role
from tenants.people.rules import ADMINISTRATING, roles_of
from tenants.web.form_data import Faults, required_text

_TRAIL = (("今週やること", "/"), ("利用者", "/people"))
_NO_ROLES: tuple[Role, ...] = ()
_SEPARATORS = str.maketrans(",，・/／;；\n", "、" * 8)


@dataclass(frozen=True, slots=True)
class _Present:
    """Whom the organisation knows: roles that have not ended by address, and open invitations by address."""

    tenant_id: int
    today: date
    roles: Mapping[str, frozenset[Role]]
    invited: Mapping[str, InvitationView]


async def _place(context: TenantContext, target: str) -> Place:
    if target:
        raise NotFound
    roles = "、".join(role.label for role in roles_of(context.tenant_id))
    columns = (
        ImportColumn("name", "氏名", ("名前", "職員名", "利用者名", "職員氏名"), required=True, example="見本 太郎"),
        ImportColumn(
            "email",
            "メールアドレス",
            ("メール", "e-mail", "email", "mail", "アドレス", "電子メール"),
            required=True,
            example="mihon@city.example.lg.jp",
            hint="招待と本人の確認に使います。同じ人は1行にまとめます。",
        ),
        ImportColumn(
            "role",
            "役割",
            ("権限", "ロール", "利用者の役割"),
            required=True,
            example=roles_of(context.tenant_id)[0].label,
            hint=f"{roles}。いくつもあるときは「、」で区切ります。",
        ),
        ImportColumn(
            "valid_from", "開始日", ("利用開始日", "から", "着任日"), example="令和9年4月1日", hint="空欄は今日から。"
        ),
        ImportColumn(
            "valid_to",
            "終了日",
            ("利用終了日", "まで", "任期満了日"),
            example="",
            hint="外部専門家と現地調査員には必要です。ほかは空欄で構いません。",
        ),
    )
    return Place("利用者の招待", "/people/invitations", _TRAIL, columns)


async def _present(context: TenantContext, target: str, today: date) -> _Present:  # noqa: ARG001
    lines = [one for one in await queries.memberships(context.tenant_id) if not one.standing.ended_on(today)]
    names = await queries.names_of([one.person_id for one in lines])
    roles: dict[str, frozenset[Role]] = {}
    for line in lines:
        address = names[line.person_id][1]
        roles[address] = roles.get(address, frozenset()) | {line.role}
    invited = {one.email: one for one in await invitations.open_invitations(context.tenant_id)}
    return _Present(context.tenant_id, today, roles, invited)


def check_person(row: Mapping[str, str], present: _Present) -> Checked:
    """Whom the row invites as what. Raises Invalid with the message of every wrong column."""
    faults = Faults()
    email = faults.read("email", _address, row.get("email", ""), "")
    name = required_text(row, "name", "氏名", faults, one_line=True)
    roles = faults.read("role", lambda text: _roles(text, present.tenant_id), row.get("role", ""), _NO_ROLES)
    valid_from = faults.read("valid_from", _day, row["valid_from"], present.today) if row.get("valid_from") else None
    valid_to = faults.read("valid_to", _day, row["valid_to"], None) if row.get("valid_to") else None
    first = valid_from or present.today
    for role in roles:
        with faults.at("valid_to"):
            check_role(present.tenant_id, role, first, valid_to)
    if valid_to is not None and valid_to < present.today:
        faults.note("valid_to", "終了日がすでに過ぎています。", "past-date")
    _note_known(email, roles, present, faults)
    faults.raise_if_any()
    if email in present.roles or email in present.invited:
        return Checked(Outcome.SAME, name, email)
    values = {
        "email": email,
        "name": name,
        "roles": [role.value for role in roles],
        "valid_from": first.isoformat(),
        "valid_to": valid_to.isoformat() if valid_to else None,
    }
    until = f"{japanese_date(valid_to)}まで" if valid_to else ""
    differences = (
        ("メールアドレス", "", email),
        ("役割", "", "、".join(role.label for role in roles)),
        ("期間", "", f"{japanese_date(first)}から{until}"),
    )
    return Checked(Outcome.NEW, name, email, values, differences)


def _note_known(email: str, roles: Sequence[Role], present: _Present, faults: Faults) -> None:
    """An invitation gives no further role to somebody who is here, and does not change one that is out."""
    held = present.roles.get(email)
    if held is not None and not set(roles) <= held:
        faults.note(
            "role",
            "すでに利用者です。役割を変えるときは「人事異動」か本人のページで行ってください。",
            "already-here",
        )
    invited = present.invited.get(email)
    if held is None and invited is not None and set(roles) != set(invited.roles):
        faults.note("role", "この人は別の役割で招待中です。先にその招待を取り下げてください。", "invited-already")


def _address(text: str) -> str:
    email = normalise_email(unicodedata.normalize("NFKC", text))
    if not email:
        raise Invalid("required", "メールアドレスを入力してください。")
    if not is_address(email):
        raise Invalid("bad-email", "メールアドレスの形が正しくありません。例: yamada@city.example.lg.jp")
    return email


def _roles(text: str, tenant_id: int) -> tuple[Role, ...]:
    """The roles named in a cell, in the order they are offered."""
    words = ["".join(word.split()) for word in unicodedata.normalize("NFKC", text).translate(_SEPARATORS).split("、")]
    named = [word for word in words if word]
    known = {name: role for role in roles_of(tenant_id) for name in _names(role)}
    if unknown := [word for word in named if word not in known]:
        labels = "、".join(role.label for role in roles_of(tenant_id))
        raise Invalid("unknown-role", f"「{unknown[0][:20]}」という役割はありません。{labels}のどれかにしてください。")
    if not named:
        raise Invalid("required", "役割を入力してください。")
    return tuple(role for role in roles_of(tenant_id) if role in {known[word] for word in named})


def _names(role: Role) -> tuple[str, ...]:
    """How people write a role: whole, without 「市町」 or 「県」 before it, or as its code."""
    label = unicodedata.normalize("NFKC", role.label)
    return ("".join(label.split()), label.split()[-1], role.value)


def _day(text: str) -> date:
    return parse_japanese_date(text)


async def _apply(
    context: TenantContext,
    target: str,  # noqa: ARG001
    rows: Sequence[Checked],
    now: datetime,
) -> list[Reference]:
    many = [_invitation(one.values) for one in rows]
    ids = await inviting.write_invitations(context, context.tenant_id, many, now)
    return [{"invitation_id": ids[one.email], "name": one.name} for one in many]


async def _undo(
    context: TenantContext,
    target: str,  # noqa: ARG001
    references: Sequence[Reference],
    now: datetime,
) -> None:
    ids = [int(one["invitation_id"]) for one in references]
    found = {one.id: one for one in await invitations.invitations(context.tenant_id, ids)}
    for one in references:
        invitation = found.get(int(one["invitation_id"]))
        if invitation is not None and invitation.state == "accepted":
            raise Conflict(
                "import-in-use", f"{one['name']}さんはすでに招待を受けて利用者になっているため、取り消せません。"
            )
    open_ones = [one.id for one in found.values() if one.state == "open"]
    if open_ones:
        await inviting.withdraw_many(context, open_ones, now)


def _invitation(values: Mapping[str, Any]) -> NewInvitation:
    return NewInvitation(
        email=values["email"],
        name=values["name"],
        roles=tuple(Role(code) for code in values["roles"]),
        valid_from=date.fromisoformat(values["valid_from"]),
        valid_to=date.fromisoformat(values["valid_to"]) if values["valid_to"] else None,
    )


PEOPLE = ImportKind(
    name="people",
    label="利用者",
    lead="利用者をまとめて招待します。招待は、本人がコードを使って受けたときに有効になります。",
    roles=ADMINISTRATING,
    place=_place,
    present=_present,
    check=check_person,
    apply=_apply,
    undo=_undo,
)
