"""A real storage for files."""

from collections.abc import Iterator

import pytest

from tenants.files.policy import FilePolicy, follow_policy


@pytest.fixture(autouse=True)
def usual_policy() -> Iterator[None]:
    """Every test begins and ends with what a deployment without settings of its own allows."""
    follow_policy(FilePolicy())
    yield
    follow_policy(FilePolicy())
