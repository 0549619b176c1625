"""Texts that only one town may ever read, and every text a town can reach."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urljoin, urlsplit

from pypdf import PdfReader

from billing.bases import operations as bases
from billing.bases.register import operations as register
from billing.bases.rules import BasisInput
from billing.grants import operations as grants
from billing.grants.rules import GrantInput
from billing.keys import operations as keys
from billing.keys.rules import KeyInput
from billing.programs import operations as programs
from billing.programs.rules import MemberInput
from tenants.access import operations as access
from tenants.context import Role, Scope
from tenants.database.tables import DECLARED, Kind
from tenants.database.transaction import open_door
from tenants.directory import operations as directory
from tenants.directory.rules import TenantKind
from tenants.storage import Storage
from tests.factories.browsers import Browser
from tests.factories.people import NewTenantFactory
from tests.factories.programs import found_cost, found_program
from tests.factories.worlds import NOW, PASSWORD, World
from tests.walls.after_issue import DUE, told_after
from tests.walls.asgi import Client
from tests.walls.field import app_of, routes_of

READERS = (Role.TOWN_FINANCE, Role.TOWN_ADMIN)
WHOLE_CENT, WHOLE_FIXED = 10_009, 10_007
"""Primes, so that a fraction over them is never reduced to another town's."""
PUBLISHED_TO_ALL = frozenset(one for one, (_, declared) in DECLARED.items() if declared.kind is Kind.SHARED)
_PUBLIC_PAGES = ("/manual", "/static", "/sign-out", "/status")
"""The same bytes for everybody, or an end of the session."""
_ORDERED_FILE = re.compile(r"sort=.*export=")
"""A list saved in another order has the same rows; the page in that order is looked at all the same."""


@dataclass(frozen=True)
class Town:
    """One town with what is told to it alone: texts that stand nowhere else."""

    code: str
    number: int
    emails: dict[Role, str]
    canaries: frozenset[str]


def figures(amount: int) -> set[str]:
    """An amount as files keep it and as people read it."""
    return {str(amount), f"{amount:,}"}


async def found_towns(world: World, count: int) -> list[Town]:
    """Registers towns whose names, people, values and shares are canaries."""
    towns = []
    for place in range(1, count + 1):
        code, name = f"kanaria-{place:02}x", f"鳥籠{place:02}市"
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            facts = NewTenantFactory(code=code, name=name, kind=TenantKind.UNION)
            number = world.tenants[code] = await directory.register_tenant(world.finance, facts)
            await directory.entitle(world.finance, number, "apportionment")
        emails, people = {}, set()
        async with open_door(world.pool, Scope.IDENTITY):
            for role in READERS:
                emails[role] = f"{role.value}.{code}@example.lg.jp"
                person = f"{role.label} 鳥{place:02}世"
                person_id = await access.register_person(world.finance, emails[role], person, PASSWORD, NOW)
                await access.give_role(world.finance, person_id, number, role, date(2020, 4, 1))
                people.add(person)
                world.people[code, role] = (person_id, emails[role])
        told = {code, name, *people, *emails.values(), f"鳥籠{place:02}だけの経費"}
        told |= figures(value_of(place)) | figures(direct_yen_of(place)) | {factor_of(place), fixed_of(place, count)}
        told |= told_after(place)
        towns.append(Town(code, number, emails, frozenset(told)))
    return towns


def value_of(place: int) -> int:
    """The town's value of the basis: seven digits that stand nowhere else."""
    return 7_310_021 + place * 104_729


def direct_yen_of(place: int) -> int:
    """What the town bears alone, in yen."""
    return 3_141_593 + place * 15_485_863


def factor_of(place: int) -> str:
    """The town's weight in the program."""
    return f"{5_003 + 17 * place}/{WHOLE_CENT}"


def fixed_of(place: int, count: int) -> str:
    """The town's fixed share; all of them add to one."""
    own = [601 + 13 * one for one in range(1, count)]
    return f"{own[place - 1] if place < count else WHOLE_FIXED - sum(own)}/{WHOLE_FIXED}"


