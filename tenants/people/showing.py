"""People as pages show them: rows of the list, facts and roles of one person."""

from datetime import date
from typing import Any

from tenants.calendar import japanese_date
from tenants.people.invitations.rules import period_text
from tenants.people.rules import MembershipLine, PersonView
from tenants.web.rendering import Status


def second_factor_status(one: PersonView) -> Status:
    """Whether a second factor is set."""
    return Status("設定あり", "success") if one.second_factor else Status("設定なし", "neutral")


def person_facts(one: PersonView) -> list[tuple[str, Any]]:
    """What is known of a person, but the roles and the state."""
    return [
        ("メールアドレス", one.email),
        ("2段階認証", second_factor_status(one).label),
        ("サインイン中の端末", f"{one.sessions}台"),
    ]


def role_rows(one: PersonView, today: date) -> list[dict[str, Any]]:
    """The person's roles, with the page where each is changed."""
    return [_role_row(line, today) for line in one.memberships]


def _role_row(line: MembershipLine, today: date) -> dict[str, Any]:
    ended = line.standing.ended_on(today)
    return {
        "role": line.role.label,
        "period": period_text(line.standing.valid_from, line.standing.valid_to)
        if not line.standing.never_was
        else "開始前に取り消し",
        "pause": pause_text(line),
        "status": line.standing.status(today),
        "reason": line.suspended_reason,
        "url": f"/people/memberships/{line.id}",
        "actions": [] if ended else [{"label": "変える", "url": f"/people/memberships/{line.id}"}],
    }


def pause_text(line: MembershipLine) -> str | None:
    """When the role rests, if it does."""
    standing = line.standing
    if standing.paused_from is None:
        return None
    end = f"{japanese_date(standing.paused_to)}まで" if standing.paused_to else "復帰日は未定"
    return f"{japanese_date(standing.paused_from)}から{end}"
