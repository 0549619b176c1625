"""A year that is issued: towns full of canaries, two approved runs with all papers, and what followed; founded once."""

import json
from dataclasses import dataclass, replace
from typing import Any

from billing.runs import queries as run_queries
from tenants.calendar import JST
from tenants.context import Scope
from tenants.database.pool import create_pool
from tenants.database.transaction import open_door
from tests.factories.databases import ClonedDatabase
from tests.factories.workers import storage_of
from tests.factories.worlds import NOW, World
from tests.walls.after_issue import Followed, approved_run, decide_notices, follow_up
from tests.walls.canaries import Town, figures, found_program_of, found_towns

TODAY = NOW.astimezone(JST)
TOWNS = 4
"""Each town is looked for in what three others reach; more towns repeat the same pages and cost a minute each."""


@dataclass(frozen=True)
class IssuedYear:
    """What is in the database to clone, and the storage its papers lie in."""

    template: str
    people: World
    bucket: Any
    towns: list[Town]
    program_id: int
    run_ids: tuple[int, ...]
    followed: dict[str, Followed]


@dataclass(frozen=True)
class IssuedCell:
    """The running product on a clone of that year, for one test; the papers in the storage are read only."""

    app: Any
    world: World
    database: ClonedDatabase
    year: IssuedYear


async def found_issued_year(database: ClonedDatabase, cell: World, bucket: Any) -> IssuedYear:
    """Everything through the product's own operations; nobody is connected when it returns, so it can be cloned."""
    pool = create_pool(database.application, 2)
    await pool.open()
    try:
        world, storage = World(pool, dict(cell.tenants), dict(cell.people)), storage_of(bucket)
        towns = await found_towns(world, TOWNS)
        program_id = await found_program_of(world, towns)
        await decide_notices(world, program_id)
        first = await approved_run(world, storage, program_id, "notice", TODAY)
        followed = await follow_up(world, storage, program_id, [one.code for one in towns], TODAY)
        async with open_door(pool, Scope.PREFECTURE, 1, read_only=True):
            newest = await run_queries.last_approved(program_id)
            assert newest is not None
            run_ids = (first, newest.id)
            told = {one.code: one.canaries for one in towns}
            for run_id in run_ids:
                for one in json.loads((await run_queries.run(run_id)).result_json or "{}")["members"]:
                    told[one["code"]] |= figures(one["invoice_yen"])
    finally:
        await pool.close()
    towns = [replace(one, canaries=told[one.code]) for one in towns]
    return IssuedYear(database.name, world, bucket, towns, program_id, run_ids, followed)
