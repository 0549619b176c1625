"""Bodies of the API of scenarios: what comes in and what goes out."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from billing.fields import SignedYen
from tenants.api.fields import Count, Id

Name = Annotated[str, Meta(min_length=1, max_length=100, examples=["交付金が不採択の場合"])]
Note = Annotated[str, Meta(max_length=1_000)]


class CopyBody(Struct, frozen=True, forbid_unknown_fields=True):
    """写すもの。run_id か scenario_id のどちらか。どちらもなければ、いまの登録内容を写します。"""

    name: Name
    note: Note = ""
    run_id: Id | None = None
    scenario_id: Id | None = None


class ScenarioBody(Struct, frozen=True, forbid_unknown_fields=True):
    """試算の名前・メモと、按分計算の入力(形式は yui-apportionment/1 か /2)。"""

    name: Name
    case: Annotated[dict[str, Any], Meta(description="按分計算の入力の文書")]
    note: Note = ""


class AdoptionBody(Struct, frozen=True, forbid_unknown_fields=True):
    """反映する試算の版(取得したときの ETag の数)。"""

    version: Annotated[int, Meta(ge=1, le=999_999_999)]


class ScenarioProblem(Struct, frozen=True):
    """計算できない点: case の中の場所と、理由。"""

    pointer: str
    message: str
    code: str


class Scenario(Struct, frozen=True):
    """一つの試算。burden_yen は構成団体の負担金の計。計算できないときは null で、problems に理由があります。"""

    id: Id
    version: Count
    program_id: Id
    name: str
    note: str
    based_on: str
    based_on_run_id: Id | None
    burden_yen: SignedYen | None
    problems: list[ScenarioProblem]
    created_by: str
    created_at: datetime
    adopted_by: str
    adopted_at: datetime | None


class ScenarioDocuments(Struct, frozen=True):
    """一つの試算と、写したときの入力(base)、いまの入力(case)、その計算結果(result)。"""

    scenario: Scenario
    base: dict[str, Any]
    case: dict[str, Any]
    result: dict[str, Any] | None


class ComparedFigure(Struct, frozen=True):
    """比べたものの一つの額。difference_yen は最初のものとの差、rate はその割合(分数の文字)。"""

    yen: SignedYen | None
    difference_yen: SignedYen | None
    rate: str | None


class ComparedRow(Struct, frozen=True):
    """一つの団体(または合計など)。figures は sides の順。"""

    code: str
    name: str
    figures: list[ComparedFigure]


class ComparedSides(Struct, frozen=True):
    """団体ごとの負担金(請求額)の比較。sides の最初が基準です。"""

    sides: list[str]
    rows: list[ComparedRow]
    total: ComparedRow
    others: list[ComparedRow]
