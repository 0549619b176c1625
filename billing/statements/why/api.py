"""The API of 「なぜこの金額ですか」: every step of a statement, for programs that show or check it."""

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.money import exact_text
from billing.runs import queries as runs
from billing.statements import queries
from billing.statements.api import READERS
from billing.statements.why.preview import preview_content
from billing.statements.why.rules import facts_of, why_sections
from tenants.api.answers import answer
from tenants.api.routes import api_read
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit


class WhyStep(Struct, frozen=True):
    """計算の一つの段階。"""

    anchor: Annotated[str, Meta(description="画面の中の場所", examples=["line-1-2"])]
    number: Annotated[str, Meta(description="順番", examples=["2-1-2"])]
    title: str
    rule: Annotated[str, Meta(description="規則の説明")]
    arithmetic: Annotated[list[str], Meta(description="計算式", examples=[["52,000,000円 × 1/8 = 6,500,000円"]])]
    result: Annotated[str, Meta(description="結果。整数または分数の文字", examples=["6500000", "3003/7"])]
    unit: Annotated[str, Meta(description="結果の単位。割合は空", examples=["円"])]
    sources: Annotated[list[str], Meta(description="基準値の出典と基準日")]
    uses: Annotated[list[str], Meta(description="もとにした段階の anchor")]


class WhySection(Struct, frozen=True):
    """段階のまとまり(按分方法、経費、交付金など)。"""

    anchor: str
    title: str
    steps: list[WhyStep]


class Why(Struct, frozen=True):
    """請求額までの計算のすべての段階。計算の順に並びます。"""

    complete: Annotated[bool, Meta(description="途中の値をすべて残して発行した算定書か")]
    published: Annotated[bool, Meta(description="按分表を構成団体に公開する計算か")]
    sections: list[WhySection]


@api_read(
    "/statements/{statement_id:str}/why",
    roles=READERS,
    verb="statements:read",
    summary="負担金算定書の計算のすべての段階",
    answers=Why,
)
async def statement_why(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """Every step of one statement."""
    _, content = await queries.statement(positive_id(statement_id))
    return answer(_why(content))


@api_read(
    "/runs/{run_id:str}/members/{member_code:str}/why",
    roles=PREFECTURE,
    verb="runs:read",
    summary="計算の中の1団体のすべての段階",
    answers=Why,
)
async def member_why(
    request: Request[Any, Any, Any], run_id: FromPath[str], member_code: FromPath[str]
) -> Response[Any]:
    """Every step of one member's figures, as the member will see them."""
    run = await runs.run(positive_id(run_id))
    return answer(_why(await preview_content(run, member_code, visit(request).now)))


def _why(content: Mapping[str, Any]) -> Why:
    told = facts_of(content)
    sections = [
        WhySection(
            section.anchor,
            section.title,
            [
                WhyStep(
                    step.anchor,
                    step.number,
                    step.title,
                    step.rule,
                    list(step.arithmetic),
                    exact_text(step.result),
                    step.unit,
                    list(step.sources),
                    list(step.uses),
                )
                for step in section.steps
            ],
        )
        for section in why_sections(content)
    ]
    return Why(told is not None, bool(told and told["published"]), sections)


HANDLERS = (statement_why, member_why)
