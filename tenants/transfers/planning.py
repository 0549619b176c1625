"""From the lines of a file and the organisation's present people to what would change; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from tenants.people.invitations.rules import InvitationView, NewInvitation
from tenants.people.rules import (
    OUTSIDERS,
    LastAdministrator,
    Standing,
    administrator_role,
    check_somebody_administers,
)
from tenants.transfers.forms import EMAIL, MOVEMENT, NAME, SUCCESSOR, UNTIL, read_wish
from tenants.transfers.rules import Kind, Movement, PlannedLine, Present, Wish, changes_of, kind_of
from tenants.transfers.wording import difference_of, invitation_difference

Cells = Mapping[str, str]
_NEEDS_END = "外部専門家と現地調査員には、終了日が必要です。"


@dataclass(frozen=True, slots=True)
class Situation:
    """What a plan is made for: the organisation, its people and open invitations, the day, today."""

    tenant_id: int
    people: Sequence[Present]
    invitations: Sequence[InvitationView]
    effective: date
    today: date


@dataclass(frozen=True, slots=True)
class Plan:
    """Every line in the order of the file, and what is wrong with all of them together."""

    lines: tuple[PlannedLine, ...]
    fault: str = ""

    def count(self, kind: Kind) -> int:
        """How many lines do this."""
        return sum(1 for one in self.lines if one.kind is kind)

    @property
    def can_apply(self) -> bool:
        """Whether nothing is wrong."""
        return not self.fault and not self.count(Kind.WRONG)


def plan_lines(rows: Sequence[tuple[int, Cells]], situation: Situation) -> Plan:
    """What the (line number, cells) would do. The same file on the same people gives the same plan."""
    by_email = {one.email: one for one in situation.people}
    open_by_email = {one.email: one for one in situation.invitations}
    read = [(number, *read_wish(cells, situation.tenant_id, situation.effective)) for number, cells in rows]
    going = {wish.email for _, wish, _ in read if wish.movement is not Movement.STAYS}
    first: dict[str, int] = {}
    lines = []
    for number, wish, faults in read:
        if wish.email and first.setdefault(wish.email, number) != number:
            faults.setdefault(EMAIL, f"{first[wish.email]}行目と同じメールアドレスです。")
        present = by_email.get(wish.email)
        faults.update({name: said for name, said in _strangers(wish, present).items() if name not in faults})
        successor = by_email.get(wish.successor_email)
        if wish.successor_email and (successor is None or wish.successor_email in {*going, wish.email}):
            faults.setdefault(SUCCESSOR, "この団体に残る利用者のメールアドレスを入力してください。")
        if faults:
            lines.append(PlannedLine(number, wish.email, wish.name, Kind.WRONG, faults=faults))
            continue
        line = (
            _known(number, wish, present, situation)
            if present is not None
            else _newcomer(number, wish, open_by_email.get(wish.email), situation)
        )
        lines.append(replace(line, successor_id=successor.id if successor else None))
    return Plan(tuple(lines), _fault(lines, situation))


def _strangers(wish: Wish, present: Present | None) -> dict[str, str]:
    """What only people of the organisation can do, and what only newcomers need."""
    if present is not None:
        return {}
    if wish.movement is not Movement.STAYS:
        return {MOVEMENT: "この団体の利用者ではないため、「在籍」のほかは選べません。"}
    return {} if wish.name else {NAME: "新しい利用者には氏名が必要です。"}


def _known(number: int, wish: Wish, present: Present, situation: Situation) -> PlannedLine:
    changes = changes_of(wish, present, situation.effective, situation.today)
    if any(one.role in OUTSIDERS and one.after.valid_to is None for one in changes):
        return PlannedLine(number, wish.email, present.name, Kind.WRONG, faults={UNTIL: _NEEDS_END})
    return PlannedLine(
        number,
        wish.email,
        present.name,
        kind_of(wish, changes),
        difference_of(changes),
        person_id=present.id,
        changes=changes,
    )


def _newcomer(number: int, wish: Wish, invited: InvitationView | None, situation: Situation) -> PlannedLine:
    wanted = NewInvitation(wish.email, wish.name, wish.roles, situation.effective, wish.valid_to)
    if wish.valid_to is None and OUTSIDERS & set(wish.roles):
        return PlannedLine(number, wish.email, wish.name, Kind.WRONG, faults={UNTIL: _NEEDS_END})
    if invited is None:
        difference = invitation_difference(wanted)
        return PlannedLine(number, wish.email, wish.name, Kind.NEW, difference, invitation=wanted)
    if (set(invited.roles), invited.valid_from, invited.valid_to) == (
        set(wanted.roles),
        wanted.valid_from,
        wanted.valid_to,
    ):
        return PlannedLine(number, wish.email, invited.name, Kind.SAME, "招待中")
    said = {EMAIL: "内容の違う、返事待ちの招待があります。先にその招待を取り下げてください。"}
    return PlannedLine(number, wish.email, wish.name, Kind.WRONG, faults=said)


def _fault(lines: Sequence[PlannedLine], situation: Situation) -> str:
    """Whether the organisation would lose its last administrator."""
    role = administrator_role(situation.tenant_id)
    before = {held.id: held.standing for one in situation.people for held in one.held if held.role is role}
    after, added = dict(before), list[Standing]()
    for change in (change for line in lines for change in line.changes if change.role is role):
        if change.held is None:
            added.append(change.after)
        else:
            after[change.held.id] = change.after
    try:
        check_somebody_administers(before.values(), [*after.values(), *added], situation.today)
    except LastAdministrator as refused:
        return refused.message
    return ""
