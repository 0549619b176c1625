"""The Celery worker: one event loop and one pool per process, the same door as the web."""

import asyncio
from datetime import datetime
from typing import Any

from celery.schedules import crontab
from celery.signals import worker_process_init, worker_process_shutdown

from services.assembly.broker import TASK, create_celery, sender
from services.assembly.expiry import sweep_expired
from services.assembly.modules import load_jobs, load_tables
from services.assembly.settings import read_environment
from tenants.calendar import JST
from tenants.database.pool import create_pool
from tenants.database.transaction import Pool
from tenants.jobs import outbox, runner
from tenants.jobs.rules import Queue
from tenants.storage import connect_storage

SWEEP_TASK = "yui.sweep_outbox"
EXPIRY_TASK = "yui.sweep_expired"
_SWEEP_SECONDS = 5
"""How soon a message that could not be published after its commit is tried again."""
_EXPIRY_HOUR, _EXPIRY_MINUTE = 3, 20
"""Japanese time: nobody works, and nightly dumps, which begin on the hour, are mostly through."""
_LONGEST_JOB_SECONDS = 1_800
"""The outer bound on any job; each job has a shorter limit of its own."""

settings = read_environment()
celery_app = create_celery(settings.broker_url)
celery_app.conf.update(
    task_time_limit=_LONGEST_JOB_SECONDS,
    beat_schedule={
        "sweep-outbox": {
            "task": SWEEP_TASK,
            "schedule": _SWEEP_SECONDS,
            "options": {"queue": Queue.QUICK.value, "expires": _SWEEP_SECONDS},
        },
        "sweep-expired": {
            "task": EXPIRY_TASK,
            "schedule": crontab(hour=_EXPIRY_HOUR, minute=_EXPIRY_MINUTE),
            "options": {"queue": Queue.NIGHTLY.value},
        },
    },
)
load_tables()
load_jobs()


class _Process:
    """What one worker process keeps between jobs."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.pool: Pool = create_pool(settings.database_url, settings.pool_size)
        self.runner.run(self.pool.open())
        self.send = sender(settings.broker_url)
        self.storage = connect_storage(
            settings.s3_endpoint,
            settings.s3_region,
            settings.s3_access_key,
            settings.s3_secret_key,
            settings.s3_bucket,
        )

    def close(self) -> None:
        """Gives back the connections."""
        self.runner.run(self.pool.close())
        self.runner.close()


_process: _Process | None = None


def _here() -> _Process:
    global _process  # noqa: PLW0603  (Celery hands a worker process nothing else to keep things in)
    if _process is None:
        _process = _Process()
    return _process


@worker_process_init.connect
def _start(**_: Any) -> None:
    _here()


@worker_process_shutdown.connect
def _stop(**_: Any) -> None:
    if _process is not None:
        _process.close()


@celery_app.task(name=TASK)
def run_job(*, tenant_id: int, job_id: int) -> None:
    """Runs one job; a message that comes twice finds nothing to do."""
    here = _here()
    tools = runner.Tools(here.pool, here.send, here.storage, settings.prefecture_name, settings.sample_data)
    here.runner.run(runner.run(tools, tenant_id, job_id))


@celery_app.task(name=SWEEP_TASK)
def sweep_outbox() -> None:
    """Re-sends what the outbox still holds."""
    here = _here()
    here.runner.run(outbox.sweep(here.pool, here.send, datetime.now(JST)))


@celery_app.task(name=EXPIRY_TASK)
def forget_what_expired() -> None:
    """Deletes what nobody can ask for any more, once a night."""
    here = _here()
    here.runner.run(sweep_expired(here.pool, datetime.now(JST)))
