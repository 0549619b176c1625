"""The towns' secrets, looked for in everything each of the others can reach: pages, files, rows, storage."""

import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest

from tenants.context import Role
from tenants.storage import Storage
from tests.factories.api_clients import give_token
from tests.factories.browsers import new_browser
from tests.factories.workers import storage_of
from tests.factories.worlds import World
from tests.walls.after_issue import answered_to, asked_by, tax_yen
from tests.walls.canaries import (
    Town,
    answers_of,
    objects_of,
    pages_of,
    rows_of,
    texts_of,
)
from tests.walls.found_forms import kind_of
from tests.walls.issued_year import IssuedCell
from tests.walls.scorecard import tell

pytestmark = pytest.mark.xdist_group("issued year")
FEWEST_CHECKS = 2_000
FILES_OF_A_MEMBER = 3
"""The statement as workbook and as paper, and the notice."""
REACHED = {
    "/statements/#": 2,
    "/statements/#/xlsx": 2,
    "/statements/#/pdf": 2,
    "/statements/#/notice": 2,
    "/statements/#/why": 2,
    "/disputes/#": 1,
    "/disputes/#/messages/#/file": 1,
    "/tax-returns/#": 1,
    "/tax-returns/#/paper": 1,
}
"""What a town comes to by links alone, and how many of each: both runs' papers, its dispute, its report."""
ANSWERED = (
    "/api/v1/statements",
    "/api/v1/statements/#",
    "/api/v1/statements/#/why",
    "/api/v1/disputes",
    "/api/v1/disputes/#",
    "/api/v1/tax-returns",
)
"""What a town's program is answered at least."""


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
    """The running product with two approved runs of all the towns, and what followed."""

    app: Any
    world: World
    storage: Storage
    towns: list[Town]
    program_id: int
    run_ids: tuple[int, ...]


def _of_the_prefecture(cell: Cell) -> list[str]:
    """Pages and files in which all towns stand beside each other."""
    of_runs = ("", "/archive", "/summary", "/collection", "/verification", "/difference/xlsx", "/difference/pdf")
    csv = ("/accounting/csv", "/accounting/csv-utf8")
    program = f"/programs/{cell.program_id}"
    return [
        *(f"/runs/{run_id}{more}" for run_id in cell.run_ids for more in of_runs + csv),
        *(program + more for more in ("/payments", "/calendar", "/departures", "/collection", "/dispute-period")),
        "/payments",
        "/grant-procedures",
    ]


@pytest.fixture
def cell(issued_cell: IssuedCell) -> Cell:
    year = issued_cell.year
    return Cell(issued_cell.app, issued_cell.world, storage_of(year.bucket), year.towns, year.program_id, year.run_ids)


class TestCanaries:
    async def test_of_a_town_stand_in_nothing_another_town_can_reach(self, cell: Cell):
        search = Search(cell.towns)
        for town in cell.towns:
            for role, email in town.emails.items():
                async with new_browser(cell.app, email) as browser:
                    found = await pages_of(browser)
                    for path, content in found.items():
                        search.look(town, f"{role} {path}", content)
                    for path in _of_the_prefecture(cell):
                        answer = await browser.get(path)
                        assert answer.status_code in {403, 404}, path
                        search.look(town, f"{role} {path}", answer.content)
                for kind, number in REACHED.items():
                    reached = {urlsplit(path).path for path in found if kind_of(path) == kind}
                    assert len(reached) == number, f"{town.code} {role} came to {reached} by links"
            for key, content in objects_of(cell.storage, town.number).items():
                search.look(town, key, content)
            for table, content in (await rows_of(cell.world, town.number)).items():
                search.look(town, f"table {table}", content)
        tell(
            "canaries",
            checks=search.checks,
            artefacts=search.artefacts,
            towns=len(cell.towns),
            hits=len(search.leaks),
            seed=0,
        )
        assert search.leaks == []
        assert search.checks >= FEWEST_CHECKS
        for town in cell.towns:  # what a town is told it also finds, so the search does find what is there
            unseen = town.canaries - search.own[town.code]
            assert unseen <= set(town.emails.values()), unseen  # addresses for signing in are shown to nobody

    async def test_of_a_town_stand_in_no_answer_to_another_towns_program(self, cell: Cell):
        search = Search(cell.towns)
        for town in cell.towns:
            token = await give_token(cell.world.pool, cell.world.context(town.code, Role.TOWN_FINANCE))
            answers = await answers_of(cell.app, token, Role.TOWN_FINANCE)
            for path, content in answers.items():
                search.look(town, path, content)
            for kind in ANSWERED:
                assert any(kind_of(path) == kind for path in answers), f"{town.code} was not answered {kind}"
        tell("canaries in the API", checks=search.checks, artefacts=search.artefacts, hits=len(search.leaks), seed=0)
        assert search.leaks == []
        for place, town in enumerate(cell.towns, 1):
            assert {asked_by(place), answered_to(place), str(tax_yen(place))} <= search.own[town.code]

    async def test_of_a_town_stand_in_no_other_towns_file_of_the_prefectures_archive(self, cell: Cell):
        search = Search(cell.towns)
        email = cell.world.people["280003", Role.PREFECTURE_FINANCE][1]
        async with new_browser(cell.app, email) as browser:
            for run_id in cell.run_ids:
                content = (await browser.get(f"/runs/{run_id}/archive")).content
                with zipfile.ZipFile(BytesIO(content)) as archive:
                    for town in cell.towns:
                        names = [name for name in archive.namelist() if town.code in name]
                        assert len(names) == FILES_OF_A_MEMBER, names
                        for name in names:
                            search.look(town, name, archive.read(name))
        tell(
            "canaries in the archive", checks=search.checks, artefacts=search.artefacts, hits=len(search.leaks), seed=0
        )
        assert search.leaks == []
        assert search.checks >= len(cell.towns)

    async def test_are_unlike_each_other(self, cell: Cell):
        canaries = [(town.code, one) for town in cell.towns for one in town.canaries]
        assert len(canaries) >= len(cell.towns) * 10
        alike = [(one, other) for code, one in canaries for owner, other in canaries if code != owner and one in other]
        assert alike == []
