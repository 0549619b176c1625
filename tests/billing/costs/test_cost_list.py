"""The list of a program's costs: ordered, searched, narrowed, exported; of this program and nobody else's."""

import csv
import io

import pytest

from tenants.context import Role
from tenants.errors import NotFound
from tenants.lists.operations import list_for
from tests.billing.costs.test_cost_pages import FORM
from tests.factories.browsers import Browser
from tests.factories.worlds import World

SMALL = {**FORM, "name": "=会場費", "amount_yen": "50,000", "eligible": "no", "tax_rate": "0"}


@pytest.fixture
async def here(finance: Browser, program_id: int) -> str:
    """The list with two costs in it."""
    path = f"/programs/{program_id}/costs"
    for form in (FORM, SMALL):
        assert (await finance.post(path, form)).status_code == 303
    return path


class TestCostList:
    async def test_is_ordered_searched_and_narrowed(self, finance: Browser, here: str):
        whole = (await finance.get(here)).text
        assert whole.index("衛星画像解析業務") < whole.index("=会場費")
        upwards = (await finance.get(f"{here}?sort=amount_yen")).text
        assert upwards.index("=会場費") < upwards.index("衛星画像解析業務")
        for query in ("q=会場", "eligible=no", "tax=0"):
            narrowed = (await finance.get(f"{here}?{query}")).text
            assert "=会場費" in narrowed
            assert "衛星画像解析業務" not in narrowed
            assert "52,050,000円" in narrowed, "the sums are of all costs, whatever is shown"

    async def test_is_exported_as_text(self, finance: Browser, here: str):
        answer = await finance.client.get(f"{here}?export=csv-utf8")
        if answer.status_code != 200 or "text/csv" not in answer.headers["content-type"]:
            pytest.fail(f"no CSV came: {answer.status_code}")
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert "操作" not in rows[0]
        assert len(rows) == 3
        assert not any(cell.startswith("=") for row in rows for cell in row)

    async def test_of_no_program_holds_nothing(self, finance: Browser, here: str):
        export = {"list": "costs/999999", "query": "", "export": "xlsx"}
        assert (await finance.post("/exports", export)).status_code in {303, 404, 422}
        assert (await finance.get("/programs/999999/costs")).status_code == 404

    async def test_is_nobodys_outside_the_prefecture(self, world: World, program_id: int):
        for name in (f"costs/{program_id}", "costs/x", "costs/", f"costs/{2**63}", f"costs/{'9' * 5_000}"):
            with pytest.raises(NotFound):
                list_for(world.context("281000", Role.TOWN_FINANCE), name)
