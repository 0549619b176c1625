"""How a message reaches the broker: the envelope is two numbers, JSON only, no result backend."""

from functools import cache

from celery import Celery
from kombu import Queue as KombuQueue

from tenants.jobs.outbox import Send
from tenants.jobs.rules import RESEND_AFTER, Queue

TASK = "yui.run_job"
"""The one Celery task; which job it is stands in the job's row, not in the message."""
_PUBLISH_SECONDS = 2
"""A broker that does not answer in this time is away; the outbox keeps the message."""


@cache
def create_celery(broker_url: str) -> Celery:
    """The Celery application: late acknowledgement, one message at a time, JSON only, no results kept."""
    durable = broker_url.startswith("amqp")
    celery = Celery("yui", broker=broker_url)
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
        task_default_queue=Queue.QUICK.value,
        # RabbitMQ keeps messages in quorum queues; Valkey has only its own lists.
        task_queues=[
            KombuQueue(queue.value, queue_arguments={"x-queue-type": "quorum"} if durable else None) for queue in Queue
        ],
        broker_transport_options={
            "socket_connect_timeout": _PUBLISH_SECONDS,
            "socket_timeout": _PUBLISH_SECONDS * 5,
            # Valkey gives an unacknowledged message to another worker after this; the job row decides who may run it.
            "visibility_timeout": int(RESEND_AFTER.total_seconds()) * 10,
        }
        if not durable
        else {"confirm_publish": True},
        enable_utc=True,
        timezone="Asia/Tokyo",
    )
    return celery


def sender(broker_url: str) -> Send:
    """The function that publishes one job; raises when the broker does not take it."""

    def send(tenant_id: int, job_id: int, queue: str) -> None:
        create_celery(broker_url).send_task(
            TASK, kwargs={"tenant_id": tenant_id, "job_id": job_id}, queue=queue, retry=False
        )

    return send
