"""The words of an explanation: a step with its rule, arithmetic and sources, and the sections steps stand in."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``anchor`` is its address on the page; ``result`` is exact, in ``unit`` (円, or none for a share).

    ``arithmetic`` are lines to compute again; ``uses`` are the anchors of the steps whose results stand in them.
    """

    anchor: str
    number: str
    title: str
    rule: str
    arithmetic: tuple[str, ...]
    result: Fraction
    unit: str = "円"
    sources: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Steps that belong together, for example those of one cost."""

    anchor: str
    title: str
    steps: tuple[Step, ...]
