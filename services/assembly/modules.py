"""THE list of slices: what is not here does not exist."""

from importlib import import_module

from billing.bases.pages import MODULE as BASES
from billing.costs.pages import MODULE as COSTS
from billing.grants.pages import MODULE as GRANTS
from billing.keys.pages import MODULE as KEYS
from billing.programs.api import HANDLERS as PROGRAMS_API
from billing.programs.pages import MODULE as PROGRAMS
from billing.runs.pages import MODULE as RUNS
from billing.statements.pages import MODULE as STATEMENTS
from tenants.access.links.pages import MODULE as ACCESS_LINKS
from tenants.access.pages import HANDLERS as ACCESS_HANDLERS
from tenants.api.api import HANDLERS as TOKEN_API
from tenants.audit.pages import MODULE as AUDIT
from tenants.directory.pages import MODULE as DIRECTORY
from tenants.jobs.pages import MODULE as JOBS
from tenants.web.home import HANDLERS as HOME_HANDLERS
from tenants.web.modules import Module
from tenants.web.status import HANDLERS as STATUS_HANDLERS

ACCESS = Module(
    name="access",
    handlers=ACCESS_HANDLERS,
    action_labels={
        "sign_in": "サインイン",
        "sign_out": "サインアウト",
        "act_as": "所属の切り替え",
        "register_person": "利用者を登録",
        "give_role": "役割を付与",
        "disable_person": "利用者を停止",
    },
)
API = Module(
    name="api",
    handlers=(*TOKEN_API, *PROGRAMS_API),
    action_labels={"create_api_token": "APIトークンを作成", "revoke_api_token": "APIトークンを失効"},
)
"""Everything pages do, for programs; the slices' own operations answer."""
FRAME = Module(name="frame", handlers=(*HOME_HANDLERS, *STATUS_HANDLERS))

MODULES: tuple[Module, ...] = (
    FRAME,
    ACCESS,
    ACCESS_LINKS,
    PROGRAMS,
    BASES,
    KEYS,
    COSTS,
    GRANTS,
    RUNS,
    STATEMENTS,
    DIRECTORY,
    JOBS,
    AUDIT,
    API,
)
"""In the order of the navigation."""

TABLE_MODULES = (
    "tenants.directory.tables",
    "tenants.access.tables",
    "tenants.second_factor.tables",
    "tenants.api.tables",
    "tenants.audit.tables",
    "tenants.jobs.tables",
    "tenants.mail.tables",
    "billing.programs.tables",
    "billing.bases.tables",
    "billing.keys.tables",
    "billing.costs.tables",
    "billing.grants.tables",
    "billing.runs.tables",
    "billing.statements.tables",
)
"""Where table classes are declared."""

JOB_MODULES: tuple[str, ...] = ("billing.runs.jobs", "billing.statements.jobs")
"""Where jobs are declared."""


def load_tables() -> None:
    """Will import every table class, so that the list of declared tables is complete."""
    for name in TABLE_MODULES:
        import_module(name)


def load_jobs() -> None:
    """Will import every job, so that the worker knows it."""
    for name in JOB_MODULES:
        import_module(name)


def entitlement_labels() -> dict[str, str]:
    """The modules a tenant can be entitled to, by code."""
    return {one.entitlement: one.entitlement_label for one in MODULES if one.entitlement is not None}


def action_labels() -> dict[str, str]:
    """The audit trail's actions in Japanese."""
    return {code: label for one in MODULES for code, label in one.action_labels.items()}