async def found_program_of(world: World, towns: list[Town]) -> int:
    """A program with a keyed cost, one by fixed shares, a direct cost of every town, and a grant."""
    program_id = await found_program(world, "鳥の調査", [one.code for one in towns], due_date=DUE)
    finance = world.finance
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        members = [MemberInput(one.number, 12, factor_of(place)) for place, one in enumerate(towns, 1)]
        await programs.choose_members(finance, program_id, members, 2)
        basis_id = await bases.create_basis(finance, program_id, BasisInput("羽数", "羽", date(2026, 4, 1), "調べ"))
        values: dict[int, str | None] = {one.number: str(value_of(place)) for place, one in enumerate(towns, 1)}
        await bases.save_values(finance, program_id, basis_id, values, 1, NOW)
        await register.check_values(world.approver, program_id, basis_id, None, 2, NOW)
        weighted = {"components": [{"weight": "1/3", "basis": "equal"}, {"weight": "2/3", "basis": basis_id}]}
        fixed = {"fixed": {one.code: fixed_of(place, len(towns)) for place, one in enumerate(towns, 1)}}
        key_ids = [
            await keys.create_key(finance, program_id, KeyInput("羽数割", weighted)),
            await keys.create_key(finance, program_id, KeyInput("協定割", {**fixed, "renormalise": False})),
        ]
    for key_id in key_ids:
        await found_cost(
            world, program_id, f"按分{key_id}", 987_654_321, charge_kind="key", key_id=key_id, eligible=True
        )
    for place, one in enumerate(towns, 1):
        name = f"鳥籠{place:02}だけの経費"
        await found_cost(world, program_id, name, direct_yen_of(place), charge_kind="member", member_id=one.number)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        grant = GrantInput("鳥の交付金", "national", "1/2", None, None, None, "included", "program", 1, "floor")
        await grants.create_grant(finance, program_id, grant)
    return program_id


def texts_of(content: bytes) -> Iterator[str]:
    """Every text of a file: the parts of a ZIP or workbook, the pages of a PDF with what it says about itself."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name
                yield from texts_of(archive.read(name))
    elif content.startswith(b"%PDF"):
        document = PdfReader(io.BytesIO(content))
        text = "".join(page.extract_text() for page in document.pages) + str(document.metadata)
        yield text
        yield re.sub(r"\s", "", text)  # a word may be broken over two lines
    else:
        yield content.decode("utf-8", "replace")


async def pages_of(browser: Browser) -> dict[str, bytes]:
    """Every page and file a person can come to by links, from the first page on."""
    found: dict[str, bytes] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        if path in found or path.startswith(_PUBLIC_PAGES) or _ORDERED_FILE.search(path):
            continue
        answer = await browser.get(path)
        found[path] = answer.content
        if answer.headers.get("content-type", "").startswith("text/html"):
            for link in re.findall(r'href="([^"#]+)', answer.text):
                target = urlsplit(urljoin(path, link.replace("&amp;", "&")))
                if not target.scheme and not target.netloc:
                    waiting.append(target.path + (f"?{target.query}" if target.query else ""))
    return found


async def answers_of(app: Any, token: str, role: Role) -> dict[str, bytes]:
    """Every answer a program of the role can come to: lists, and each record by the numbers it was told."""
    found: dict[str, bytes] = {}
    routes = [one for one in routes_of(app_of(app), api=True) if one.method == "GET" and role in one.audience.roles]
    client = Client(app, token=token)
    for route in sorted(routes, key=lambda one: len(one.parameters)):
        if len(route.parameters) > 1:
            continue  # a town has none of these
        listed, _, rest = route.path.partition("/{")
        told = json.loads(found.get(listed, b"{}")) if rest else {"items": [{"id": ""}]}
        for item in told.get("items", ()):
            path = route.target(dict.fromkeys(route.parameters, str(item["id"])))
            answer = await client.send("GET", path)
            found[path] = answer.body
    return found


def objects_of(storage: Storage, number: int) -> dict[str, bytes]:
    """Every object below the town's prefix."""
    own = storage.for_tenant(number)
    return {one.key: own.get(one.key) for one in own.list()}


async def rows_of(world: World, number: int) -> dict[str, bytes]:
    """Every row of every table the town's own database role can read, but what all towns are told alike."""
    found = {}
    async with open_door(world.pool, Scope.TOWN, number, read_only=True) as door:
        for table, (_, declared) in DECLARED.items():
            if "S" in declared.verbs.get(Scope.TOWN, "") and table not in PUBLISHED_TO_ALL:
                rows: list[dict[str, Any]] = await door.execute(f"SELECT t::text AS row FROM {table} t")
                found[table] = "\n".join(row["row"] for row in rows).encode()
    return found
