"""The Celery worker: one event loop and one pool per process, the same door as the web."""

import asyncio
from datetime import datetime
from typing import Any

from celery.schedules import crontab
from celery.signals import worker_process_init, worker_process_shutdown

from billing.disputes import sweeps as disputes
from services.assembly.broker import TASK, create_celery, sender
from services.assembly.expiry import sweep_expired
from services.assembly.modules import load_jobs, load_tables
from services.assembly.settings import file_policy, read_environment
from tenants.audit.seals import sweeps as seals
from tenants.calendar import JST
from tenants.database.pool import create_pool
from tenants.database.transaction import Pool
from tenants.files.policy import follow_policy
from tenants.jobs import outbox, runner
from tenants.jobs.rules import Queue
from tenants.mail.delivery import MailServer
from tenants.mail.rules import DIGEST_HOUR, DIGEST_MINUTE
from tenants.mail.sweeps import send_due, write_digests
from tenants.reviews import sweeps as reviews
from tenants.storage import connect_storage
from tenants.transfers import sweeps as transfers

SWEEP_TASK = "yui.sweep_outbox"
EXPIRY_TASK = "yui.sweep_expired"
MAIL_TASK = "yui.send_mail"
DIGEST_TASK = "yui.write_digests"
HAND_OVER_TASK = "yui.hand_over"
OVERDUE_TASK = "yui.stop_overdue"
SEAL_TASK = "yui.seal_trails"
DISPUTE_TASK = "yui.tell_disputes"
_SWEEP_SECONDS = 5
"""How soon a message that could not be published after its commit is tried again."""
_EXPIRY_HOUR, _EXPIRY_MINUTE = 3, 20
"""Japanese time: nobody works, and nightly dumps, which begin on the hour, are mostly through."""
_MAIL_SECONDS = 10
"""How soon a mail is on its way: nobody waits before the screen for it."""
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
        "send-mail": {
            "task": MAIL_TASK,
            "schedule": _MAIL_SECONDS,
            "options": {"queue": Queue.SLOW.value, "expires": _MAIL_SECONDS},
        },
        "tell-disputes": {
            "task": DISPUTE_TASK,
            "schedule": disputes.TELL_SECONDS,
            "options": {"queue": Queue.SLOW.value, "expires": disputes.TELL_SECONDS},
        },
        "write-digests": {
            "task": DIGEST_TASK,
            "schedule": crontab(hour=DIGEST_HOUR, minute=DIGEST_MINUTE),
            "options": {"queue": Queue.NIGHTLY.value},
        },
        "hand-over": {
            "task": HAND_OVER_TASK,
            "schedule": crontab(minute=f"*/{transfers.HAND_OVER_MINUTES}"),
            "options": {"queue": Queue.SLOW.value},
        },
        "stop-overdue": {
            "task": OVERDUE_TASK,
            "schedule": crontab(hour=reviews.NIGHT_HOUR, minute=reviews.NIGHT_MINUTE),
            "options": {"queue": Queue.NIGHTLY.value},
        },
        "seal-trails": {
            "task": SEAL_TASK,
            "schedule": crontab(hour=seals.NIGHT_HOUR, minute=seals.NIGHT_MINUTE),
            "options": {"queue": Queue.NIGHTLY.value},
        },
    },
)
load_tables()
load_jobs()
follow_policy(file_policy(settings))


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
    tools = runner.Tools(
        here.pool,
        here.send,
        here.storage,
        settings.prefecture_name,
        settings.sample_data,
        settings.public_url.rstrip("/"),
    )
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
    here.runner.run(sweep_expired(here.pool, here.storage, datetime.now(JST)))


@celery_app.task(name=MAIL_TASK)
def send_mail() -> None:
    """Sends the mails that are due; without a mail server they wait, and the notices are on their page."""
    if settings.smtp_host:
        here = _here()
        here.runner.run(send_due(here.pool, _mail_server(), _now))


@celery_app.task(name=DISPUTE_TASK)
def tell_disputes() -> None:
    """Tells the prefecture what members asked and objected."""
    here = _here()
    here.runner.run(disputes.tell_prefecture(here.pool, _now()))


@celery_app.task(name=DIGEST_TASK)
def send_digests() -> None:
    """Puts the daily mails on their way."""
    here = _here()
    here.runner.run(write_digests(here.pool, _now()))


@celery_app.task(name=HAND_OVER_TASK)
def hand_over() -> None:
    """Gives the open work of people who left to their successors, once a transfer has taken effect."""
    here = _here()
    here.runner.run(transfers.hand_over_due(here.pool, _now()))


@celery_app.task(name=OVERDUE_TASK)
def stop_overdue() -> None:
    """Stops the roles nobody decided in a review, the night after its deadline."""
    here = _here()
    here.runner.run(reviews.stop_overdue(here.pool, _now()))


@celery_app.task(name=SEAL_TASK)
def seal_trails() -> None:
    """Seals the days of every trail that are over, and compares the month before with its seals."""
    here = _here()
    here.runner.run(seals.seal_trails(here.pool, here.storage, _now()))


def _now() -> datetime:
    return datetime.now(JST)


def _mail_server() -> MailServer:
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password,
        sender=settings.mail_from,
        public_url=settings.public_url.rstrip("/"),
    )
