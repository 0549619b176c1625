"""Scenarios by the API: copy, read, change with a version, compare, adopt; what cannot be read is refused in place."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.factories.api_clients import Program, give_token, new_program
from tests.factories.worlds import World


@pytest.fixture
async def officer(app: Any, world: World) -> AsyncIterator[Program]:
    """The program of the finance officer."""
    async with new_program(app, await give_token(world.pool, world.finance)) as one:
        yield one


class TestScenariosByTheApi:
    async def test_go_from_a_copy_to_the_programs_inputs(self, officer: Program, program: int):
        here = f"/programs/{program}/scenarios"
        made = await officer.post(here, {"name": "不採択なら"})
        assert made.status_code == 201, made.text
        url, documents = made.headers["location"].removeprefix("/api/v1"), made.json()
        before = documents["scenario"]["burden_yen"]
        assert [one["name"] for one in (await officer.get(here)).json()["items"]] == ["不採択なら"]
        wanted = {"name": "交付金なし", "note": "未定", "case": {**documents["case"], "grants": []}}
        changed = await officer.put(url, wanted, made.headers["etag"])
        assert changed.status_code == 200, changed.text
        scenario = changed.json()["scenario"]
        assert (scenario["name"], scenario["note"], scenario["problems"]) == ("交付金なし", "未定", [])
        assert scenario["burden_yen"] > before
        late = await officer.put(url, wanted, made.headers["etag"])
        assert (late.status_code, late.json()["code"]) == (412, "version-stale")
        compared = (await officer.get(f"{here}/comparison?ids={scenario['id']}")).json()
        assert compared["total"]["figures"][0]["yen"] == before
        assert compared["total"]["figures"][1]["difference_yen"] == scenario["burden_yen"] - before
        assert (await officer.get(f"{here}/comparison")).status_code == 422
        done = await officer.post(f"{url}/adoption", {"version": scenario["version"]})
        assert done.status_code == 201, done.text
        assert (await officer.get(f"/programs/{program}/grants")).json()["items"] == []
        again = await officer.post(f"{url}/adoption", {"version": done.json()["scenario"]["version"]})
        assert (again.status_code, again.json()["code"]) == (409, "program-changed")
        assert (await officer.delete(url, done.headers["etag"])).status_code == 204
        assert (await officer.get(url)).status_code == 404

    async def test_name_the_place_of_what_cannot_be_read(self, officer: Program, program: int):
        made = await officer.post(f"/programs/{program}/scenarios", {"name": "写し"})
        url, case = made.headers["location"].removeprefix("/api/v1"), made.json()["case"]
        case["costs"][0]["amount_yen"] = "千円"
        refused = await officer.put(url, {"name": "写し", "case": case}, made.headers["etag"])
        assert (refused.status_code, refused.json()["code"]) == (409, "case-refused")
        assert "/case/costs/0/amount_yen" in refused.json()["fields"]
        both = {"name": "二つ", "run_id": 1, "scenario_id": 1}
        assert (await officer.post(f"/programs/{program}/scenarios", both)).status_code == 422
        foreign = {"name": "ほかの計算", "run_id": 999_999}
        assert (await officer.post(f"/programs/{program}/scenarios", foreign)).status_code == 404
