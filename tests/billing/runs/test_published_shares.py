"""按分表を構成団体に公開: chosen for a program, frozen with each run, and seen in what the members receive."""

import io
import re
from collections.abc import Awaitable, Callable
from typing import Any

import openpyxl
import psycopg
import pytest

from billing.runs import operations
from billing.statements.issuing import approve_and_issue
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.factories.browsers import new_browser
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import NOW, World

Work = Callable[[], Awaitable[None]]
TODAY = NOW.astimezone(JST)
_FORM = {
    "fiscal_year": "令和8年度",
    "title": "共同調査",
    "rounding_stage": "cost",
    "rounding_unit_yen": "1",
    "rounding_remainder": "largest_remainder",
    "national_ceiling": "1/2",
    "invoice_unit_yen": "1",
    "invoice_mode": "floor",
    "instalment_count": "1",
    "instalment_unit_yen": "1",
}


async def _choose(world: World, stored_app: Any, program: int, published: str) -> str:
    """Choose on the form as a person does; answers the program's page."""
    async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
        form = (await one.get(f"/programs/{program}/edit")).text
        version = re.search(r'name="version" value="(\d+)"', form)
        assert version
        fields = {**_FORM, "version": version.group(1), "shares_published": published}
        assert (await one.post(f"/programs/{program}", fields)).status_code == 303
        return (await one.get(f"/programs/{program}")).text


async def _codes_in_workbook(world: World, stored_app: Any, code: str) -> set[str]:
    async with new_browser(stored_app, world.people[code, Role.TOWN_FINANCE][1]) as one:
        path = re.search(r'href="(/statements/\d+)"', (await one.get("/statements")).text)
        assert path
        book = openpyxl.load_workbook(io.BytesIO((await one.get(path.group(1) + "/xlsx")).content), data_only=True)
    assert "不一致" not in {cell.value for row in book.worksheets[0].iter_rows() for cell in row}
    words = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    return words & {"281000", "283011", "284467"}


class TestPublishedShares:
    @pytest.mark.parametrize(("chosen", "seen"), [("no", {"283011"}), ("yes", {"281000", "283011", "284467"})])
    async def test_are_in_the_workbooks_of_runs_made_while_the_program_publishes(
        self, world: World, program: int, work: Work, stored_app: Any, chosen: str, seen: set[str]
    ):
        page = await _choose(world, stored_app, program, chosen)
        assert ("Excel で、全団体の値と計算を見られます" in page) == (chosen == "yes")
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            run_id = await operations.start_run(world.finance, program, "notice", TODAY)
        await work()
        await _choose(world, stored_app, program, "no" if chosen == "yes" else "yes")
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await operations.submit_run(world.finance, run_id, TODAY)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await approve_and_issue(world.approver, run_id, TODAY)
        await work()
        assert await _codes_in_workbook(world, stored_app, "283011") == seen

    async def test_cannot_be_changed_for_a_run_by_anybody(
        self, world: World, program: int, work: Work, database: ClonedDatabase
    ):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            run_id = await operations.start_run(world.finance, program, "notice", TODAY)
        await work()
        with (
            psycopg.connect(database.superuser, autocommit=True) as behind,
            pytest.raises(psycopg.errors.IntegrityConstraintViolation),
        ):
            behind.execute("UPDATE run SET shares_published = true WHERE id = %s", (run_id,))
