"""文書番号: no two papers of a run share one, whatever the members' codes are."""

import io
from datetime import date
from typing import Any

import psycopg
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from billing.notices import queries
from billing.notices.verification.rules import typed_number
from billing.runs.rules import paper_number
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.billing.notices.conftest import Approve, Decide
from tests.billing.notices.test_verification import SAME, check
from tests.factories.browsers import new_browser
from tests.factories.programs import found_calculable
from tests.factories.worlds import World

_PAPERS = st.tuples(st.text("AB1-", min_size=1, max_size=6), st.none() | st.integers(1, 12))


class TestNumber:
    @given(_PAPERS, _PAPERS)
    def test_is_the_same_for_the_same_paper_only(self, one: tuple[str, int | None], other: tuple[str, int | None]):
        numbers = [typed_number(paper_number("R8-1-1", *paper)) for paper in (one, other)]
        assert (numbers[0] == numbers[1]) == (one == other)

    def test_of_a_municipality_is_as_it_always_was(self):
        assert paper_number("R8-12-1", "281000") == "R8-12-1-281000"
        assert paper_number("R8-12-1", "281000", 2) == "R8-12-1-281000-2"


class TestIssuedPapers:
    async def test_of_a_code_that_ends_like_an_instalment_are_told_apart(
        self, world: World, approve: Approve, decide: Decide, behind: psycopg.Connection, stored_app: Any
    ):
        program = await found_calculable(world)
        day = date(2026, 12, 25)
        behind.execute("UPDATE program SET instalment_count = 1, due_date = %s WHERE id = %s", (day, program))
        for old, new in (("281000", "AB"), ("283011", "AB-1")):
            behind.execute("UPDATE tenant SET code = %s WHERE code = %s", (new, old))
        await decide(program)
        run_id = await approve(program)
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            papers = {one.code: one for one in await queries.paper_lines(run_id)}
        [notice], [other] = papers["AB"].content["pages"], papers["AB-1"].content["pages"]
        run_number = f"R8-{program}-1"
        assert (notice["document_number"], other["document_number"]) == (f"{run_number}-AB-1", f"{run_number}-AB.1-1")
        async with new_browser(stored_app, world.people["283011", Role.TOWN_FINANCE][1]) as town:
            pdf = (await town.get(f"/statements/{papers['AB-1'].statement_id}/pdf")).content
        text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf)).pages)
        assert f"{run_number}-AB.1" in text
        assert f"{run_number}-AB-1" not in text
        async with new_browser(stored_app) as stranger:
            for page in (notice, other):
                told = await check(stranger, page["document_number"], str(page["amount_yen"]), page["code"])
                assert SAME in told
