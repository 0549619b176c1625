"""Founds a real cell: the prefecture's own organisation and the first administrator, once."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime

from services.assembly.modules import load_tables
from services.assembly.settings import Settings
from tenants.access import operations as access
from tenants.access.password_rules import check_password
from tenants.access.rules import normalise_email
from tenants.calendar import JST
from tenants.context import PREFECTURE_TENANT_ID, Role, Scope, TenantContext
from tenants.database.engine import current_door
from tenants.database.pool import create_pool
from tenants.database.transaction import Pool, open_door
from tenants.directory import operations as directory
from tenants.directory.operations import NewTenant
from tenants.directory.rules import TenantKind
from tenants.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Founding:
    """What is needed to begin: the prefecture's code and name, and the first administrator."""

    code: str
    name: str
    kana: str
    administrator_email: str
    administrator_name: str
    password: str


def found(settings: Settings, founding: Founding) -> None:
    """Will register the prefecture as tenant 1 and its first administrator.

    Raises Conflict (already-founded) when the cell has its prefecture, Invalid for a wrong code or short password.
    """
    load_tables()
    asyncio.run(_found(settings, founding))


async def _found(settings: Settings, founding: Founding) -> None:
    if "@" not in normalise_email(founding.administrator_email):
        raise Invalid("bad-email", "管理者のメールアドレスが正しくありません。")
    check_password(founding.password, email=founding.administrator_email, name=founding.administrator_name)
    pool = create_pool(settings.database_url, 1)
    await pool.open()
    try:
        await _register(pool, founding, datetime.now(JST))
    finally:
        await pool.close()


async def _register(pool: Pool, founding: Founding, now: datetime) -> None:
    context = TenantContext(
        PREFECTURE_TENANT_ID,
        founding.code,
        founding.name,
        Role.PREFECTURE_ADMIN,
        0,
        "初期設定",
        "founding",
        "",
    )
    today: date = now.date()
    # Two scopes, so two transactions; an interrupted founding goes on where it stopped.
    async with open_door(pool, Scope.IDENTITY, read_only=True):
        if await current_door().execute("SELECT 1 FROM membership WHERE tenant_id = $1", (PREFECTURE_TENANT_ID,)):
            raise Conflict("already-founded", "この環境にはすでに県と管理者が登録されています。")
        registered = await current_door().execute("SELECT 1 FROM tenant WHERE id = $1", (PREFECTURE_TENANT_ID,))
    if not registered:
        async with open_door(pool, Scope.PREFECTURE, PREFECTURE_TENANT_ID):
            await directory.register_tenant(
                context,
                NewTenant(founding.code, founding.name, founding.kana, TenantKind.PREFECTURE, "", today),
            )
    async with open_door(pool, Scope.IDENTITY):
        person_id = await access.register_person(
            context, founding.administrator_email, founding.administrator_name, founding.password, now
        )
        await access.give_role(context, person_id, PREFECTURE_TENANT_ID, Role.PREFECTURE_ADMIN, today)
