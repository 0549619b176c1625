"""One kind of job whose work a test gives, and a worker's tools."""

from collections.abc import Callable
from typing import Any

import pytest

from tenants.jobs import runner
from tenants.jobs.rules import Queue
from tenants.jobs.runner import JobDefinition, JobHandle, Tools
from tests.factories.worlds import World
from tests.tenants.jobs.asking import NAME, Declared


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Declared:
    """Lets a test say what its one kind of job does."""

    def declare(work: Callable[[JobHandle], Any], time_limit_seconds: int = 5) -> None:
        monkeypatch.setitem(runner._DEFINITIONS, NAME, JobDefinition(NAME, Queue.QUICK, time_limit_seconds, work))

    return declare


@pytest.fixture
def tools(world: World) -> Tools:
    """A worker's tools whose broker takes everything."""
    return Tools(world.pool, lambda *_: None, None, "兵庫県", sample_data=True)  # type: ignore[arg-type]
