"""Files in S3, each below its tenant's prefix; no caller can name a key outside it.

Every call blocks: use it in a job, or from a page through ``asyncio.to_thread``. boto3 is loaded at the first call.
"""

import hashlib
import io
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from tenants.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

CONNECT_SECONDS = 3  # the endpoint is near; a person waits
READ_SECONDS = 20
ATTEMPTS = 4  # with the SDK's doubling pauses about three seconds, the length of a short interruption
CHUNK_BYTES = 256 * 1024  # large enough to be fast, small enough to hold many at once
LONGEST_PART_BYTES = 200  # the embedded endpoint keeps a part as a file name, which may have 255 bytes
LONGEST_KEY_BYTES = 1_024  # Amazon S3's own limit
_MISSING = {"NoSuchKey", "404", "NotFound"}


class StorageFailed(Exception):  # noqa: N818  (the house's word: what happened)
    """The endpoint could not be reached or refused; not the person's fault, and trying again later may work."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A file that is stored: its key, the SHA-256 of its content in hexadecimal, and its size in bytes."""

    key: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One line of a listing; ``size`` in bytes."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class StoredStream:
    """An open file: its size in bytes and its content in chunks, to be read once."""

    size: int
    chunks: Iterator[bytes]


class Storage:
    """One bucket; whose files, says :meth:`for_tenant`."""

    def __init__(self, endpoint: str, region: str, access_key: str, secret_key: str, bucket: str) -> None:
        self._endpoint = endpoint
        self._region = region
        self._access_key = access_key
        self._secret_key = secret_key
        self._bucket = bucket
        self._client: S3Client | None = None
        self._lock = Lock()

    def for_tenant(self, tenant_id: int) -> "TenantStorage":
        """The files of one tenant."""
        return TenantStorage(self._connected(), self._bucket, tenant_id)

    def _connected(self) -> "S3Client":
        with self._lock:
            if self._client is None:
                self._client = _create_client(self._endpoint, self._region, self._access_key, self._secret_key)
            return self._client


class TenantStorage:
    """The files of one tenant: keys are always ``tenants/{tenant_id}/…``, and no other key is answered."""

    def __init__(self, client: "S3Client", bucket: str, tenant_id: int) -> None:
        if tenant_id < 1:
            raise ValueError(f"{tenant_id} is no tenant")
        self._client = client
        self._bucket = bucket
        self._prefix = f"tenants/{tenant_id}/"

    def put(self, parts: Sequence[str], content: bytes, content_type: str) -> StoredObject:
        """This will store ``content`` below the tenant's prefix, replacing what was there.

        ``parts`` are the names between the slashes, for example ``("runs", "12", "statement.pdf")``; a part that is
        empty, begins with a dot, or holds a slash or control character raises ValueError. Raises StorageFailed.
        """
        return self.put_file(parts, io.BytesIO(content), content_type)

    def put_file(self, parts: Sequence[str], file: BinaryIO, content_type: str) -> StoredObject:
        """The same for the whole of an open file, which is never held in memory. Raises StorageFailed."""
        key = self._prefix + _joined(parts)
        if len(key.encode()) > LONGEST_KEY_BYTES:
            raise ValueError("the key is too long")
        digest = hashlib.sha256()
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
        size = file.tell()
        file.seek(0)
        with _failures():
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=file,
                ContentLength=size,
                ContentType=content_type,
                ChecksumSHA256=b64encode(digest.digest()).decode(),  # the endpoint refuses what arrived damaged
            )
        return StoredObject(key, digest.hexdigest(), size)

    def get(self, key: str) -> bytes:
        """The whole content; for files known to be small. Raises NotFound and StorageFailed."""
        with self.open_stream(key) as stream:
            return b"".join(stream.chunks)

    @contextmanager
    def open_stream(self, key: str) -> Iterator[StoredStream]:
        """The content in chunks of ``CHUNK_BYTES``, while the context is open. Raises NotFound, StorageFailed."""
        self._check(key)
        with _failures():
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            body = answer["Body"]
            try:
                yield StoredStream(answer["ContentLength"], body.iter_chunks(CHUNK_BYTES))
            finally:
                body.close()

    def delete(self, key: str) -> None:
        """This will delete the file; one that is gone already counts as deleted. Raises NotFound and StorageFailed."""
        self._check(key)
        with _failures():
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def list(self, *parts: str) -> list[StoredEntry]:
        """The tenant's files, or those below ``parts``, in the order of their keys. Raises StorageFailed."""
        prefix = self._prefix + (f"{_joined(parts)}/" if parts else "")
        with _failures():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            return [StoredEntry(entry["Key"], entry["Size"]) for page in pages for entry in page.get("Contents", [])]

    def _check(self, key: str) -> None:
        """A key of another tenant is not found, exactly as one that never was."""
        if not key.startswith(self._prefix):
            raise NotFound
        try:
            _joined(key.removeprefix(self._prefix).split("/"))
        except ValueError:
            raise NotFound from None


def connect_storage(endpoint: str, region: str, access_key: str, secret_key: str, bucket: str) -> Storage:
    """The product's bucket; empty ``endpoint`` means Amazon S3, empty keys mean the machine's own role.

    Nothing is contacted yet. The bucket must exist; Terraform or the embedded services made it.
    """
    return Storage(endpoint, region, access_key, secret_key, bucket)


def _create_client(endpoint: str, region: str, access_key: str, secret_key: str) -> "S3Client":
    import boto3
    from botocore.config import Config

    local = urlsplit(endpoint).hostname in {"127.0.0.1", "localhost", "::1"}
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        s3={"addressing_style": "path" if endpoint else "auto"},  # other endpoints rarely have a name for each bucket
        proxies={} if local else None,  # an office's proxy cannot reach this machine's loopback
    )
    return boto3.client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region,
        aws_access_key_id=access_key or None,
        aws_secret_access_key=secret_key or None,
        config=config,
    )


@contextmanager
def _failures() -> Iterator[None]:
    """Turns the SDK's errors into ours, so that callers need not know it."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _MISSING:
            raise NotFound from None
        raise StorageFailed(f"storage refused: {code}") from error
    except BotoCoreError as error:
        raise StorageFailed(f"storage failed: {type(error).__name__}") from error


def _joined(parts: Sequence[str]) -> str:
    """The parts with slashes between them, or ValueError when one could lead elsewhere."""
    if isinstance(parts, str) or not parts:
        raise ValueError("a key has at least one part, given as a sequence")
    for part in parts:
        if not part.isprintable() or not part or part.startswith(".") or "/" in part or "\\" in part:
            raise ValueError(f"{part!r} cannot be part of a key")
        if len(part.encode()) > LONGEST_PART_BYTES:
            raise ValueError("a part of the key is too long")
    return "/".join(parts)
