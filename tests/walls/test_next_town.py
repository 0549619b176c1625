"""The next town, the liaison office and consultants try what came after a run with the true numbers of a town."""

import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pytest

from tenants.context import Role
from tenants.web.routes import Entry
from tests.factories.api_clients import give_token
from tests.factories.databases import ClonedDatabase, fingerprint
from tests.factories.worlds import World
from tests.walls.after_issue import Followed
from tests.walls.asgi import Answer, Client
from tests.walls.canaries import Town
from tests.walls.field import Route, app_of, routes_of, signed_in
from tests.walls.issued_year import IssuedCell
from tests.walls.records import MISSING
from tests.walls.scorecard import tell

pytestmark = pytest.mark.xdist_group("issued year")
FEWEST_PROBES = 50
"""About thirty routes name a record of a town, each tried by two people and two programs; more roles for the rest."""
OTHERS = (
    ("280003", Role.LIAISON),
    ("280003", Role.PREFECTURE_ADMIN),
    ("281000", Role.CONSULTANT),
    ("281000", Role.FIELD_CREW),
    ("281000", Role.TOWN_STAFF),
)
WELL_FILLED = {
    "text": "横から失礼します。",
    "reason": "横からの理由",
    "reversal_reason": "横からの理由",
    "withdrawal_reason": "横からの理由",
    "override_reason": "横からの理由",
    "kind": "inquiry",
    "line": "",
    "outcome": "kept",
    "method": "none",
    "tax_yen": "0",
    "accepted": "1",
    "received_on": "2026-11-20",
    "amount_yen": "1000",
    "pay_by": "2027-12-28",
    "levied_on": "2026-11-20",
    "days": "1",
    "version": "1",
}
"""What the forms behind a run ask for, so that a refusal is about the record and not about a field."""
_ON_THE_WAY = {"session", "api_token", "answered_request", "attempt_count"}
"""Tables that a refusal may write: when a session or token was last used."""


@dataclass(frozen=True)
class Cell:
    """Two towns with everything behind their runs; the second attacks the first."""

    app: Any
    world: World
    attacked: Town
    attacker: Town
    theirs: dict[str, str]
    own: dict[str, str]
    database: ClonedDatabase


@pytest.fixture
def cell(issued_cell: IssuedCell) -> Cell:
    year = issued_cell.year
    attacked, attacker, *_ = year.towns
    theirs, own = (_numbers(year.followed[one.code], year.program_id) for one in (attacked, attacker))
    return Cell(issued_cell.app, issued_cell.world, attacked, attacker, theirs, own, issued_cell.database)


def _numbers(followed: Followed, program_id: int) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(followed).items()} | {"program_id": str(program_id)}


def _targets(route: Route, cell: Cell) -> Iterator[tuple[str, str]]:
    """The address with the other town's numbers, all of them and only the last one; and the same with missing ones."""
    for parameters in (route.parameters, route.parameters[-1:]):
        if any(one in cell.theirs and one != "program_id" for one in parameters):
            values = dict.fromkeys(route.parameters, "1") | {
                one: (cell.theirs if one in parameters else cell.own).get(one, "1") for one in route.parameters
            }
            missing = values | {one: MISSING for one in parameters if one in cell.theirs}
            yield route.target(values), route.target(missing)


class TestTheNextTown:
    async def test_finds_nothing_by_true_numbers_and_changes_nothing(self, cell: Cell):
        clients = []
        for role, email in cell.attacker.emails.items():
            token = await give_token(cell.world.pool, cell.world.context(cell.attacker.code, role))
            clients += [(False, await signed_in(cell.app, email)), (True, Client(cell.app, token=token))]
        probes, before = 0, fingerprint(cell.database)
        for api, client in clients:
            for route in routes_of(app_of(cell.app), api=api):
                for target, missing in _targets(route, cell):
                    answer, none = await _try(client, route, target), await _try(client, route, missing)
                    assert answer.status in {403, 404, 422}, (route.method, target, answer.status)
                    assert answer.status == none.status, (route.method, target)
                    if answer.status == 404:
                        assert answer.fixed == none.fixed, (route.method, target)
                    assert not _told(cell.attacked, answer), (route.method, target)
                    probes += 1
        tell("the next town", probes=probes, written=0)
        after = fingerprint(cell.database)
        assert {name for name in before if before[name] != after[name]} <= _ON_THE_WAY
        assert probes >= FEWEST_PROBES


class TestOthers:
    async def test_change_nothing_of_the_money(self, cell: Cell):
        clients = [(role, await signed_in(cell.app, cell.world.people[code, role][1])) for code, role in OTHERS]
        probes, before = 0, fingerprint(cell.database)
        for role, client in clients:
            for route in routes_of(app_of(cell.app)):
                named = any(one in cell.theirs for one in route.parameters) or "run_id" in route.parameters
                if not named or route.audience.entry is not Entry.SIGNED_IN or role in route.audience.roles:
                    continue
                target = route.target({one: cell.theirs.get(one, "1") for one in route.parameters})
                answer = await _try(client, route, target)
                assert answer.status in {403, 404}, (role, route.method, target, answer.status)
                assert not _told(cell.attacked, answer), (role, route.method, target)
                probes += 1
        tell("outsiders at the money", probes=probes, written=0)
        after = fingerprint(cell.database)
        assert {name for name in before if before[name] != after[name]} <= _ON_THE_WAY
        assert probes >= FEWEST_PROBES


class TestTheOfficer:
    async def test_finds_no_record_under_another_ones_address(self, cell: Cell):
        """Both belong to the prefecture's work; still a receipt is reversed under its own payment only."""
        client = await signed_in(cell.app, cell.world.people["280003", Role.PREFECTURE_FINANCE][1])
        before = fingerprint(cell.database)
        mixed = cell.own | {"receipt_id": cell.theirs["receipt_id"], "message_id": cell.theirs["message_id"]}
        probes = 0
        for route in routes_of(app_of(cell.app)):
            if route.parameters[-1:] in (["receipt_id"], ["message_id"]):
                assert (await _try(client, route, route.target(mixed))).status == 404, route
                assert (await _try(client, route, route.target(cell.own))).status != 404, route
                probes += 1
        assert probes == 2
        after = fingerprint(cell.database)
        assert before["receipt"] != after["receipt"]  # its own was reversed, so the refusal was about the number


async def _try(client: Client, route: Route, target: str) -> Answer:
    if route.method == "GET":
        return await client.send("GET", target)
    if client.token:
        headers = {"idempotency-key": secrets.token_hex(8), "if-match": '"1"', "content-type": "application/json"}
        return await client.send(route.method, target, b"{}", headers)
    return await client.send(route.method, target, WELL_FILLED | {"csrf_token": client.csrf_token})


def _told(town: Town, answer: Answer) -> set[str]:
    text = answer.body.decode("utf-8", "replace")
    return {one for one in town.canaries if one in text}
