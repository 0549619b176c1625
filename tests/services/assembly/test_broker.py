"""Sending a message gives up soon when the broker is away: a request must not stand behind it."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from kombu.exceptions import OperationalError

from services.assembly.broker import create_celery, sender
from tenants.jobs.rules import Queue

PATIENCE_SECONDS = 2
"""What the outbox waits for a send right after a commit."""


@pytest.fixture(params=["closed", "silent"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port nobody listens on, or one where connections are taken and never answered."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        number: int = listener.getsockname()[1]
        if request.param == "closed":
            listener.close()
        else:
            listener.listen()
        yield number


class TestSender:
    @pytest.mark.parametrize("scheme", ["redis", "amqp"])
    def test_raises_before_anybody_loses_patience(self, scheme: str, port: int):
        send = sender(f"{scheme}://127.0.0.1:{port}//")
        for _ in range(2):
            started = time.monotonic()
            with pytest.raises(OperationalError):
                send(1, 2, Queue.QUICK.value)
            assert time.monotonic() - started < PATIENCE_SECONDS

    def test_leaves_a_workers_own_patience_alone(self):
        url = "redis://127.0.0.1:1/0"
        patient, hasty = create_celery(url), create_celery(url, patient=False)
        assert "max_retries" not in patient.conf.broker_transport_options
        assert patient.conf.broker_transport_options["socket_timeout"] == 10
        assert [queue.name for queue in patient.conf.task_queues] == [queue.name for queue in hasty.conf.task_queues]
