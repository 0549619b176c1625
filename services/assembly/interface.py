"""Everything pages do, for programs: the handlers of the API, from every slice that has some."""

from billing.bases.api import HANDLERS as BASES
from billing.bases.readings.api import HANDLERS as READINGS
from billing.bases.register.api import HANDLERS as BASIS_REGISTER
from billing.costs.api import HANDLERS as COSTS
from billing.disputes.api import HANDLERS as DISPUTES
from billing.grant_procedures.claims.api import HANDLERS as GRANT_CLAIMS
from billing.grant_procedures.guards.api import HANDLERS as GRANT_GUARDS
from billing.grant_procedures.lines.api import HANDLERS as GRANT_LINES
from billing.grant_procedures.steps.api import HANDLERS as GRANT_STEPS
from billing.grant_procedures.tax_returns.api import HANDLERS as TAX_RETURNS
from billing.grants.api import HANDLERS as GRANTS
from billing.keys.api import HANDLERS as KEYS
from billing.notices.api import HANDLERS as NOTICES
from billing.payments.api import HANDLERS as PAYMENTS
from billing.programs.api import HANDLERS as PROGRAMS
from billing.runs.api import HANDLERS as RUNS
from billing.runs.decisions.api import HANDLERS as RUN_DECISIONS
from billing.scenarios.api import HANDLERS as SCENARIOS
from billing.statements.api import HANDLERS as STATEMENTS
from billing.statements.why.api import HANDLERS as WHY
from billing.years.calendar.api import HANDLERS as YEARS_CALENDAR
from billing.years.changes.api import HANDLERS as YEARS_CHANGES
from billing.years.leaving.api import HANDLERS as YEARS_LEAVING
from tenants.api.api import HANDLERS as TOKEN
from tenants.audit.api import HANDLERS as AUDIT
from tenants.directory.api import HANDLERS as DIRECTORY
from tenants.jobs.api import HANDLERS as JOBS
from tenants.web.modules import Module

API = Module(
    name="api",
    handlers=(
        *TOKEN,
        *PROGRAMS,
        *BASES,
        *BASIS_REGISTER,
        *READINGS,
        *KEYS,
        *COSTS,
        *GRANTS,
        *GRANT_STEPS,
        *GRANT_LINES,
        *GRANT_GUARDS,
        *TAX_RETURNS,
        *GRANT_CLAIMS,
        *RUNS,
        *RUN_DECISIONS,
        *YEARS_CALENDAR,
        *YEARS_LEAVING,
        *YEARS_CHANGES,
        *SCENARIOS,
        *STATEMENTS,
        *WHY,
        *PAYMENTS,
        *DISPUTES,
        *NOTICES,
        *DIRECTORY,
        *JOBS,
        *AUDIT,
    ),
)
"""In the order in which a token's verbs are offered."""
