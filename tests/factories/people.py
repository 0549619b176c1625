"""People, organisations and contexts for tests; every factory takes the tenant explicitly."""

from datetime import date
from typing import Any

import factory

from tenants.context import Role, TenantContext
from tenants.directory.operations import NewTenant
from tenants.directory.rules import TenantKind


class NewTenantFactory(factory.Factory[NewTenant]):
    """An organisation to register; code, name and kind are always given."""

    class Meta:
        model = NewTenant

    kana = ""
    region = "試験圏域"
    active_from = date(2020, 4, 1)


class ContextFactory(factory.Factory[TenantContext]):
    """A context; tenant and role are always given."""

    class Meta:
        model = TenantContext

    person_id = 1
    person_name = "試験する人"
    request_id = "0123456789abcdef"
    address = "127.0.0.1"
    tenant_name = factory.LazyAttribute(lambda o: f"団体{o.tenant_id}")


PREFECTURE = {"code": "280003", "name": "兵庫県", "kind": TenantKind.PREFECTURE}
TOWNS: tuple[dict[str, Any], ...] = (
    {"code": "281000", "name": "神戸市", "kind": TenantKind.CITY},
    {"code": "283011", "name": "猪名川町", "kind": TenantKind.TOWN},
    {"code": "284467", "name": "神河町", "kind": TenantKind.TOWN},
)
UNION = {"code": "union-harima", "name": "播磨東部広域水道企業団", "kind": TenantKind.UNION}


def context(tenant_id: int, tenant_code: str, role: Role, **more: Any) -> TenantContext:
    """A context for ``role`` in the tenant."""
    return ContextFactory(tenant_id=tenant_id, tenant_code=tenant_code, role=role, **more)
