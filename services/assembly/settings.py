"""Every setting of the product, its meaning and its default; the only reader of the process environment."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from tenants.files.policy import DEFAULT_QUOTA_BYTES, DEFAULT_UPLOAD_BYTES, FilePolicy
from tenants.files.virus import parse_address

PREFIX = "YUI_"
MINIMUM_SECRET_CHARACTERS = 32  # 32 random characters carry at least 128 bits however they are spelt
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


class SettingsError(Exception):
    """The environment does not describe a running product; the message lists every fault, one a line."""


def _setting(
    name: str,
    meaning: str,
    *,
    default: Any = MISSING,
    secret: bool = False,
    least: int = 1,
    most: int = 1_000_000,
) -> Any:
    facts = {"name": name, "meaning": meaning, "secret": secret, "least": least, "most": most}
    return field(default=default, metadata=facts, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one deployment needs to know; made once by :func:`load_settings` and handed down."""

    database_url: str = _setting(
        "YUI_DATABASE_URL",
        "PostgreSQL connection string (postgresql://) of the application's login role `yui_app`, "
        "which owns nothing and inherits nothing.",
        secret=True,
    )
    owner_database_url: str = _setting(
        "YUI_OWNER_DATABASE_URL",
        "Connection string of `yui_owner`, for `yui migrate` only; web and worker processes need none.",
        default="",
        secret=True,
    )
    broker_url: str = _setting(
        "YUI_BROKER_URL",
        "Where jobs are sent: amqp:// or amqps:// (RabbitMQ), redis:// or rediss:// (Valkey).",
        secret=True,
    )
    s3_endpoint: str = _setting(
        "YUI_S3_ENDPOINT",
        "Address of the S3 endpoint; empty means Amazon S3 in the region below.",
        default="",
    )
    s3_bucket: str = _setting("YUI_S3_BUCKET", "Bucket that holds every tenant's files, each under its own prefix.")
    s3_region: str = _setting("YUI_S3_REGION", "Region of the bucket.", default="ap-northeast-1")
    s3_access_key: str = _setting(
        "YUI_S3_ACCESS_KEY", "Access key; empty means the machine's own role.", default="", secret=True
    )
    s3_secret_key: str = _setting(
        "YUI_S3_SECRET_KEY", "Secret key; empty means the machine's own role.", default="", secret=True
    )
    secret_key: str = _setting(
        "YUI_SECRET_KEY",
        f"Signs the sign-in form's token and seals second-factor secrets, recovery codes and kept drafts; at least "
        f"{MINIMUM_SECRET_CHARACTERS} random characters. Changing it keeps sessions, but everybody's second factor "
        "must then be reset.",
        secret=True,
    )
    prefecture_name: str = _setting("YUI_PREFECTURE_NAME", "Name of the prefecture this deployment serves.")
    sample_data: bool = _setting(
        "YUI_SAMPLE_DATA",
        "Whether the data are samples; every page and document then says so.",
        default=False,
    )
    secure_cookies: bool = _setting(
        "YUI_SECURE_COOKIES",
        "Whether TLS stands in front: the session cookie is then `Secure` and named `__Host-…`. "
        "Only a demonstration on one machine may say no.",
        default=True,
    )
    # OWASP ASVS 5.0 section 7.3 asks for both limits; ten hours let one sign-in last a working day.
    session_idle_minutes: int = _setting(
        "YUI_SESSION_IDLE_MINUTES",
        "Minutes without a request after which a session ends.",
        default=30,
        most=1_440,
    )
    session_hours: int = _setting(
        "YUI_SESSION_HOURS",
        "Hours after sign-in after which a session ends in any case.",
        default=10,
        most=24,
    )
    # 8 connections in each of 2 web and 2 worker processes stay far below PostgreSQL's default of 100.
    pool_size: int = _setting("YUI_POOL_SIZE", "Most database connections of one process.", default=8, most=200)
    web_processes: int = _setting("YUI_WEB_PROCESSES", "Web server processes on one machine.", default=2, most=64)
    worker_processes: int = _setting("YUI_WORKER_PROCESSES", "Job processes of one worker.", default=2, most=64)
    upload_max_bytes: int = _setting(
        "YUI_UPLOAD_MAX_BYTES",
        "Largest file a person may send, in bytes.",
        default=DEFAULT_UPLOAD_BYTES,
        least=1_024,
        most=512 * 1024 * 1024,
    )
    tenant_quota_bytes: int = _setting(
        "YUI_TENANT_QUOTA_BYTES",
        "How much one organisation may store, in bytes, unless its own limit says otherwise.",
        default=DEFAULT_QUOTA_BYTES,
        least=1024 * 1024,
        most=10 * 1024**4,
    )
    clamd_address: str = _setting(
        "YUI_CLAMD_ADDRESS",
        "Where clamd looks at uploads: tcp://host:port or unix:///path. While it does not answer nothing is taken. "
        "Empty takes uploads unlooked at, and /status says so.",
        default="",
    )
    public_url: str = _setting(
        "YUI_PUBLIC_URL",
        "Where people reach the product (https://…, without a slash at the end); stands in mails and on papers. Empty "
        "leaves addresses out of them.",
        default="",
    )
    smtp_host: str = _setting(
        "YUI_SMTP_HOST", "Mail server; empty means no mail is sent, and notices wait on their page.", default=""
    )
    smtp_port: int = _setting("YUI_SMTP_PORT", "Port of the mail server.", default=587, most=65_535)
    smtp_security: str = _setting(
        "YUI_SMTP_SECURITY", "`tls`, `starttls` or, for a server on this machine, `none`.", default="starttls"
    )
    smtp_user: str = _setting("YUI_SMTP_USER", "User at the mail server; empty means none is asked for.", default="")
    smtp_password: str = _setting("YUI_SMTP_PASSWORD", "Password at the mail server.", default="", secret=True)
    mail_from: str = _setting("YUI_MAIL_FROM", "Address mails come from; required with a mail server.", default="")
    log_level: str = _setting(
        "YUI_LOG_LEVEL",
        "DEBUG, INFO, WARNING or ERROR; logs never hold secrets at any level.",
        default="INFO",
    )


