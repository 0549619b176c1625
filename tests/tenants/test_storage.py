"""Storage against a real S3 endpoint: what goes in comes out, and nobody reaches another tenant's prefix."""

import hashlib
from collections.abc import Iterator

import pytest

from services.assembly.embedded import free_port, start_storage
from tenants.errors import NotFound
from tenants.storage import CHUNK_BYTES, Storage, StorageFailed, TenantStorage, connect_storage


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    running = start_storage(tmp_path_factory.mktemp("bucket"))
    yield connect_storage(running.endpoint, running.region, running.access_key, running.secret_key, running.bucket)
    running.stop()


@pytest.fixture
def town(storage: Storage) -> TenantStorage:
    return storage.for_tenant(7)


@pytest.fixture
def other_town(storage: Storage) -> TenantStorage:
    return storage.for_tenant(70)


WRONG_PARTS = [
    [],
    [""],
    ["a", "", "b"],
    [".."],
    ["a", "..", "..", "70", "x"],
    ["."],
    ["a/b"],
    ["/etc/passwd"],
    ["a\\b"],
    ["a\x00b"],
    ["a\nb"],
    ["あ" * 67],
    ["x" * 200] * 6,
]


class TestPut:
    def test_stores_below_the_tenants_prefix_and_tells_the_digest(self, town):
        stored = town.put(("runs", "12", "明細.pdf"), b"%PDF-", "application/pdf")
        assert stored.key == "tenants/7/runs/12/明細.pdf"
        assert (stored.sha256, stored.size) == (hashlib.sha256(b"%PDF-").hexdigest(), 5)
        assert town.get(stored.key) == b"%PDF-"

    def test_replaces_what_was_there(self, town):
        town.put(("once.txt",), b"first", "text/plain")
        assert town.get(town.put(("once.txt",), b"second", "text/plain").key) == b"second"

    @pytest.mark.parametrize("parts", WRONG_PARTS, ids=str)
    def test_refuses_parts_that_lead_elsewhere(self, town, parts):
        with pytest.raises(ValueError, match="key"):
            town.put(parts, b"x", "text/plain")

    def test_refuses_one_text_in_place_of_parts(self, town):
        with pytest.raises(ValueError, match="sequence"):
            town.put("abc", b"x", "text/plain")

    def test_needs_a_tenant(self, storage):
        with pytest.raises(ValueError, match="no tenant"):
            storage.for_tenant(0)


class TestGet:
    def test_finds_nothing_of_another_tenant(self, town, other_town):
        key = other_town.put(("secret.txt",), b"theirs", "text/plain").key
        with pytest.raises(NotFound) as foreign:
            town.get(key)
        with pytest.raises(NotFound) as missing:
            town.get("tenants/7/never-was.txt")
        assert (foreign.value.code, foreign.value.message) == (missing.value.code, missing.value.message)

    @pytest.mark.parametrize(
        "key",
        [
            "",
            "/",
            "secret.txt",
            "tenants/7",
            "tenants/7/",
            "tenants/7/../70/secret.txt",
            "tenants/7/./secret.txt",
            "tenants/7//secret.txt",
            "/tenants/7/secret.txt",
            "tenants/70/secret.txt",
            "tenants/07/secret.txt",
            "tenants/7/a\x00b",
        ],
    )
    def test_finds_nothing_outside_the_prefix(self, town, other_town, key):
        other_town.put(("secret.txt",), b"theirs", "text/plain")
        with pytest.raises(NotFound):
            town.get(key)
        with pytest.raises(NotFound):
            town.delete(key)


class TestOpenStream:
    def test_gives_a_large_file_in_chunks(self, town):
        content = bytes(range(256)) * 4096
        key = town.put(("large.bin",), content, "application/octet-stream").key
        with town.open_stream(key) as stream:
            chunks = list(stream.chunks)
        assert stream.size == len(content)
        assert b"".join(chunks) == content
        assert max(map(len, chunks)) <= CHUNK_BYTES

    def test_can_be_left_half_read(self, town):
        key = town.put(("half.bin",), b"x" * 3_000_000, "application/octet-stream").key
        with town.open_stream(key) as stream:
            next(stream.chunks)
        assert len(town.get(key)) == 3_000_000


class TestDelete:
    def test_removes_the_file_and_minds_no_repetition(self, town):
        key = town.put(("short-lived.txt",), b"x", "text/plain").key
        town.delete(key)
        town.delete(key)
        with pytest.raises(NotFound):
            town.get(key)


class TestList:
    def test_shows_only_the_tenants_own_files_in_order(self, storage):
        town, neighbour = storage.for_tenant(8), storage.for_tenant(80)
        neighbour.put(("a.txt",), b"theirs", "text/plain")
        for name in ("b.txt", "a.txt"):
            town.put(("list", name), b"xy", "text/plain")
        town.put(("listed.txt",), b"x", "text/plain")
        assert [entry.key for entry in town.list("list")] == ["tenants/8/list/a.txt", "tenants/8/list/b.txt"]
        assert {entry.size for entry in town.list("list")} == {2}
        assert len(town.list()) == 3

    def test_cannot_look_above_the_prefix(self, town):
        with pytest.raises(ValueError, match="key"):
            town.list("..")


class TestFailures:
    def test_become_one_error_when_nobody_answers(self, monkeypatch):
        monkeypatch.setattr("tenants.storage.ATTEMPTS", 1)
        nowhere = connect_storage(f"http://127.0.0.1:{free_port()}", "us-east-1", "key", "secret", "yui")
        with pytest.raises(StorageFailed):
            nowhere.for_tenant(7).put(("x",), b"x", "text/plain")

    def test_become_one_error_when_the_key_is_refused(self, storage):
        stranger = connect_storage(storage._endpoint, "us-east-1", "guess", "secret", "yui")
        with pytest.raises(StorageFailed, match="AccessDenied"):
            stranger.for_tenant(7).put(("x",), b"x", "text/plain")
