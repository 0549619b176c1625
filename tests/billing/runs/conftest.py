"""A small program ready to be calculated, storage, and a worker that runs what was asked for."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from billing.bases import operations as bases
from billing.bases import queries as basis_queries
from billing.bases.rules import BasisInput
from billing.costs import operations as costs
from billing.grants import operations as grants
from billing.grants.rules import GrantInput
from billing.keys import operations as keys
from billing.keys.rules import KeyInput
from billing.programs import operations as programs
from billing.programs.rules import MemberInput, ProgramInput
from services.assembly.embedded import start_storage
from tenants.calendar import JST
from tenants.context import Scope
from tenants.database.transaction import open_door
from tenants.jobs import runner
from tenants.storage import Storage, connect_storage
from tests.factories.browsers import running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import NOW, World

POPULATIONS = {"281000": "1498825", "283011": "28289", "284467": "9908"}


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real S3 endpoint on a folder."""
    running = start_storage(Path(tmp_path_factory.mktemp("storage")))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def storage(bucket: Any) -> Storage:
    """The product's own client of that endpoint."""
    return connect_storage(bucket.endpoint, bucket.region, bucket.access_key, bucket.secret_key, bucket.bucket)


@pytest.fixture
async def stored_app(database: ClonedDatabase, world: World, bucket: Any) -> AsyncIterator[Any]:
    """The application with that storage."""
    settings = settings_for(
        database,
        s3_endpoint=bucket.endpoint,
        s3_bucket=bucket.bucket,
        s3_region=bucket.region,
        s3_access_key=bucket.access_key,
        s3_secret_key=bucket.secret_key,
    )
    async with running_app(settings) as running:
        yield running


@pytest.fixture
def work(world: World, storage: Storage) -> Callable[[], Awaitable[None]]:
    """Runs every queued job of the prefecture, also those that jobs ask for, as the worker would."""
    tools = runner.Tools(world.pool, lambda *_: None, storage, "兵庫県", sample_data=True)

    async def until_nothing_is_left() -> None:
        for _ in range(50):
            async with open_door(world.pool, Scope.JOBS, read_only=True) as door:
                due = await door.execute("SELECT id FROM job WHERE state = 'queued' ORDER BY id")
            if not due:
                return
            for row in due:
                await runner.run(tools, 1, row["id"])

    return until_nothing_is_left


@pytest.fixture
async def program(world: World) -> int:
    """Three members, 均等割3割・人口割7割, a direct cost, a prefecture cost, and a half grant."""
    context, now = world.finance, NOW.astimezone(JST)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        program_id = await programs.create_program(
            context,
            ProgramInput(
                2026, "共同調査", "", "cost", 1, "largest_remainder", None, "1/2", 1, "floor", 2, 1, now.date()
            ),
        )
        members = [MemberInput(world.tenants[code], 12, "1") for code in POPULATIONS]
        await programs.choose_members(context, program_id, members, 1)
        basis_id = await bases.create_basis(context, program_id, BasisInput("人口", "人", now.date(), "推計人口"))
        version = (await basis_queries.basis(program_id, basis_id)).version
        values = {world.tenants[code]: value for code, value in POPULATIONS.items()}
        await bases.save_values(context, program_id, basis_id, values, version, now)
        key_id = await keys.create_key(
            context,
            program_id,
            KeyInput(
                "均等3割・人口7割",
                {"components": [{"weight": "3/10", "basis": "equal"}, {"weight": "7/10", "basis": basis_id}]},
            ),
        )
        for name, amount, charge in (
            ("解析", 52_000_001, {"charge_kind": "key", "key_id": key_id, "eligible": True}),
            ("個別", 880_000, {"charge_kind": "member", "member_id": world.tenants["281000"]}),
            ("事務局", 1_320_000, {"charge_kind": "prefecture"}),
        ):
            await costs.post_cost(
                context, program_id, source="test", reference=name, name=name, amount_yen=amount, **charge
            )
        await grants.create_grant(
            context,
            program_id,
            GrantInput("交付金", "national", "1/2", None, None, None, "included", "program", 1000, "floor"),
        )
    return program_id
