"""The main job without a page: a program is set up, computed, decided by two people's tokens, and read by a town."""

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import httpx
import pytest

from billing.runs.operations import compute
from tests.factories.api_clients import Program

Work = Callable[[], Awaitable[None]]
CODES = ("281000", "283011", "284467")


def _made(response: httpx.Response) -> tuple[str, Any]:
    assert response.status_code == 201, response.text
    url = response.headers["location"].removeprefix("/api/v1")
    return url, response.json()


async def _set_up(officer: Program, checker: Program) -> str:
    url, _ = _made(await officer.post("/programs", {"fiscal_year": 2026, "title": "衛星漏水調査"}))
    members = [{"code": code} for code in CODES]
    assert (await officer.put(f"{url}/members", {"members": members}, '"1"')).status_code == 200
    population = {"name": "人口", "unit": "人", "as_of": "2020-10-01", "source": "令和2年国勢調査"}
    basis_url, basis = _made(await officer.post(f"{url}/bases", population))
    values = {"281000": "1498825", "283011": "28289", "284467": "9908"}
    saved = await officer.put(f"{basis_url}/values", {"values": values}, '"1"')
    assert {one["code"]: one["value"] for one in saved.json()["values"]} == values
    own = await officer.post(f"{basis_url}/register/checks", {"version": 2})
    assert (own.status_code, own.json()["code"]) == (409, "own-entry")
    assert (await checker.post(f"{basis_url}/register/checks", {"version": 2})).json()["complete"]
    components = [{"weight": "3/10", "basis": "equal"}, {"weight": "0.7", "basis": basis["id"]}]
    key_url, key = _made(await officer.post(f"{url}/keys", {"name": "3対7", "definition": {"components": components}}))
    shares = (await officer.get(f"{key_url}/shares")).json()
    assert [one["code"] for one in shares["members"]] == list(CODES)
    cost = {"name": "解析", "amount_yen": 52_000_001, "tax_rate": "10/100", "eligible": True, "charge_kind": "key"}
    _made(await officer.post(f"{url}/costs", {**cost, "key_id": key["id"]}))
    _made(await officer.post(f"{url}/costs", {**cost, "name": "県分", "charge_kind": "prefecture"}))
    direct = {**cost, "name": "個別", "amount_yen": 100_000, "charge_kind": "member", "member_code": "283011"}
    _made(await officer.post(f"{url}/costs", direct))
    _made(await officer.post(f"{url}/grants", {"name": "交付金", "funder": "national", "rate": "1/2"}))
    return url


class TestTheMainJob:
    async def test_goes_through_without_a_page(self, officer: Program, approver: Program, town: Program, work: Work):
        url = await _set_up(officer, approver)
        run_url, run = _made(await officer.post(f"{url}/runs", {"stage": "notice"}))
        assert run["state"] == "computing"
        assert (await officer.get(f"{run_url}/result")).status_code == 404
        await work()
        assert (await officer.get(f"/jobs/{run['compute_job_id']}")).json()["state"] == "done"
        result = (await officer.get(f"{run_url}/result")).json()
        assert result["adds_up"]
        assert result["sums"]["gross_yen"] + result["prefecture_gross_yen"] == 2 * 52_000_001 + 100_000
        case = await officer.get(f"{run_url}/case")
        document = await officer.get(f"{run_url}/result-document")
        assert hashlib.sha256(case.content).hexdigest() == run["case_sha256"]
        assert compute(case.text) == document.content
        assert (await officer.get(f"{run_url}/verification")).json() == {"same": True}
        sheet = await officer.get(f"{run_url}/members/283011")
        assert sheet.json()["content"]["agrees"]

        assert (await officer.post(f"{run_url}/submission")).json()["state"] == "submitted"
        same = await officer.post(f"{run_url}/approval")
        assert (same.status_code, same.json()["code"]) == (409, "same-person")
        returned = await approver.post(f"{run_url}/return", {"reason": "基準日を確かめてください。"})
        assert (returned.json()["state"], returned.json()["return_reason"][:3]) == ("computed", "基準日")
        assert (await officer.post(f"{run_url}/submission")).status_code == 200
        key = uuid.uuid4().hex
        approved = await approver.post(f"{run_url}/approval", key=key)
        assert approved.json()["state"] == "approved"
        again = await approver.post(f"{run_url}/approval", key=key)
        assert (again.status_code, again.content) == (200, approved.content)
        late = await approver.post(f"{run_url}/approval")
        assert (late.status_code, late.json()["code"]) == (409, "wrong-state")
        await work()

        issued = (await officer.get(f"{run_url}/statements")).json()
        assert [one["code"] for one in issued["statements"]] == list(CODES)
        assert (await officer.get(f"{run_url}/summary")).content[:2] == b"PK"
        with ZipFile(BytesIO((await officer.get(f"{run_url}/archive")).content)) as papers:
            assert len(papers.namelist()) == 1 + 2 * len(CODES)
        own = (await town.get("/statements")).json()["items"]
        assert len(own) == 1
        invoices = {one["code"]: one["invoice_yen"] for one in result["members"]}
        assert own[0]["invoice_yen"] == invoices["283011"]
        number = own[0]["id"]
        assert (await town.get(f"/statements/{number}")).json()["content"]["invoice_yen"] == own[0]["invoice_yen"]
        why = (await town.get(f"/statements/{number}/why")).json()
        assert "invoice" in {step["anchor"] for section in why["sections"] for step in section["steps"]}
        assert (await officer.get(f"{run_url}/members/283011/why")).json() == why
        for kind, beginning in (("xlsx", b"PK"), ("pdf", b"%PDF")):
            file = await town.get(f"/statements/{number}/{kind}")
            assert file.content.startswith(beginning)
            assert file.headers["content-disposition"].startswith("attachment")
        foreign = next(one["statement_id"] for one in issued["statements"] if one["code"] != "283011")
        missing, other = await town.get("/statements/999999"), await town.get(f"/statements/{foreign}")
        assert (missing.status_code, missing.content) == (404, other.content)

    async def test_says_what_to_mend_before_anything_is_computed(self, officer: Program):
        url, _ = _made(await officer.post("/programs", {"fiscal_year": 2026, "title": "空"}))
        refused = await officer.post(f"{url}/runs", {"stage": "notice"})
        assert (refused.status_code, refused.json()["code"]) == (409, "case-refused")
        assert all(pointer.startswith("/case") for pointer in refused.json()["fields"])


