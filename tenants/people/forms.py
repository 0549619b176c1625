"""Forms of people: text as typed → frozen input, with a message at every field that is wrong."""

import re
from collections.abc import Sequence
from datetime import date

from tenants.access.rules import normalise_email
from tenants.calendar import japanese_date, parse_japanese_date
from tenants.context import Role
from tenants.people.invitations.rules import NewInvitation
from tenants.people.rules import OUTSIDERS, roles_of
from tenants.web.form_data import Faults, FormData, required_text

_ADDRESS = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([a-z0-9-]+\.)+[a-z0-9-]+")
"""An address as offices have them (RFC 5321 dot-string and domain); quoted and literal forms nobody uses."""
_LONGEST_ADDRESS = 254
"""RFC 5321 4.5.3.1.3, less the angle brackets."""
LONGEST_REASON = 200


def invitation_input(form: FormData, tenant_id: int, *, role: Role | None = None) -> NewInvitation:
    """Whom to invite as what; ``role`` fixes the role. Raises Invalid with every field's message."""
    faults = Faults()
    roles = (role,) if role is not None else chosen_roles(form.all("roles"), tenant_id, faults)
    email = read_email(form.get("email", ""), faults)
    name = required_text(form, "name", "氏名", faults, one_line=True)
    valid_from, valid_to = read_period(form, roles, faults)
    reason = (
        required_text(form, "reason", "理由", faults, longest=LONGEST_REASON, one_line=True) if role is not None else ""
    )
    faults.raise_if_any()
    return NewInvitation(email, name, roles, valid_from, valid_to, reason)


def read_email(text: str, faults: Faults, field: str = "email") -> str:
    """An address in the form in which it is stored; notes the fault otherwise."""
    email = normalise_email(text)
    if not email:
        faults.note(field, "メールアドレスを入力してください。", "required")
    elif not is_address(email):
        faults.note(field, "メールアドレスの形が正しくありません。例: yamada@city.example.lg.jp", "bad-email")
    return email


def is_address(email: str) -> bool:
    """Whether a normalised text is an address."""
    return len(email) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(email) is not None


def chosen_roles(codes: Sequence[str], tenant_id: int, faults: Faults) -> tuple[Role, ...]:
    """The roles ticked, in the order they are offered; notes the fault when there is none."""
    roles = tuple(role for role in roles_of(tenant_id) if role.value in codes)
    if not roles or len(roles) != len(set(codes)):
        faults.note("roles", "役割を選んでください。", "required")
    return roles


def read_period(form: FormData, roles: Sequence[Role], faults: Faults) -> tuple[date, date | None]:
    """From when and, where given, until when; an outsider needs a last day."""
    valid_from = read_day(form, "valid_from", faults)
    text = form.get("valid_to", "").strip()
    valid_to = faults.read("valid_to", parse_japanese_date, text, None) if text else None
    if valid_to is None and OUTSIDERS & set(roles):
        faults.note("valid_to", "外部専門家と現地調査員には、終了日が必要です。", "end-required")
    if valid_to is not None and valid_to < valid_from:
        faults.note("valid_to", "終了日は開始日より後にしてください。", "bad-period")
    return valid_from, valid_to


def read_day(form: FormData, field: str, faults: Faults) -> date:
    """A day that must be given."""
    return faults.read(field, parse_japanese_date, form.get(field, ""), date.min)


def read_reason(form: FormData) -> str:
    """Why somebody is stopped; raises Invalid."""
    faults = Faults()
    reason = required_text(form, "reason", "理由", faults, longest=LONGEST_REASON, one_line=True)
    faults.raise_if_any()
    return reason


def day_text(day: date | None) -> str:
    """A day as a form shows it."""
    return japanese_date(day) if day else ""
