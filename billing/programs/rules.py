"""Programs as people set them up: views, what a form may say, and the words for every choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

ROUNDING_STAGES: Mapping[str, str] = {
    "cost": "経費ごとに端数を処理する",
    "total": "合計してから端数を処理する",
}
REMAINDERS: Mapping[str, str] = {
    "largest_remainder": "端数の大きい団体から1単位ずつ(最大剰余法)",
    "smallest_up": "負担の小さい団体から1単位ずつ",
    "largest_share": "負担の最も大きい団体がまとめて",
    "named": "指定した団体がまとめて",
    "prefecture": "県が負担する",
    "undistributed": "配分しない(未配分として表示)",
}
SHARES_PUBLISHED: Mapping[str, str] = {
    "no": "公開しない(Excel には、その団体の値と全団体の合計だけがあります)",
    "yes": "公開する(Excel で、全団体の値と計算を見られます)",
}
ROUNDING_MODES: Mapping[str, str] = {"floor": "切り捨て", "half_up": "四捨五入", "ceil": "切り上げ"}


@dataclass(frozen=True, slots=True)
class ProgramInput:
    """What a program is set up with; yen are whole, ``national_ceiling`` is an exact fraction as text."""

    fiscal_year: int
    title: str
    description: str
    rounding_stage: str
    rounding_unit_yen: int
    rounding_remainder: str
    rounding_named_id: int | None
    national_ceiling: str
    invoice_unit_yen: int
    invoice_mode: str
    instalment_count: int
    instalment_unit_yen: int
    due_date: date | None
    shares_published: bool = False
    """按分表を構成団体に公開: whether every member may see the values and steps of all in its workbook."""


@dataclass(frozen=True, slots=True)
class ProgramName:
    """A program as it is called now; enough for the way to it."""

    id: int
    title: str
    fiscal_year: int


@dataclass(frozen=True, slots=True)
class ProgramView:
    """One program."""

    id: int
    settings: ProgramInput
    version: int

    @property
    def title(self) -> str:
        """The program's name."""
        return self.settings.title

    @property
    def fiscal_year(self) -> int:
        """The fiscal year it belongs to; stored, never derived."""
        return self.settings.fiscal_year


@dataclass(frozen=True, slots=True)
class MemberView:
    """One organisation that takes part."""

    id: int
    """The membership's own id."""
    tenant_id: int
    code: str
    name: str
    months: int
    factor: str


@dataclass(frozen=True, slots=True)
class MemberInput:
    """How one organisation takes part: months of the year (0–12) and weight (exact fraction as text)."""

    tenant_id: int
    months: int
    factor: str


@dataclass(frozen=True, slots=True)
class ProgramLine:
    """One program in the list."""

    id: int
    fiscal_year: int
    title: str
    members: int
    cost_yen: int
    last_run: str
    """The state of the newest run in code, or an empty text."""
