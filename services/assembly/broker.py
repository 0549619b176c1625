"""How a message reaches the broker: the envelope is two numbers, JSON only, no result backend."""

from functools import cache
from typing import Any

from celery import Celery
from kombu import Queue as KombuQueue

from tenants.jobs.outbox import Send
from tenants.jobs.rules import RESEND_AFTER, Queue

TASK = "yui.run_job"
"""The one Celery task; which job it is stands in the job's row, not in the message."""
_CONNECT_SECONDS = 2
"""A worker takes a broker that does not answer in this time for away and tries again."""
_PUBLISH_SECONDS = 1
"""Whoever sends a message waits no longer than this for the broker, and asks once: the outbox keeps the message, and a
request or a sweep must not stand behind a broker that is away."""


@cache
def create_celery(broker_url: str, *, patient: bool = True) -> Celery:
    """The Celery application: late acknowledgement, one message at a time, JSON only, no results kept.

    A worker is ``patient`` with its broker; whoever only sends is not.
    """
    durable = broker_url.startswith("amqp")
    celery = Celery("yui", broker=broker_url, set_as_current=patient)
    celery.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        result_backend=None,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=_CONNECT_SECONDS if patient else _PUBLISH_SECONDS,
        task_default_queue=Queue.QUICK.value,
        # RabbitMQ keeps messages in quorum queues; Valkey has only its own lists.
        task_queues=[
            KombuQueue(queue.value, queue_arguments={"x-queue-type": "quorum"} if durable else None) for queue in Queue
        ],
        broker_transport_options={
            **(_rabbitmq(patient=patient) if durable else _valkey(patient=patient)),
            **({} if patient else _ONE_TRY),
        },
        enable_utc=True,
        timezone="Asia/Tokyo",
    )
    return celery


_ONE_TRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
"""Without these a client of a broker that is away tries again for six seconds and more."""


def _rabbitmq(*, patient: bool) -> dict[str, Any]:
    waits = {} if patient else {"read_timeout": _PUBLISH_SECONDS, "write_timeout": _PUBLISH_SECONDS}
    return {"confirm_publish": True, **waits}


def _valkey(*, patient: bool) -> dict[str, Any]:
    return {
        "socket_connect_timeout": _CONNECT_SECONDS if patient else _PUBLISH_SECONDS,
        # A worker's reads block while it waits for messages, so it needs more time than it takes to connect.
        "socket_timeout": _CONNECT_SECONDS * 5 if patient else _PUBLISH_SECONDS,
        # Valkey gives an unacknowledged message to another worker after this; the job row decides who may run it.
        "visibility_timeout": int(RESEND_AFTER.total_seconds()) * 10,
    }


def sender(broker_url: str) -> Send:
    """The function that publishes one job; raises soon when the broker does not take it."""

    def send(tenant_id: int, job_id: int, queue: str) -> None:
        create_celery(broker_url, patient=False).send_task(
            TASK, kwargs={"tenant_id": tenant_id, "job_id": job_id}, queue=queue, retry=False
        )

    return send
