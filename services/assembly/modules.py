"""THE list of slices: what is not here does not exist."""

from importlib import import_module

from billing.bases.pages import MODULE as BASES
from billing.bases.readings.pages import MODULE as READINGS
from billing.bases.register.pages import MODULE as BASIS_REGISTER
from billing.costs.pages import MODULE as COSTS
from billing.disputes.pages import MODULE as DISPUTES
from billing.grant_procedures.claims.pages import MODULE as GRANT_CLAIMS
from billing.grant_procedures.guards.pages import MODULE as GRANT_GUARDS
from billing.grant_procedures.lines.pages import MODULE as GRANT_LINES
from billing.grant_procedures.steps.pages import MODULE as GRANT_STEPS
from billing.grant_procedures.tax_returns.pages import MODULE as TAX_RETURNS
from billing.grants.pages import MODULE as GRANTS
from billing.keys.pages import MODULE as KEYS
from billing.notices.pages import MODULE as NOTICES
from billing.notices.settings.pages import MODULE as NOTICE_SETTINGS
from billing.notices.verification.pages import MODULE as VERIFICATION
from billing.payments.pages import MODULE as PAYMENTS
from billing.programs.pages import MODULE as PROGRAMS
from billing.runs.decisions.pages import MODULE as RUN_DECISIONS
from billing.runs.pages import MODULE as RUNS
from billing.scenarios.pages import MODULE as SCENARIOS
from billing.statements.pages import MODULE as STATEMENTS
from billing.statements.why.pages import MODULE as WHY
from billing.years.calendar.pages import MODULE as YEARS_CALENDAR
from billing.years.leaving.pages import MODULE as YEARS_LEAVING
from services.assembly.interface import API
from tenants.access.links.pages import MODULE as ACCESS_LINKS
from tenants.access.own_account.pages import MODULE as OWN_ACCOUNT
from tenants.access.resets.pages import MODULE as ACCESS_RESETS
from tenants.access.signing_in.pages import MODULE as ACCESS
from tenants.api.pages import MODULE as API_TOKENS
from tenants.audit.labels import learn_labels
from tenants.audit.pages import MODULE as AUDIT
from tenants.audit.seals.pages import MODULE as AUDIT_SEALS
from tenants.directory.pages import MODULE as DIRECTORY
from tenants.files.letterhead.pages import MODULE as LETTERHEAD
from tenants.files.pages import MODULE as FILES
from tenants.imports.pages import MODULE as IMPORTS
from tenants.imports.rules import register_kinds
from tenants.jobs.pages import MODULE as JOBS
from tenants.lists.pages import MODULE as LISTS
from tenants.mail.pages import MODULE as MAIL
from tenants.people.pages import MODULE as PEOPLE
from tenants.reviews.pages import MODULE as REVIEWS
from tenants.second_factor.pages import MODULE as SECOND_FACTOR
from tenants.support.pages import MODULE as SUPPORT
from tenants.transfers.handing_over import register_handovers
from tenants.transfers.pages import MODULE as TRANSFERS
from tenants.web.home import HANDLERS as HOME_HANDLERS
from tenants.web.modules import Module
from tenants.web.status import HANDLERS as STATUS_HANDLERS

FRAME = Module(name="frame", handlers=(*HOME_HANDLERS, *STATUS_HANDLERS))

MODULES: tuple[Module, ...] = (
    FRAME,
    ACCESS,
    ACCESS_LINKS,
    OWN_ACCOUNT,
    SECOND_FACTOR,
    PROGRAMS,
    BASES,
    BASIS_REGISTER,
    READINGS,
    KEYS,
    COSTS,
    GRANTS,
    GRANT_STEPS,
    GRANT_LINES,
    GRANT_GUARDS,
    TAX_RETURNS,
    GRANT_CLAIMS,
    RUNS,
    RUN_DECISIONS,
    YEARS_CALENDAR,
    YEARS_LEAVING,
    SCENARIOS,
    STATEMENTS,
    DISPUTES,
    NOTICE_SETTINGS,
    NOTICES,
    VERIFICATION,
    WHY,
    PAYMENTS,
    DIRECTORY,
    PEOPLE,
    TRANSFERS,
    REVIEWS,
    IMPORTS,
    JOBS,
    FILES,
    LETTERHEAD,
    MAIL,
    ACCESS_RESETS,
    LISTS,
    AUDIT,
    AUDIT_SEALS,
    SUPPORT,
    API_TOKENS,
    API,
)
"""In the order of the navigation."""
register_handovers(handover for one in MODULES for handover in one.handovers)
register_kinds([kind for one in MODULES for kind in one.imports])

TABLE_MODULES = (
    "tenants.directory.tables",
    "tenants.access.tables",
    "tenants.second_factor.tables",
    "tenants.api.tables",
    "tenants.audit.tables",
    "tenants.audit.seals.tables",
    "tenants.jobs.tables",
    "tenants.lists.tables",
    "tenants.files.tables",
    "tenants.files.letterhead.tables",
    "tenants.imports.tables",
    "tenants.mail.tables",
    "tenants.people.tables",
    "tenants.transfers.tables",
    "tenants.reviews.tables",
    "tenants.support.tables",
    "billing.programs.tables",
    "billing.bases.tables",
    "billing.bases.readings.tables",
    "billing.bases.register.tables",
    "billing.keys.tables",
    "billing.costs.tables",
    "billing.grants.tables",
    "billing.grant_procedures.steps.tables",
    "billing.grant_procedures.lines.tables",
    "billing.grant_procedures.guards.tables",
    "billing.grant_procedures.tax_returns.tables",
    "billing.runs.tables",
    "billing.runs.decisions.tables",
    "billing.scenarios.tables",
    "billing.statements.tables",
    "billing.payments.tables",
    "billing.disputes.tables",
    "billing.notices.tables",
    "billing.notices.settings.tables",
    "billing.notices.verification.tables",
    "billing.years.calendar.tables",
    "billing.years.stages.tables",
    "billing.years.leaving.tables",
)
"""Where table classes are declared."""

JOB_MODULES: tuple[str, ...] = (
    "billing.runs.jobs",
    "billing.statements.jobs",
    "billing.notices.jobs",
    "tenants.imports.jobs",
    "tenants.lists.jobs",
    "tenants.transfers.jobs",
    "tenants.reviews.jobs",
)
"""Where jobs are declared."""


def load_tables() -> None:
    """Will import every table class, so that the list of declared tables is complete."""
    for name in TABLE_MODULES:
        import_module(name)


def load_jobs() -> None:
    """Will import every job, so that the worker knows it, and teach the trail its words."""
    learn_labels(action_labels())
    for name in JOB_MODULES:
        import_module(name)


def entitlement_labels() -> dict[str, str]:
    """The modules a tenant can be entitled to, by code."""
    return {one.entitlement: one.entitlement_label for one in MODULES if one.entitlement is not None}


def action_labels() -> dict[str, str]:
    """The audit trail's actions in Japanese."""
    return {code: label for one in MODULES for code, label in one.action_labels.items()}
