"""How the server's process is set up beside its routes."""

import gc
from collections.abc import Iterator

import pytest

from services.assembly.app import _settle_memory


@pytest.fixture
def collector() -> Iterator[None]:
    """The interpreter's collector, put back as it was."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_lives_as_long_as_the_process_is_looked_through_no_more(collector):
    youngest = gc.get_threshold()[0]
    _settle_memory()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] > youngest