def load_settings(environ: Mapping[str, str]) -> Settings:
    """This will read every ``YUI_…`` variable of ``environ``, or raise SettingsError with every fault."""
    known = {entry.metadata["name"]: entry for entry in fields(Settings)}
    faults = [
        f"{name} is not a setting of this product (see docs/reference/settings.md)."
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known
    ]
    values: dict[str, Any] = {}
    for name, entry in known.items():
        text = environ.get(name, "").strip()
        if not text:
            if entry.default is MISSING:
                faults.append(f"{name} is missing: {entry.metadata['meaning']}")
            continue
        try:
            values[entry.name] = _parse(entry, text)
        except ValueError as error:
            faults.append(f"{name} {error}")
    if not faults:
        settings = Settings(**values)
        faults = _contradictions(settings)
        if not faults:
            return settings
    raise SettingsError("\n".join(faults))


def read_environment() -> Settings:
    """The settings of this process, from its environment; raises SettingsError."""
    return load_settings(os.environ)


def file_policy(settings: Settings) -> FilePolicy:
    """What a process of this deployment allows of files."""
    return FilePolicy(settings.tenant_quota_bytes, settings.clamd_address, settings.upload_max_bytes)


def child_environment(additions: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child process: ours, with ``additions`` taking precedence."""
    return {**os.environ, **additions}


def settings_reference() -> str:
    """The page docs/reference/settings.md: one row for each setting, in the order of the class."""
    rows = [
        f"| `{entry.metadata['name']}` | {_default_text(entry)} | "
        f"{'yes' if entry.metadata['secret'] else 'no'} | {entry.metadata['meaning']} |"
        for entry in fields(Settings)
    ]
    head = [
        "# Settings",
        "",
        "Read once from the environment when a process starts. A variable that begins with `YUI_` and is not "
        "listed here is refused, so that a misspelt name cannot go unnoticed. Secrets belong in a secret "
        "store, never in a file under version control.",
        "",
        "| name | default | secret | meaning |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def _parse(entry: "Field[Any]", text: str) -> Any:
    if entry.type is bool:
        return _parse_switch(text)
    if entry.type is int:
        least, most = entry.metadata["least"], entry.metadata["most"]
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}, not {text!r}.")
        return int(text)
    return text


def _parse_switch(text: str) -> bool:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise ValueError(f"must be yes or no, not {text!r}.")


def _contradictions(settings: Settings) -> list[str]:
    """Faults of form; values of secrets are never repeated in a message."""
    faults = []
    if not settings.database_url.startswith("postgresql://"):
        faults.append("YUI_DATABASE_URL must begin with postgresql://.")
    if settings.owner_database_url and not settings.owner_database_url.startswith("postgresql://"):
        faults.append("YUI_OWNER_DATABASE_URL must begin with postgresql://.")
    if not settings.broker_url.startswith(("redis://", "rediss://", "amqp://", "amqps://")):
        faults.append("YUI_BROKER_URL must begin with amqp://, amqps://, redis:// or rediss://.")
    if len(settings.secret_key) < MINIMUM_SECRET_CHARACTERS:
        faults.append(f"YUI_SECRET_KEY must have at least {MINIMUM_SECRET_CHARACTERS} characters.")
    if bool(settings.s3_access_key) != bool(settings.s3_secret_key):
        faults.append("YUI_S3_ACCESS_KEY and YUI_S3_SECRET_KEY must be set together or not at all.")
    if settings.smtp_security not in {"tls", "starttls", "none"}:
        faults.append(f"YUI_SMTP_SECURITY must be tls, starttls or none, not {settings.smtp_security!r}.")
    if settings.smtp_host and "@" not in settings.mail_from:
        faults.append("YUI_MAIL_FROM must be an address when YUI_SMTP_HOST is set.")
    if settings.public_url and not settings.public_url.startswith(("http://", "https://")):
        faults.append("YUI_PUBLIC_URL must begin with https:// or http://.")
    if settings.clamd_address:
        try:
            parse_address(settings.clamd_address)
        except ValueError as error:
            faults.append(f"YUI_CLAMD_ADDRESS {error}")
    if settings.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        faults.append(f"YUI_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {settings.log_level!r}.")
    return faults


def _default_text(entry: "Field[Any]") -> str:
    if entry.default is MISSING:
        return "required"
    if isinstance(entry.default, bool):
        return "`yes`" if entry.default else "`no`"
    return f"`{entry.default}`" if entry.default != "" else "empty"
