"""What a comparison finds: a fault with a stable rule name, the object, and what is wrong with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One difference between the catalog and the declarations."""

    rule: str
    subject: str
    detail: str = ""

    def __str__(self) -> str:
        """One line for an operator."""
        return f"{self.rule}: {self.subject}" + (f" ({self.detail})" if self.detail else "")


class CatalogError(RuntimeError):
    """The database is not walled as the code declares; the message lists every fault, one a line."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)
