"""Schemathesis over the whole description of the API, as several roles: nothing fails, everything keeps its schema.

``YUI_FUZZ_CASES`` is the number of cases per operation, role that may use it, and mode; the default takes about a
minute. The seed is printed; ``YUI_FUZZ_SEED`` repeats a run.
"""

import asyncio
import os
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from billing.runs import operations as runs
from billing.statements.issuing import approve_and_issue
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.factories.api_clients import give_token
from tests.factories.browsers import HOST, running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.programs import found_calculable
from tests.factories.workers import storage_of, storage_settings, work_off
from tests.factories.worlds import NOW, World
from tests.walls.field import app_of
from tests.walls.scorecard import tell

CASES = int(os.environ.get("YUI_FUZZ_CASES", "4"))
SEED = int(os.environ.get("YUI_FUZZ_SEED", str(random.SystemRandom().randrange(10**9))))
FEWEST_CASES = 500
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES = (
    ("280003", Role.PREFECTURE_FINANCE),
    ("280003", Role.PREFECTURE_ADMIN),
    ("283011", Role.TOWN_FINANCE),
    ("283011", Role.TOWN_ADMIN),
    ("281000", Role.CONSULTANT),
)
_REAL_IDS = 3
"""Numbers from 1 to this exist in most tables of the fixture, so that most cases name a record that is there."""


@dataclass
class Target:
    """The application with a run that is approved and one that is computed, and a token per role."""

    app: Any
    tokens: dict[str, str]
    statuses: Counter[int] = field(default_factory=Counter)


@pytest.fixture
async def target(database: ClonedDatabase, world: World, bucket: Any) -> AsyncIterator[Target]:
    """Everything there is to read, so that answers are more than refusals."""
    program, today = await found_calculable(world), NOW.astimezone(JST)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        run_id = await runs.start_run(world.finance, program, "notice", today)
    await work_off(world, storage_of(bucket))
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await runs.submit_run(world.finance, run_id, today)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await approve_and_issue(world.approver, run_id, today)
    await work_off(world, storage_of(bucket))
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await runs.start_run(world.finance, program, "final", today, "人口の確定")
    await work_off(world, storage_of(bucket))
    async with running_app(settings_for(database, **storage_settings(bucket))) as app:
        app_of(app).state.token_rate.per_minute = 100_000_000
        tokens = {f"{role} {code}": await give_token(world.pool, world.context(code, role)) for code, role in ROLES}
        yield Target(app, {**tokens, "nobody": ""})


class TestTheDescription:
    async def test_is_kept_by_every_answer_whatever_is_sent(self, target: Target):
        loop = asyncio.get_running_loop()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=target.app), base_url=HOST) as client:

            def send(request: httpx.Request) -> httpx.Response:
                return asyncio.run_coroutine_threadsafe(client.send(request), loop).result(60)

            await asyncio.to_thread(_fuzz, target, send)
        tell(
            "API fuzz",
            cases=target.statuses.total(),
            faults=sum(number for status, number in target.statuses.items() if status >= 500),
            statuses=dict(sorted(target.statuses.items())),
            seed=SEED,
        )
        assert target.statuses.total() >= FEWEST_CASES
        assert target.statuses[200] + target.statuses[201] + target.statuses[204] > target.statuses.total() / 20


def _fuzz(target: Target, send: Any) -> None:
    document = app_of(target.app).state.api_document
    schema = schemathesis.openapi.from_dict(document)
    chance = random.Random(SEED)  # noqa: S311  (chooses cases, no secrets)
    for result in schema.get_all_operations():
        operation = result.ok()
        allowed = document["paths"][operation.path][operation.method]["x-roles"]
        for who, token in target.tokens.items():
            if who.split()[0] not in allowed:  # refused before anything is read
                _one(operation, GenerationMode.POSITIVE, token, 1, chance, target, send)
                continue
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                _one(operation, mode, token, CASES, chance, target, send)


def _one(
    operation: Any, mode: GenerationMode, token: str, number: int, chance: random.Random, target: Target, send: Any
) -> None:
    @seed(chance.randrange(2**32))
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def probe(case: Any) -> None:
        for name in case.path_parameters or {}:
            if chance.random() < 4 / 5:
                case.path_parameters[name] = "283011" if name.endswith("_code") else str(chance.randint(1, _REAL_IDS))
        headers = {"authorization": f"Bearer {token}"} if token else {}
        if case.method.upper() == "POST" and chance.random() < 0.9:
            headers["idempotency-key"] = uuid.UUID(int=chance.getrandbits(128)).hex
        if case.method.upper() in {"PUT", "DELETE"} and chance.random() < 0.7:
            headers["if-match"] = f'"{chance.randint(1, 3)}"'
        response = send(_request(case, headers))
        target.statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    probe()


def _request(case: Any, headers: dict[str, str]) -> httpx.Request:
    """The case as bytes, with the role's token in place of whatever the generator made up."""
    sent = case.as_transport_kwargs(base_url=HOST)
    sent = {name: sent[name] for name in ("method", "url", "headers", "params", "data", "json") if name in sent}
    prepared = requests.Request(**sent).prepare()
    prepared.headers.pop("authorization", None)
    prepared.headers.update(headers)
    return httpx.Request(prepared.method, prepared.url, headers=dict(prepared.headers), content=prepared.body)
