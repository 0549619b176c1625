"""The API of the directory: the organisations of the cell, for the prefecture."""

from datetime import date
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Struct

from tenants.api.answers import answer, listed
from tenants.api.fields import Code, Id
from tenants.api.routes import api_read
from tenants.api.rules import say_verbs
from tenants.directory import queries
from tenants.directory.rules import TenantView
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE

say_verbs({"tenants:read": "団体を見る"})


class Organisation(Struct, frozen=True):
    """一つの団体。kind は prefecture、city、town、union。"""

    id: Id
    code: Code
    name: str
    kana: str
    kind: str
    region: str
    active_from: date
    active_to: date | None
    modules: list[str]
    members: list[str]
    """企業団などの構成団体の名前。"""


@api_read("/tenants", roles=PREFECTURE, verb="tenants:read", summary="団体の一覧", answers=Organisation, listed=True)
async def tenant_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Every organisation."""
    return listed(request, await queries.tenants(), lambda one: one.id, _shown)


@api_read("/tenants/{tenant_id:str}", roles=PREFECTURE, verb="tenants:read", summary="団体", answers=Organisation)
async def tenant(request: Request[Any, Any, Any], tenant_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """One organisation."""
    return answer(_shown(await queries.tenant(positive_id(tenant_id))))


def _shown(one: TenantView) -> Organisation:
    values = {name: getattr(one, name) for name in Organisation.__struct_fields__}
    lists = {"kind": one.kind.value, "modules": list(one.modules), "members": list(one.members)}
    return Organisation(**{**values, **lists})


HANDLERS = (tenant_list, tenant)