class TestOneKeyAtOnce:
    async def test_lets_sixteen_equal_requests_act_once(self, officer: Program):
        key, body = uuid.uuid4().hex, {"fiscal_year": 2026, "title": "同時"}
        answers = await asyncio.gather(*(officer.post("/programs", body, key=key) for _ in range(16)))
        assert {one.status_code for one in answers} == {201}
        assert len({one.content for one in answers}) == 1
        assert len((await officer.get("/programs")).json()["items"]) == 1


class TestBodies:
    @pytest.mark.parametrize(
        ("change", "place"),
        [
            ({"amount_yen": 1.0}, "/amount_yen"),
            ({"amount_yen": True}, "/amount_yen"),
            ({"amount_yen": "1000"}, "/amount_yen"),
            ({"amount_yen": -1}, "/amount_yen"),
            ({"amount_yen": 10**15}, "/amount_yen"),
            ({"revenue_yen": 2_000}, "/revenue_yen"),
            ({"eligible": "yes"}, "/eligible"),
            ({"tax_rate": "5/100"}, "/tax_rate"),
            ({"charge_kind": "key"}, "/key_id"),
            ({"charge_kind": "member"}, "/member_code"),
            ({"charge_kind": "member", "member_code": "281000"}, "/member_code"),
            ({"key_id": 1}, "/key_id"),
            ({"name": ""}, "/name"),
            ({"name": "二\n行"}, "/name"),
            ({"stranger": 1}, "/stranger"),
        ],
    )
    async def test_of_costs_are_checked_as_the_page_checks_them(
        self, officer: Program, change: dict[str, Any], place: str
    ):
        url, _ = _made(await officer.post("/programs", {"fiscal_year": 2026, "title": "検査"}))
        good = {
            "name": "経費",
            "amount_yen": 1_000,
            "tax_rate": "10/100",
            "eligible": True,
            "charge_kind": "prefecture",
        }
        refused = await officer.post(f"{url}/costs", {**good, **change})
        assert refused.status_code == 422, refused.text
        assert list(refused.json()["fields"]) == [place]
        assert (await officer.get(f"{url}/costs")).json()["items"] == []

    async def test_of_keys_say_where_in_the_definition_the_fault_is(self, officer: Program):
        url, _ = _made(await officer.post("/programs", {"fiscal_year": 2026, "title": "方法"}))
        assert (await officer.put(f"{url}/members", {"members": [{"code": "283011"}]}, '"1"')).status_code == 200
        for definition, place in (
            ({"components": [{"weight": "1/2", "basis": "equal"}]}, "/definition/components/0/weight"),
            ({"components": [{"weight": "1", "basis": 99}]}, "/definition/components/0/basis"),
            (
                {"components": [{"weight": "1", "basis": "equal", "factors": {"281000": "1/2"}}]},
                "/definition/components/0/factors",
            ),
            ({"fixed": {"283011": "1/2"}}, "/definition/fixed"),
            ({"fixed": {"283011": 0.5}}, "/definition/fixed"),
            ({}, "/definition"),
            (
                {"components": [{"weight": "1", "basis": "equal"}], "host": {"code": "281000", "share": "1/2"}},
                "/definition/host/code",
            ),
        ):
            refused = await officer.post(f"{url}/keys", {"name": "方法", "definition": definition})
            assert refused.status_code == 422, refused.text
            assert list(refused.json()["fields"]) == [place], refused.text

    async def test_that_were_read_can_be_sent_back(self, officer: Program, approver: Program):
        url = await _set_up(officer, approver)
        key = (await officer.get(f"{url}/keys")).json()["items"][0]
        body = {"name": key["name"], "definition": key["definition"]}
        changed = await officer.put(f"{url}/keys/{key['id']}", body, f'"{key["version"]}"')
        assert (changed.status_code, changed.json()["definition"]) == (200, key["definition"])
        program = await officer.get(url)
        changed = await officer.put(url, program.json()["settings"], program.headers["etag"])
        assert changed.json()["settings"] == program.json()["settings"]


class TestLists:
    async def test_give_every_record_once_page_by_page(self, officer: Program):
        for number in range(7):
            _made(await officer.post("/programs", {"fiscal_year": 2026, "title": f"事業{number}"}))
        seen: list[str] = []
        target = "/programs?limit=3"
        while target:
            page = await officer.get(target)
            seen += [one["title"] for one in page.json()["items"]]
            link = page.links.get("next", {}).get("url", "")
            assert bool(link) == (page.json()["next_cursor"] is not None)
            target = link.removeprefix("/api/v1")
        assert seen == [f"事業{number}" for number in reversed(range(7))]
        for query, place in (("limit=0", "?limit"), ("limit=x", "?limit"), ("cursor=!", "?cursor")):
            refused = await officer.get(f"/programs?{query}")
            assert (refused.status_code, list(refused.json()["fields"])) == (422, [place])
