"""Keeping files: within the tenant's room, downloads that end, and a night that takes the content away."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenants.audit.trail import Subject, record
from tenants.calendar import JST
from tenants.context import Role, Scope, TenantContext
from tenants.database.transaction import Pool, open_door
from tenants.errors import Conflict, NotFound
from tenants.files import operations, queries
from tenants.files.policy import FilePolicy, follow_policy
from tenants.files.rules import EXPORT, MARK, RESULT_KEPT_FOR, FileKind, OverQuota, Room, declare_kind, size_text
from tenants.files.sweeps import sweep_expired_files
from tenants.storage import CHUNK_BYTES, Storage, StoredObject, connect_storage
from tests.factories.browsers import new_browser
from tests.factories.worlds import World

TOWN = "281000"
SHA = "0" * 64
NOW = datetime.now(JST)


@pytest.fixture
def clerk(world: World) -> TenantContext:
    return world.context(TOWN, Role.TOWN_STAFF)


async def keep(
    pool: Pool, who: TenantContext, name: str, size: int, *, expires_at: datetime | None = NOW + RESULT_KEPT_FOR
) -> int:
    stored = StoredObject(f"tenants/{who.tenant_id}/t/{name}", SHA, size)
    async with open_door(pool, who.scope, who.tenant_id):
        return await _recorded(who, stored, name, expires_at)


async def _recorded(who: TenantContext, stored: StoredObject, name: str, expires_at: datetime | None) -> int:
    file_id = await operations.keep_file(who.tenant_id, stored, name, "text/csv", EXPORT, expires_at, by=who)
    await record(who, "keep_paper", Subject("stored_file", file_id))
    return file_id


async def store(pool: Pool, storage: Storage, who: TenantContext, name: str, content: bytes, made: datetime) -> int:
    async with open_door(pool, who.scope, who.tenant_id):
        file_id = await operations.store_file(who, storage, ("t", name), content, name, "text/csv", EXPORT, made)
        await record(who, "keep_paper", Subject("stored_file", file_id))
    return file_id


async def room(pool: Pool, tenant_id: int) -> Room:
    async with open_door(pool, Scope.TOWN, tenant_id, read_only=True):
        return await queries.room(tenant_id)


class TestKeepFile:
    async def test_refuses_what_does_not_fit_and_says_how_much_is_used(self, pool: Pool, clerk: TenantContext):
        follow_policy(FilePolicy(quota_bytes=3 * 1024**2))
        await keep(pool, clerk, "a.csv", 2 * 1024**2)
        with pytest.raises(OverQuota) as refused:
            await keep(pool, clerk, "b.csv", 1024**2 + 1)
        assert "使用中 2.0 MB、上限 3.0 MB、今回のファイル 1.0 MB" in refused.value.message
        await keep(pool, clerk, "c.csv", 1024**2)
        assert (await room(pool, clerk.tenant_id)).used_bytes == 3 * 1024**2

    async def test_lets_no_more_through_when_twenty_come_at_once(self, pool: Pool, clerk: TenantContext):
        follow_policy(FilePolicy(quota_bytes=7 * 1000))
        answers = await asyncio.gather(
            *(keep(pool, clerk, f"{number}.csv", 1000) for number in range(20)), return_exceptions=True
        )
        assert sum(isinstance(one, int) for one in answers) == 7
        assert sum(isinstance(one, OverQuota) for one in answers) == 13
        assert (await room(pool, clerk.tenant_id)).used_bytes == 7000

    async def test_of_one_tenant_takes_nobody_elses_room(self, pool: Pool, world: World, clerk: TenantContext):
        follow_policy(FilePolicy(quota_bytes=1000))
        await keep(pool, clerk, "a.csv", 1000)
        await keep(pool, world.context("283011", Role.TOWN_STAFF), "a.csv", 1000)

    async def test_counts_papers_that_must_be_issued_and_never_refuses_them(self, pool: Pool, clerk: TenantContext):
        follow_policy(FilePolicy(quota_bytes=10))
        must = FileKind("paper_of_a_test", "書類", limited=False)
        async with open_door(pool, clerk.scope, clerk.tenant_id):
            stored = StoredObject(f"tenants/{clerk.tenant_id}/x", SHA, 100)
            file_id = await operations.keep_file(clerk.tenant_id, stored, "x.pdf", "application/pdf", must)
            await record(clerk, "keep_paper", Subject("stored_file", file_id))
        assert (await room(pool, clerk.tenant_id)).percent == 1000
        with pytest.raises(OverQuota):
            await keep(pool, clerk, "a.csv", 1)

    async def test_demands_an_end_of_what_must_end(self, pool: Pool, clerk: TenantContext):
        with pytest.raises(ValueError, match="must say when it ends"):
            await keep(pool, clerk, "a.csv", 1, expires_at=None)


class TestKinds:
    def test_are_declared_once(self):
        assert declare_kind(MARK) is MARK
        with pytest.raises(ValueError, match="declared twice"):
            declare_kind(FileKind("mark", "別のもの"))

    @pytest.mark.parametrize(
        ("size", "words"),
        [
            (0, "0 バイト"),
            (1023, "1,023 バイト"),
            (1024, "1 KB"),
            (1024**2 - 1, "1,023 KB"),
            (1024**2 * 3 // 2, "1.5 MB"),
            (10 * 1024**3, "10.0 GB"),
            (5000 * 1024**4, "5,000.0 TB"),
        ],
    )
    def test_have_sizes_in_words(self, size: int, words: str):
        assert size_text(size) == words


class TestDownload:
    async def test_is_for_the_person_who_had_it_made_and_ends(
        self, pool: Pool, world: World, storage: Storage, clerk: TenantContext, stored_app: Any
    ):
        file_id = await store(pool, storage, clerk, "list.csv", b"a,b\r\n", NOW)
        over = await store(pool, storage, clerk, "old.csv", b"old", NOW - RESULT_KEPT_FOR - timedelta(seconds=1))
        async with new_browser(stored_app, world.people[TOWN, Role.TOWN_STAFF][1]) as one:
            answer = await one.get(f"/files/{file_id}")
            assert (answer.content, answer.headers["cache-control"]) == (b"a,b\r\n", "private, no-store")
            assert answer.headers["content-disposition"] == 'attachment; filename="list.csv"'
            gone = await one.get(f"/files/{over}")
            assert gone.status_code == 410
            assert "期限が過ぎたため消えました" in gone.text
            assert (await one.get("/files")).status_code == 403
        for code, role in (
            (TOWN, Role.TOWN_ADMIN),
            (TOWN, Role.TOWN_FINANCE),
            ("283011", Role.TOWN_STAFF),
            ("280003", Role.PREFECTURE_ADMIN),
        ):
            async with new_browser(stored_app, world.people[code, role][1]) as other:
                for number in (file_id, over):
                    assert (await other.get(f"/files/{number}")).status_code == 404
        async with new_browser(stored_app) as nobody:
            assert (await nobody.get(f"/files/{file_id}")).status_code == 303

    async def test_comes_whole_and_in_pieces(
        self, pool: Pool, world: World, clerk: TenantContext, storage: Storage, stored_app: Any
    ):
        content = bytes(range(256)) * (3 * CHUNK_BYTES // 256) + b"the rest"
        file_id = await store(pool, storage, clerk, "large.csv", content, NOW)
        pieces: list[int] = []

        async def watched(scope: Any, receive: Any, send: Any) -> None:
            async def counting(message: Any) -> None:
                if message["type"] == "http.response.body" and scope["path"] == f"/files/{file_id}":
                    pieces.append(len(message.get("body", b"")))
                await send(message)

            await stored_app(scope, receive, counting)

        async with new_browser(watched, world.people[TOWN, Role.TOWN_STAFF][1]) as one:
            answer = await one.get(f"/files/{file_id}")
        assert (answer.status_code, answer.headers["content-length"]) == (200, str(len(content)))
        assert answer.content == content
        assert sum(pieces) == len(content)
        assert max(pieces) <= CHUNK_BYTES

    async def test_of_a_paper_stays_with_its_own_page(self, pool: Pool, world: World, stored_app: Any):
        town = world.tenants[TOWN]
        async with open_door(pool, Scope.PREFECTURE, 1):
            stored = StoredObject(f"tenants/{town}/s.pdf", SHA, 5)
            kind = FileKind("paper", "負担金の書類", limited=False)
            file_id = await operations.keep_file(town, stored, "s.pdf", "application/pdf", kind)
            await record(world.finance, "keep_paper", Subject("stored_file", file_id))
        async with new_browser(stored_app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            assert (await one.get(f"/files/{file_id}")).status_code == 404
            listed = (await one.get("/files")).text
            assert "s.pdf" in listed
            assert f"/files/{file_id}" not in listed


class TestSweep:
    async def test_deletes_the_content_of_what_expired_and_says_so(
        self, pool: Pool, world: World, storage: Storage, clerk: TenantContext, stored_app: Any
    ):
        long_ago = NOW - RESULT_KEPT_FOR - timedelta(days=1)
        kept = await store(pool, storage, clerk, "kept.csv", b"kept", NOW)
        ids = [await store(pool, storage, clerk, f"old{number}.csv", b"1234", long_ago) for number in range(3)]
        finance = await store(pool, storage, world.finance, "old.csv", b"1234", long_ago)
        assert await sweep_expired_files(pool, storage, NOW) == 4
        assert await sweep_expired_files(pool, storage, NOW) == 0
        async with open_door(pool, clerk.scope, clerk.tenant_id, read_only=True):
            found = {one: await queries.file(clerk.tenant_id, one) for one in (kept, *ids)}
            assert [found[one].deleted_at is not None for one in (kept, *ids)] == [False, True, True, True]
            assert (await queries.room(clerk.tenant_id)).used_bytes == 4
        place = storage.for_tenant(clerk.tenant_id)
        assert place.get(found[kept].storage_key) == b"kept"
        with pytest.raises(NotFound):
            place.get(found[ids[0]].storage_key)
        async with new_browser(stored_app, world.people[TOWN, Role.TOWN_STAFF][1]) as one:
            assert (await one.get(f"/files/{ids[0]}")).status_code == 410
        async with new_browser(stored_app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            assert "期限の過ぎたファイルを削除" in (await one.get("/audit")).text
        assert finance

    async def test_waits_for_the_next_night_when_the_storage_is_away(
        self, pool: Pool, storage: Storage, clerk: TenantContext, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("tenants.storage.ATTEMPTS", 1)
        await store(pool, storage, clerk, "away.csv", b"1", NOW - RESULT_KEPT_FOR * 2)
        away = connect_storage("http://127.0.0.1:1", "x", "x", "x", "yui")
        assert await sweep_expired_files(pool, away, NOW) == 0
        assert await sweep_expired_files(pool, storage, NOW) == 1


class TestQuotaPage:
    async def test_gives_an_organisation_its_own_limit_and_takes_it_back(
        self, pool: Pool, world: World, clerk: TenantContext, stored_app: Any
    ):
        await keep(pool, clerk, "a.csv", 1024**2)
        url = f"/tenants/{clerk.tenant_id}/quota"
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_ADMIN][1]) as one:
            assert url in (await one.get(f"/tenants/{clerk.tenant_id}")).text
            page = (await one.get(url)).text
            assert "1.0 MB / 10.0 GB" in page
            assert "a.csv" not in page
            for typed in ("x", "0", "99999999999999", "-1", "1.5"):
                assert (await one.post(url, {"quota": typed, "version": "0"})).status_code == 422
            assert (await one.post(url, {"quota": "1", "version": "0"})).status_code == 303
            assert (await one.post(url, {"quota": "2", "version": "0"})).status_code == 409
            assert "いっぱいです" in (await one.get(url)).text
            assert (await one.get("/tenants/999999/quota")).status_code == 404
        with pytest.raises(OverQuota):
            await keep(pool, clerk, "b.csv", 1)
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_ADMIN][1]) as one:
            assert (await one.post(url, {"quota": "", "version": "1"})).status_code == 303
        await keep(pool, clerk, "b.csv", 1)
        async with new_browser(stored_app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            assert (await one.get(url)).status_code == 403
            assert "容量の上限を変更" in (await one.get("/audit")).text
            listed = (await one.get("/files")).text
            assert "a.csv" in listed
            assert "1.0 MB / 10.0 GB(0%)" in listed

    async def test_refuses_what_somebody_else_set_meanwhile(self, pool: Pool, world: World):
        admin = world.context("280003", Role.PREFECTURE_ADMIN)

        async def one(quota: int) -> None:
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.set_quota(admin, world.tenants[TOWN], quota * 1024**2, 0)

        answers = await asyncio.gather(*(one(number) for number in range(1, 9)), return_exceptions=True)
        assert sum(answer is None for answer in answers) == 1
        assert sum(isinstance(answer, Conflict) for answer in answers) == 7
