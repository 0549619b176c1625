"""Tables sent to be taken in or to move people are looked at by the scanner before anybody opens or keeps them."""

from typing import Any

import psycopg
import pytest

from tenants.context import Role
from tenants.files.policy import FilePolicy, follow_policy
from tenants.transfers.forms import COLUMNS
from tests.factories.browsers import Browser, new_browser
from tests.factories.databases import ClonedDatabase
from tests.factories.scanners import EICAR, scanning
from tests.factories.worlds import World

TOWN = "281000"
FORMS = {
    "/imports": {"kind": "people"},
    "/transfers": {"title": "春の異動", "effective_on": "2027-04-01"},
}
TABLES = {
    "/imports": "氏名,メールアドレス\n見本 花子,hanako@city.example.lg.jp\n".encode(),
    "/transfers": (",".join(COLUMNS) + "\nhanako@city.example.lg.jp,見本 花子,在籍,市町 担当者,,,,,\n").encode(),
}


async def _send(one: Browser, path: str, content: bytes) -> Any:
    return await one.client.post(
        path,
        data={"csrf_token": await one.csrf_token(), **FORMS[path]},
        files={"file": ("悪い表.csv", content, "text/csv")},
        headers={"sec-fetch-site": "same-origin"},
    )


def _kept(database: ClonedDatabase) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.superuser) as behind:
        return behind.execute(
            "SELECT (SELECT count(*) FROM stored_file), (SELECT count(*) FROM import_batch), "
            "(SELECT count(*) FROM transfer)"
        ).fetchall()


@pytest.mark.parametrize("path", list(FORMS))
class TestTables:
    async def test_with_a_virus_are_refused_unopened_and_stand_in_the_trail(
        self, stored_app: Any, world: World, database: ClonedDatabase, path: str
    ):
        before = _kept(database)
        async with (
            scanning() as (address, scanner),
            new_browser(stored_app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one,
        ):
            follow_policy(FilePolicy(clamd_address=address))
            answer = await _send(one, path, TABLES[path] + EICAR)
            assert answer.status_code == 422
            assert "ウイルスが見つかったため、受け取りませんでした(検出名 Eicar-Test-Signature)" in answer.text
            assert 'id="error-file"' in answer.text
            assert _kept(database) == before
            trail = (await one.get("/audit")).text
            assert "ウイルスの見つかったファイルを拒否" in trail
            assert "悪い表.csv" in trail
            assert (await _send(one, path, TABLES[path])).status_code == 303
            assert sum(scanner.chunks) == 2 * len(TABLES[path]) + len(EICAR)

    async def test_wait_while_the_scanner_is_away(self, stored_app: Any, world: World, path: str):
        async with new_browser(stored_app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            follow_policy(FilePolicy(clamd_address="tcp://127.0.0.1:1"))
            answer = await _send(one, path, TABLES[path])
            assert answer.status_code == 409
            assert "ウイルス検査ができないため、受け取れません" in answer.text

    async def test_longer_than_a_deployment_allows_are_refused_at_the_field(
        self, stored_app: Any, world: World, path: str
    ):
        async with new_browser(stored_app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            follow_policy(FilePolicy(upload_max_bytes=50))
            answer = await _send(one, path, TABLES[path])
            assert answer.status_code == 422
            assert "ファイルが大きすぎます" in answer.text
