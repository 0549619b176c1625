"""Real storage on a folder, and a worker in this process that runs what was asked for."""

from typing import Any

from tenants.context import PREFECTURE_TENANT_ID, Scope
from tenants.database.transaction import open_door
from tenants.jobs import runner
from tenants.storage import Storage, connect_storage
from tests.factories.worlds import World

_ROUNDS = 50
"""Jobs ask for jobs, but never this deep: more rounds mean one that never ends."""


def storage_of(bucket: Any) -> Storage:
    """The product's own client of a running storage."""
    return connect_storage(bucket.endpoint, bucket.region, bucket.access_key, bucket.secret_key, bucket.bucket)


def storage_settings(bucket: Any) -> dict[str, str]:
    """What a deployment's settings say of a running storage."""
    return {
        "s3_endpoint": bucket.endpoint,
        "s3_bucket": bucket.bucket,
        "s3_region": bucket.region,
        "s3_access_key": bucket.access_key,
        "s3_secret_key": bucket.secret_key,
    }


async def work_off(world: World, storage: Storage) -> None:
    """Runs every queued job of the prefecture, also those that jobs ask for, as the worker would."""
    tools = runner.Tools(world.pool, lambda *_: None, storage, "兵庫県", sample_data=True)
    for _ in range(_ROUNDS):
        async with open_door(world.pool, Scope.JOBS, read_only=True) as door:
            due = await door.execute("SELECT id FROM job WHERE state = 'queued' ORDER BY id")
        if not due:
            return
        for row in due:
            await runner.run(tools, PREFECTURE_TENANT_ID, row["id"])
    raise AssertionError("jobs ask for jobs without end")
