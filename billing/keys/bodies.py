"""A key's definition as the body of a request: components or fixed fractions, a host, a unit price, limits."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from billing.fields import Share, Yen
from billing.keys import forms
from tenants.api.fields import Code


class Component(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """割合と基準の組。"""

    weight: Share
    basis: Annotated[int | Literal["equal"], Meta(description="按分基準の番号。均等は equal")]
    factors: Annotated[dict[Code, Share], Meta(max_length=2_000, description="団体ごとの重み")] = {}
    exclude: Annotated[list[Code], Meta(max_length=2_000, description="数えない団体")] = []


class Host(Struct, frozen=True, forbid_unknown_fields=True):
    """先に決まった割合を負担する所在団体。"""

    code: Code
    share: Share


class Bounds(Struct, frozen=True, forbid_unknown_fields=True):
    """1団体が1つの経費で負担する額の下限と上限。置かない額は null。"""

    minimum_yen: Yen | None = None
    maximum_yen: Yen | None = None


class Limits(Bounds, frozen=True, forbid_unknown_fields=True):
    """全団体の下限額・上限額と、団体ごとの例外。"""

    members: Annotated[dict[Code, Bounds], Meta(max_length=2_000)] = {}


class Definition(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """分け方。components(基準の組み合わせ)か fixed(固定割合)のどちらか一方。"""

    components: Annotated[list[Component], Meta(min_length=1, max_length=len(forms.ROWS))] | UnsetType = UNSET
    host: Host | UnsetType = UNSET
    unit_price_decimals: Annotated[int, Meta(ge=0, le=10)] | UnsetType = UNSET
    fixed: Annotated[dict[Code, Share], Meta(max_length=2_000)] | UnsetType = UNSET
    renormalise: bool = False
    limits: Limits | UnsetType = UNSET
