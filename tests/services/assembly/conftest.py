"""One set of embedded services for all tests of the assembly; they share it through ``embedded``."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.assembly.embedded import Addresses, EmbeddedServices


@dataclass(frozen=True)
class Embedded:
    data_dir: Path
    services: EmbeddedServices
    addresses: Addresses


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    data_dir = tmp_path_factory.mktemp("embedded")
    services = EmbeddedServices(data_dir, durable=False)
    addresses = services.start()
    yield Embedded(data_dir, services, addresses)
    services.stop()


@pytest.fixture
def environment() -> dict[str, str]:
    """The smallest environment that describes a running product."""
    return {
        "YUI_DATABASE_URL": "postgresql://yui_app:p@db/yui",
        "YUI_BROKER_URL": "amqp://mq",
        "YUI_S3_BUCKET": "yui",
        "YUI_SECRET_KEY": "k" * 32,
        "YUI_PREFECTURE_NAME": "兵庫県",
    }
