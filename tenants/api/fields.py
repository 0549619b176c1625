"""Types of fields that many bodies share: strict shapes a program can rely on, with words and bounds."""

from typing import Annotated

from msgspec import Meta

_ORGANISATION = r"^[0-9A-Za-z-]{1,40}$"

Code = Annotated[
    str,
    Meta(pattern=_ORGANISATION, description="団体コード。市町は検査数字を含む6桁。", examples=["283011"]),
]
Id = Annotated[int, Meta(ge=1, le=999_999_999_999_999_999, description="この一覧の中の番号", examples=[12])]
Count = Annotated[int, Meta(ge=0, le=999_999_999)]
