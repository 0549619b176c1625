"""What a case has named so far, so that references can be checked while reading goes on."""

from collections.abc import Container
from dataclasses import dataclass, field

from billing.apportionment.fields import Reading
from billing.apportionment.terms import Basis, Cost, Key, Member

# As long as a code may be; anything longer is not repeated in a message.
LONGEST_SHOWN = 20


@dataclass(slots=True)
class Known:
    """Members, bases, keys, costs and grants by id; a misfit keeps its id so that one fault is told once."""

    version: int = 1
    members: dict[str, Member] = field(default_factory=dict)
    members_clean: bool = True
    # index in the file, the basis, and whether it was read without a problem
    bases: dict[str, tuple[int, Basis, bool]] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    costs: dict[str, tuple[int, Cost]] = field(default_factory=dict)
    missing_values: set[tuple[str, str]] = field(default_factory=set)

    def is_new(self, reading: Reading, seen: Container[str], name: str, pointer: str) -> bool:
        """Refuse an id that was used before in the same list; a blank one was refused already."""
        if name in seen:
            reading.refuse(pointer, "duplicate-id", f"IDの「{name}」が2回以上使われています。")
            return False
        return bool(name)

    def refuse_member(self, reading: Reading, pointer: str, code: str) -> None:
        """Refuse a code that is no member of the case."""
        shown = code if code.isascii() and code.isprintable() and len(code) <= LONGEST_SHOWN else "(読めないコード)"
        reading.refuse(pointer, "unknown-member", f"団体コード{shown}は構成団体の一覧にありません。")

    def require_member(self, reading: Reading, pointer: str, code: str) -> None:
        """Refuse ``code`` unless it is a member; a blank one was refused already."""
        if code and code not in self.members:
            self.refuse_member(reading, pointer, code)
