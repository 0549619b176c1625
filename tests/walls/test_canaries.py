"""Ten towns' secrets, looked for in everything each of the others can reach: pages, files, rows, storage."""

import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest

from billing.runs import operations as runs
from billing.runs import queries as run_queries
from billing.statements.issuing import approve_and_issue
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.storage import Storage
from tests.factories.browsers import new_browser, running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.workers import storage_of, storage_settings, work_off
from tests.factories.worlds import NOW, World
from tests.walls.canaries import (
    Town,
    figures,
    found_program_of,
    found_towns,
    objects_of,
    pages_of,
    rows_of,
    texts_of,
)
from tests.walls.scorecard import tell

TOWNS = 10
FEWEST_CHECKS = 2_000
TODAY = NOW.astimezone(JST)


@dataclass
class Search:
    """What was looked for where, and what was found."""

    towns: list[Town]
    checks: int = 0
    artefacts: int = 0
    leaks: list[tuple[str, str, str, str]] = field(default_factory=list)
    own: dict[str, set[str]] = field(default_factory=dict)

    def look(self, reader: Town, where: str, content: bytes) -> None:
        """Looks for every other town's canaries in one artefact, and notes which of its own the reader sees."""
        self.artefacts += 1
        texts = list(texts_of(content))
        for town in self.towns:
            for canary in town.canaries:
                seen = any(canary in text for text in texts)
                if town is reader:
                    self.own.setdefault(reader.code, set()).update({canary} if seen else set())
                    continue
                self.checks += 1
                if seen:
                    self.leaks.append((reader.code, where, town.code, canary))


@dataclass(frozen=True)
class Cell:
    """The running product with an approved run of all the towns."""

    app: Any
    storage: Storage
    towns: list[Town]
    run_id: int


@pytest.fixture
async def cell(world: World, database: ClonedDatabase, bucket: Any) -> AsyncIterator[Cell]:
    """Ten towns, one program, one run that is approved and whose statements are issued."""
    storage = storage_of(bucket)
    towns = await found_towns(world, TOWNS)
    program_id = await found_program_of(world, towns)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        run_id = await runs.start_run(world.finance, program_id, "final", TODAY)
    await work_off(world, storage)
    for act, who in ((runs.submit_run, world.finance), (approve_and_issue, world.approver)):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await act(who, run_id, TODAY)
    await work_off(world, storage)
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        run = await run_queries.run(run_id)
    results = {one["code"]: one for one in json.loads(run.result_json or "{}")["members"]}
    told = [
        Town(one.code, one.number, one.emails, one.canaries | figures(results[one.code]["invoice_yen"]))
        for one in towns
    ]
    async with running_app(settings_for(database, **storage_settings(bucket))) as app:
        yield Cell(app, storage, told, run_id)


class TestCanaries:
    async def test_of_a_town_stand_in_nothing_another_town_can_reach(self, world: World, cell: Cell):
        search = Search(cell.towns)
        statements = set()
        for town in cell.towns:
            for role, email in town.emails.items():
                async with new_browser(cell.app, email) as browser:
                    for path, content in (await pages_of(browser)).items():
                        search.look(town, f"{role} {path}", content)
                        statements |= {path} if path.endswith((".pdf", "/pdf", "/xlsx")) else set()
                    for path in (
                        f"/runs/{cell.run_id}",
                        f"/runs/{cell.run_id}/archive",
                        f"/runs/{cell.run_id}/summary",
                    ):
                        answer = await browser.get(path)
                        assert answer.status_code in {403, 404}, path
                        search.look(town, f"{role} {path}", answer.content)
            for key, content in objects_of(cell.storage, town.number).items():
                search.look(town, key, content)
            for table, content in (await rows_of(world, town.number)).items():
                search.look(town, f"table {table}", content)
        tell("canaries", checks=search.checks, artefacts=search.artefacts, towns=TOWNS, hits=len(search.leaks), seed=0)
        assert search.leaks == []
        assert search.checks >= FEWEST_CHECKS
        assert len(statements) == 2 * TOWNS, "a town did not come to its files by links"
        for town in cell.towns:  # what a town is told it also finds, so the search does find what is there
            unseen = town.canaries - search.own[town.code]
            assert unseen <= set(town.emails.values()), unseen  # addresses for signing in are shown to nobody

    async def test_of_a_town_stand_in_no_other_towns_file_of_the_prefectures_archive(self, world: World, cell: Cell):
        search = Search(cell.towns)
        email = world.people["280003", Role.PREFECTURE_FINANCE][1]
        async with new_browser(cell.app, email) as browser:
            content = (await browser.get(f"/runs/{cell.run_id}/archive")).content
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for town in cell.towns:
                names = [name for name in archive.namelist() if town.code in name]
                assert len(names) == 2, names
                for name in names:
                    search.look(town, name, archive.read(name))
        tell(
            "canaries in the archive", checks=search.checks, artefacts=search.artefacts, hits=len(search.leaks), seed=0
        )
        assert search.leaks == []
        assert search.checks >= TOWNS

    async def test_are_unlike_each_other(self, cell: Cell):
        canaries = [(town.code, one) for town in cell.towns for one in town.canaries]
        assert len(canaries) >= TOWNS * 10
        alike = [(one, other) for code, one in canaries for owner, other in canaries if code != owner and one in other]
        assert alike == []
