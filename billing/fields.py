"""Types of fields of billing's bodies: yen as whole JSON numbers, shares and quantities as exact text."""

from typing import Annotated

from msgspec import Meta

from billing.money import MAX_YEN

Yen = Annotated[
    int, Meta(ge=0, le=MAX_YEN, description="円。整数だけ。小数・文字・真偽は受け付けません。", examples=[52_000_000])
]
UnitYen = Annotated[int, Meta(ge=1, le=MAX_YEN, description="端数処理の単位(円)", examples=[1_000])]
SignedYen = Annotated[int, Meta(ge=-MAX_YEN, le=MAX_YEN, description="円。負の数は返還を表します。")]
Share = Annotated[
    str,
    Meta(
        # What is answered can be sent again: no more digits than a fraction of twelve over twelve keeps.
        pattern=r"^(?:[0-9]{1,12}(?:/[0-9]{1,12})?|[0-9]{1,3}\.[0-9]{1,9}%?|[0-9]{1,3}%)$",
        description="割合。3/10、0.3、30% のような文字。浮動小数点数は受け付けません。",
        examples=["1/2"],
    ),
]
Exact = Annotated[str, Meta(description="既約分数または整数の文字。誤差を含みません。", examples=["123/15142"])]
