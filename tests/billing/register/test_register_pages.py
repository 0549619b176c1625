"""The register as people meet it: what is missing, two people, reasons, evidence, readings, other roles."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from billing.bases import queries as basis_queries
from billing.bases.readings import operations as readings
from billing.bases.register import queries
from billing.programs.rules import ProgramView
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.billing.register.conftest import TODAY
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World

PDF = b"%PDF-1.7 a published table"


@pytest.fixture
async def colleague(app: Any, world: World) -> AsyncIterator[Browser]:
    """The second finance officer's browser."""
    async with new_browser(app, world.people["280003:2", Role.PREFECTURE_FINANCE][1]) as one:
        yield one


@pytest.fixture
def here(program: ProgramView, basis_id: int) -> str:
    """The address of the basis."""
    return f"/programs/{program.id}/bases/{basis_id}"


def version_of(page: str) -> str:
    match = re.search(r'name="version" value="(\d+)"', page)
    assert match, page
    return match.group(1)


class TestChecking:
    async def test_is_offered_to_a_colleague_only(self, finance: Browser, colleague: Browser, here: str):
        own = (await finance.get(here + "/register")).text
        assert "未確認(自分で入力)" in own
        assert "すべて確認する" not in own
        page = (await colleague.get(here + "/register")).text
        assert "未確認の2件をすべて確認する" in page
        done = await colleague.post(here + "/register/checks", {"version": version_of(page), "scope": "all"})
        assert done.status_code == 303, done.text
        after = (await colleague.get(here + "/register")).text
        assert after.count("確認済み") >= 2
        assert "別の担当者がまだ確認していません" not in after

    async def test_refuses_own_entries_and_an_empty_choice(self, world: World, finance: Browser, here: str):
        version = version_of((await finance.get(here)).text)
        form = {"version": version, "scope": "chosen", "member": str(world.tenants["281000"])}
        refused = await finance.post(here + "/register/checks", form)
        assert refused.status_code == 409
        assert "自分で入力した値は、自分では確認できません(神戸市)" in refused.text
        nothing = await finance.post(here + "/register/checks", {"version": version, "scope": "chosen"})
        assert nothing.status_code == 409
        assert "確認する団体を選んでください" in nothing.text

    async def test_refuses_values_the_person_did_not_see(self, colleague: Browser, here: str):
        refused = await colleague.post(here + "/register/checks", {"version": "1", "scope": "all"})
        assert refused.status_code == 409


class TestReasons:
    async def test_are_asked_for_beyond_the_threshold(self, last_year: ProgramView, finance: Browser, here: str):
        page = (await finance.get(here + "/register")).text
        assert "+50.0 %" in page
        assert "20%を超えて変わった値 1団体" in page
        field = re.search(r'name="(reason-\d+)"', page)
        assert field
        long = await finance.post(here + "/register/reasons", {"version": version_of(page), field.group(1): "あ" * 301})
        assert long.status_code == 422
        assert "あ" * 301 in long.text
        form = {"version": version_of(page), field.group(1): "団地が完成した"}
        assert (await finance.post(here + "/register/reasons", form)).status_code == 303
        assert "団地が完成した" in (await finance.get(here + "/register")).text

    async def test_follow_the_programs_own_threshold(
        self, last_year: ProgramView, program: ProgramView, finance: Browser, here: str
    ):
        rule = f"/programs/{program.id}/register-rule"
        wrong = await finance.post(rule, {"version": "0", "threshold": "たくさん"})
        assert wrong.status_code == 422
        assert "たくさん" in wrong.text
        assert (await finance.post(rule, {"version": "0", "threshold": "5000"})).status_code == 422
        assert (await finance.post(rule, {"version": "0", "threshold": "50"})).status_code == 303
        assert "大きな増減の理由" not in (await finance.get(here + "/register")).text


