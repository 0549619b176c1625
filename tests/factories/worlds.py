"""A small cell with the prefecture, three towns, one union and a person in every role."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from tenants.access import operations as access
from tenants.access import passwords
from tenants.context import PREFECTURE_TENANT_ID, Role, Scope, TenantContext
from tenants.database.transaction import Pool, open_door
from tenants.directory import operations as directory
from tests.factories.people import PREFECTURE, TOWNS, UNION, NewTenantFactory, context

PASSWORD = "correct horse battery staple"
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TOWN_MODULES = ("apportionment",)


@dataclass
class World:
    """Numbers and people of the cell; ``people[(code, role)]`` is (person id, e-mail)."""

    pool: Pool
    tenants: dict[str, int] = field(default_factory=dict)
    people: dict[tuple[str, Role], tuple[int, str]] = field(default_factory=dict)

    def context(self, code: str, role: Role) -> TenantContext:
        """The context of the person with this role in the organisation."""
        person_id, email = self.people[code, role]
        return context(self.tenants[code], code, role, person_id=person_id, person_name=email.split("@")[0])

    @property
    def finance(self) -> TenantContext:
        """The prefecture's finance officer who prepares."""
        return self.context("280003", Role.PREFECTURE_FINANCE)

    @property
    def approver(self) -> TenantContext:
        """The prefecture's second finance officer."""
        person_id, _ = self.people["280003:2", Role.PREFECTURE_FINANCE]
        return context(1, "280003", Role.PREFECTURE_FINANCE, person_id=person_id, person_name="approver")


async def found_world(pool: Pool) -> World:
    """Registers the organisations and the people through the product's own operations."""
    world = World(pool)
    system = context(PREFECTURE_TENANT_ID, "280003", Role.PREFECTURE_ADMIN)
    async with open_door(pool, Scope.PREFECTURE, PREFECTURE_TENANT_ID):
        for facts in (PREFECTURE, *TOWNS, UNION):
            tenant_id = await directory.register_tenant(system, NewTenantFactory(**facts))
            world.tenants[facts["code"]] = tenant_id
        for code in (*(town["code"] for town in TOWNS), UNION["code"]):
            for module in TOWN_MODULES:
                await directory.entitle(system, world.tenants[code], module)
        await directory.add_union_member(system, world.tenants[UNION["code"]], world.tenants[TOWNS[1]["code"]])
    async with open_door(pool, Scope.IDENTITY):
        for role in (Role.LIAISON, Role.PREFECTURE_FINANCE, Role.PREFECTURE_ADMIN):
            await _person(world, system, "280003", role)
        await _person(world, system, "280003", Role.PREFECTURE_FINANCE, key="280003:2")
        for code in (*(town["code"] for town in TOWNS), UNION["code"]):
            for role in (Role.TOWN_STAFF, Role.TOWN_FINANCE, Role.TOWN_ADMIN):
                await _person(world, system, code, role)
        await _person(world, system, TOWNS[0]["code"], Role.CONSULTANT)
        await _person(world, system, TOWNS[0]["code"], Role.FIELD_CREW)
    return world


_password_hash: list[str] = []


async def _person(world: World, system: TenantContext, code: str, role: Role, key: str = "") -> None:
    email = f"{role.value}.{(key or code).replace(':', '-')}@example.lg.jp"
    if not _password_hash:
        _password_hash.append(await passwords.hash_password(PASSWORD))
    person_id = await access.register_person(system, email, f"{role.label} {code}", PASSWORD, NOW)
    end = date(2027, 3, 31) if role is Role.CONSULTANT else None
    await access.give_role(system, person_id, world.tenants[code], role, date(2020, 4, 1), end)
    world.people[key or code, role] = (person_id, email)
