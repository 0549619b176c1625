"""One slice from end to end: programs over the API."""

import uuid
from typing import Any

import psycopg

from tests.factories.api_clients import Program
from tests.factories.databases import ClonedDatabase

SETTINGS = {"fiscal_year": 2026, "title": "衛星漏水調査", "due_date": "2026-11-29"}


def _problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == f"/manual/errors#{code}"
    assert document["title"]
    assert document["detail"]
    return document


class TestPrograms:
    async def test_are_set_up_read_and_changed(self, finance: Program, database: ClonedDatabase):
        made = await finance.post("/programs", SETTINGS)
        assert made.status_code == 201, made.text
        assert made.headers["etag"] == '"1"'
        url = made.headers["location"].removeprefix("/api/v1")
        found = await finance.get(url)
        assert found.json() == made.json()
        changed = await finance.put(url, {**SETTINGS, "title": "漏水調査"}, found.headers["etag"])
        assert changed.status_code == 200, changed.text
        assert changed.json()["settings"]["title"] == "漏水調査"
        assert changed.headers["etag"] == '"2"'
        listed = await finance.get("/programs")
        assert [one["title"] for one in listed.json()["items"]] == ["漏水調査"]
        with psycopg.connect(database.superuser) as connection:
            trail = connection.execute(
                "SELECT action, via FROM audit_event WHERE subject = 'program' ORDER BY id"
            ).fetchall()
        assert trail == [("create_program", "試験の連携"), ("change_program", "試験の連携")]

    async def test_that_changed_meanwhile_show_both_values(self, finance: Program):
        url = (await finance.post("/programs", SETTINGS)).headers["location"].removeprefix("/api/v1")
        await finance.put(url, {**SETTINGS, "title": "先に"}, '"1"')
        problem = _problem(await finance.put(url, {**SETTINGS, "title": "後から"}, '"1"'), 412, "version-stale")
        assert problem["current"]["settings"]["title"] == "先に"
        assert problem["given"]["title"] == "後から"
        _problem(await finance.put(url, SETTINGS, None), 428, "version-missing")
        _problem(await finance.put(url, SETTINGS, 'W/"2"'), 400, "bad-version")

    async def test_tell_every_fault_of_shape_at_once(self, finance: Program):
        body = {**SETTINGS, "fiscal_year": 2026.0, "rounding_unit_yen": True, "stranger": 1, "due_date": "R6.1.1"}
        problem = _problem(await finance.post("/programs", body), 422, "bad-shape")
        assert set(problem["fields"]) == {"/fiscal_year", "/rounding_unit_yen", "/stranger", "/due_date"}
        problem = _problem(await finance.post("/programs", {**SETTINGS, "title": " "}), 422, "required")
        assert set(problem["fields"]) == {"/title"}

    async def test_are_created_once_per_key(self, finance: Program):
        key = uuid.uuid4().hex
        first = await finance.post("/programs", SETTINGS, key=key)
        again = await finance.post("/programs", SETTINGS, key=key)
        assert again.headers["idempotency-replayed"] == "true"
        assert (again.status_code, again.content) == (first.status_code, first.content)
        for name in ("location", "etag", "content-type"):
            assert again.headers[name] == first.headers[name]
        _problem(await finance.post("/programs", {**SETTINGS, "title": "別"}, key=key), 422, "idempotency-key-reused")
        _problem(await finance.post("/programs", SETTINGS, key=""), 400, "idempotency-key-missing")
        assert len((await finance.get("/programs")).json()["items"]) == 1