class TestLastYear:
    async def test_can_be_chosen(self, last_year: ProgramView, finance: Browser, here: str):
        page = (await finance.get(here + "/register/previous")).text
        option = re.search(r'<option value="(\d+-b\d+)"', page)
        assert option
        wrong = await finance.post(here + "/register/previous", {"previous": ""})
        assert wrong.status_code == 422
        assert (await finance.post(here + "/register/previous", {"previous": "none"})).status_code == 303
        assert "比べない(選んだ結果)" in (await finance.get(here + "/register")).text
        form = {"previous": option.group(1)}
        assert (await finance.post(here + "/register/previous", form)).status_code == 303
        assert "自動で選ばれています" not in (await finance.get(here + "/register")).text


async def _send(browser: Browser, here: str, name: str) -> httpx.Response:
    """The form with a file, as a browser sends it."""
    return await browser.client.post(
        here + "/evidence",
        data={"csrf_token": await browser.csrf_token(), "title": "公表資料"},
        files={"file": (name, PDF, "application/octet-stream")},
        headers={"sec-fetch-site": "same-origin"},
    )


class TestEvidence:
    async def test_is_kept_shown_given_out_and_taken_off(
        self, stored_app: Any, world: World, program: ProgramView, basis_id: int, here: str
    ):
        person = world.people["280003", Role.PREFECTURE_FINANCE][1]
        async with new_browser(stored_app, person) as finance:
            await finance.get(here + "/register")
            sent = await _send(finance, here, "jinko.pdf")
            assert sent.status_code == 303, sent.text
            async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
                (one,) = await queries.evidence(basis_id)
            page = (await finance.get(here + "/register")).text
            assert one.sha256 in page
            assert (await finance.get(f"{here}/evidence/{one.id}")).content == PDF
            assert (await finance.post(f"{here}/evidence/{one.id}/removal", {})).status_code == 303
            assert (await finance.get(f"{here}/evidence/{one.id}")).status_code == 404

    @pytest.mark.parametrize("name", ["jinko.exe", "jinko.xlsm", "jinko.xlsx"])
    async def test_refuses_other_files(self, stored_app: Any, world: World, here: str, name: str):
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as finance:
            await finance.get(here + "/register")
            sent = await _send(finance, here, name)
            assert sent.status_code == 422
            assert 'value="公表資料"' in sent.text


class TestReadings:
    async def test_are_shown_beside_values_and_taken_over(
        self, world: World, finance: Browser, program: ProgramView, basis_id: int, here: str
    ):
        assert "まだ届いていません" in (await finance.get(here + "/readings")).text
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            basis = await basis_queries.basis(program.id, basis_id)
            number = await readings.post_reading(
                world.finance,
                source="meters",
                reference="r8-1",
                member_id=world.tenants["281000"],
                quantity="人口",
                unit="人",
                value="165",
                as_of=basis.as_of,
                now=TODAY,
            )
        page = (await finance.get(here + "/readings")).text
        assert "+10.0 %" in page
        nothing = await finance.post(here + "/readings", {"version": version_of(page)})
        assert nothing.status_code == 422
        form = {"version": version_of(page), "reading": str(number)}
        assert (await finance.post(here + "/readings", form)).status_code == 303
        assert "取り込み済み" in (await finance.get(here + "/readings")).text
        assert "参照番号 r8-1" in (await finance.get(here + "/register")).text


class TestOtherRoles:
    async def test_liaisons_read_and_towns_see_nothing(self, app: Any, world: World, program: ProgramView, here: str):
        async with new_browser(app, world.people["280003", Role.LIAISON][1]) as liaison:
            page = await liaison.get(here + "/register")
            assert page.status_code == 200
            assert "証拠書類を登録する" not in page.text
            assert (await liaison.get(here + "/readings")).status_code == 200
            for path in ("/register/checks", "/register/reasons", "/register/previous", "/evidence", "/readings"):
                assert (await liaison.post(here + path, {"version": "2"})).status_code == 403
        async with new_browser(app, world.people["281000", Role.TOWN_FINANCE][1]) as town:
            for path in ("/register", "/readings"):
                assert (await town.get(here + path)).status_code == 403
