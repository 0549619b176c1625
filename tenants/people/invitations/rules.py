"""Pure rules of invitations: the code on a slip, how long it works, what an invitation says."""

import hmac
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tenants.access.sealing import keyed_digest
from tenants.calendar import JST, japanese_date
from tenants.context import Role
from tenants.web.rendering import Status

INVITATION_LIFE = timedelta(days=7)
"""A slip by the internal post takes days, and transfers are announced a week ahead (NIST SP 800-63B 3.1.3.2)."""
LONGEST_LIFE = timedelta(days=60)
"""Transfers to 1 April are prepared from February; a paper code must not lie about for longer."""
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that a slip can be typed from paper."""
_MISREAD = str.maketrans("ILO", "110")
HANDLE_SIGNS = 10
"""50 random bits, stored: they find the invitation and open nothing."""
_PROOF_SIGNS = 14
"""70 bits only the deployment's secret key can make: who reads the table cannot write a slip."""
_GROUP = 4
_PURPOSE = "invitation"


def invitation_ends(now: datetime, valid_from: date) -> datetime:
    """Until when a code issued at ``now`` works: a week, counted from the first day when that lies ahead."""
    begins = datetime.combine(valid_from, time(), JST)
    return min(max(now, begins) + INVITATION_LIFE, now + LONGEST_LIFE)


def new_handle() -> str:
    """The stored part of a fresh code; the code before it is dead."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(HANDLE_SIGNS))


def code_of(handle: str, secret_key: str) -> str:
    """The whole code as it stands in an address."""
    proof = int.from_bytes(keyed_digest(secret_key, _PURPOSE, handle), "big")
    signs = []
    for _ in range(_PROOF_SIGNS):
        proof, rest = divmod(proof, len(_ALPHABET))
        signs.append(_ALPHABET[rest])
    return handle + "".join(signs)


def written_code(code: str) -> str:
    """The code as people copy it from paper: groups of four."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def handle_in(typed: str, secret_key: str) -> str | None:
    """The handle of a code somebody typed or followed; None when it is none of ours."""
    plain = unicodedata.normalize("NFKC", typed).upper().translate(_MISREAD)
    code = "".join(sign for sign in plain if sign in _ALPHABET)
    if len(code) != HANDLE_SIGNS + _PROOF_SIGNS or len(typed) > 2 * len(code):
        return None
    handle = code[:HANDLE_SIGNS]
    return handle if hmac.compare_digest(code_of(handle, secret_key), code) else None


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """Whom to invite, as what, from when to when (inclusive days)."""

    email: str
    name: str
    roles: tuple[Role, ...]
    valid_from: date
    valid_to: date | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InvitationView:
    """One invitation as the organisation and the invited person see it; it never says whether the address is known."""

    id: int
    tenant_id: int
    tenant_name: str
    email: str
    name: str
    roles: tuple[Role, ...]
    valid_from: date
    valid_to: date | None
    state: str
    code_handle: str
    issued_at: datetime
    expires_at: datetime
    inviting_tenant_id: int
    """The organisation of who invited: the town itself, or the prefecture for a town's first administrator."""
    invited_by_id: int
    invited_by_name: str
    reason: str

    @property
    def roles_text(self) -> str:
        """The roles in Japanese."""
        return roles_text(self.roles)

    @property
    def period_text(self) -> str:
        """From when to when, in eras."""
        return period_text(self.valid_from, self.valid_to)

    def works(self, now: datetime, today: date) -> bool:
        """Whether the code may be used."""
        return self.state == "open" and now < self.expires_at and (self.valid_to is None or today <= self.valid_to)

    def status(self, now: datetime, today: date) -> Status:
        """Word and shape for people."""
        if self.state == "accepted":
            return Status("受諾済み", "success")
        if self.state == "withdrawn":
            return Status("取り下げ", "neutral")
        return Status("返事待ち", "progress") if self.works(now, today) else Status("期限切れ", "warning")


def roles_text(roles: Iterable[Role]) -> str:
    """Roles in Japanese, once each."""
    return "、".join(dict.fromkeys(role.label for role in roles))


def period_text(valid_from: date, valid_to: date | None) -> str:
    """From when to when, in eras."""
    return f"{japanese_date(valid_from)}から" + (f"{japanese_date(valid_to)}まで" if valid_to else "")
