"""Tables of jobs: the job a person sees, its outbox row, its done-keys; answers to requests."""

from piccolo.columns import JSONB, BigInt, Integer, Text, Timestamptz

from tenants.database.tables import TenantTable


class Job(TenantTable, tablename="job", town="SIU", prefecture="siu", jobs="SUD", audited=False):
    """One piece of background work; the act that asked for it is in the trail."""

    parent_id = BigInt(null=True, default=None)
    name = Text()
    title = Text()
    queue = Text()
    arguments = JSONB()
    state = Text()
    done_count = Integer()
    total_count = Integer()
    message = Text()
    error_message = Text()
    result_url = Text()
    result_label = Text()
    result_expires_at = Timestamptz(null=True, default=None)
    person_id = BigInt()
    person_name = Text()
    role = Text()
    request_id = Text()
    attempts = Integer()
    lease_until = Timestamptz(null=True, default=None)
    created_at = Timestamptz()
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    cancel_requested_at = Timestamptz(null=True, default=None)


class Outbox(TenantTable, tablename="outbox", town="SI", prefecture="si", jobs="SIUD", audited=False):
    """A message that must reach the broker; gone once a worker has claimed the job."""

    job_id = BigInt()
    queue = Text()
    available_at = Timestamptz()
    sent_at = Timestamptz(null=True, default=None)


class DoneKey(TenantTable, tablename="done_key", town="SI", prefecture="si", jobs="SD", audited=False):
    """Says that a piece of a job is done; unique, in the transaction that did it: exactly once."""

    key = Text()
    job_id = BigInt()
    done_at = Timestamptz()


class AnsweredRequest(
    TenantTable,
    tablename="answered_request",
    town="SIU",
    prefecture="siu",
    consultant="SIU",
    crew="SIU",
    jobs="SD",
    audited=False,
):
    """The answer to a request with an idempotency key, so that sending it again gives the same answer."""

    person_id = BigInt()
    key = Text()
    request_sha256 = Text()
    status = Integer(null=True, default=None)
    location = Text()
    content_type = Text()
    body = Text()
    etag = Text()
    answered_at = Timestamptz()
