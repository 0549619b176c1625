"""What is wrong with a case: one problem per place, and the refusal that carries all of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from tenants.errors import Invalid


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason to refuse a case.

    ``pointer`` is a JSON pointer (RFC 6901) into the case file as it was given, ``message`` a Japanese
    sentence for a finance officer, ``code`` a stable word for machines.
    """

    pointer: str
    message: str
    code: str


class CaseRefused(Invalid):
    """The case cannot be calculated; ``problems`` holds everything that was found, in document order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0].message if self.problems else ""
        super().__init__(
            "case-refused",
            f"按分計算の入力に{len(self.problems)}件の問題があります。{first}",
            {problem.pointer: problem.message for problem in reversed(self.problems)},
        )


def pointer_token(name: str) -> str:
    """Escape one name for use inside a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
