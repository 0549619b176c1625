"""What the tests of people share: the town they look at, the present, and acts in its administrator's scope."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta

from tenants.access.rules import SessionLimits
from tenants.calendar import JST
from tenants.context import Role, Scope, TenantContext
from tenants.database.transaction import open_door
from tenants.people import queries
from tenants.people.rules import MembershipLine
from tests.factories.worlds import World

TOWN, OTHER = "281000", "283011"
LIMITS = SessionLimits(timedelta(minutes=30), timedelta(hours=10))
NEW_PASSWORD = "mikan tsukue sanpo 42"


def now() -> datetime:
    """The present, as pages read it."""
    return datetime.now(JST)


def today() -> date:
    """The present day in Japan."""
    return now().date()


@asynccontextmanager
async def as_admin(world: World, code: str = TOWN) -> AsyncIterator[TenantContext]:
    """The town's administrator in a transaction of its own."""
    context = world.context(code, Role.PREFECTURE_ADMIN if code == "280003" else Role.TOWN_ADMIN)
    async with open_door(world.pool, context.scope, context.tenant_id):
        yield context


async def line_of(world: World, role: Role, code: str = TOWN) -> MembershipLine:
    """The membership of the person with this role."""
    person_id, _ = world.people[code, role]
    scope = Scope.PREFECTURE if code == "280003" else Scope.TOWN
    async with open_door(world.pool, scope, world.tenants[code], read_only=True):
        return next(one for one in await queries.memberships(world.tenants[code], person_id) if one.role is role)
