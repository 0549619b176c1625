"""What a line of a transfer changes, in the words an administrator checks."""

from collections.abc import Iterable

from tenants.calendar import japanese_date
from tenants.people.invitations.rules import NewInvitation, period_text, roles_text
from tenants.people.rules import Standing
from tenants.transfers.rules import Change


def difference_of(changes: Iterable[Change]) -> str:
    """Every change of a known person."""
    return "。".join(_words(one) for one in changes)


def invitation_difference(invitation: NewInvitation) -> str:
    """What a newcomer gets."""
    return f"招待: {roles_text(invitation.roles)} {period_text(invitation.valid_from, invitation.valid_to)}"


def _words(one: Change) -> str:
    role, after = one.role.label, one.after
    if one.held is None:
        return f"{role}を開始({period_text(after.valid_from, after.valid_to)})"
    before = one.held.standing
    said = []
    if after.valid_from != before.valid_from:
        said.append(f"{role}を{japanese_date(after.valid_from)}から" + ("再開" if before.valid_to else "に変更"))
    if after.valid_to != before.valid_to:
        said.append(_end(role, after))
    if (after.paused_from, after.paused_to) != (before.paused_from, before.paused_to):
        said.append(_pause(role, after))
    return "、".join(said)


def _end(role: str, after: Standing) -> str:
    if after.never_was:
        return f"{role}の予定を取り消し"
    return f"{role}は{japanese_date(after.valid_to)}まで" if after.valid_to else f"{role}の終了日をなくす"


def _pause(role: str, after: Standing) -> str:
    if after.paused_from is None:
        return f"{role}の休止をなくす"
    until = f"{japanese_date(after.paused_to)}まで" if after.paused_to else "復帰日未定で"
    return f"{role}を{japanese_date(after.paused_from)}から{until}休止"
