"""Migrations of the billing floor, in order."""

from billing.migrations import (
    m0005_programs,
    m0006_runs,
    m0008_posted_costs,
    m0021_published_shares,
    m0022_run_decisions,
    m0023_notice_settings,
    m0025_issued_marks,
    m0026_grant_steps,
    m0027_tariffs,
    m0028_basis_register,
    m0029_grant_lines,
    m0030_disputes,
    m0031_notices,
    m0032_years,
    m0033_tax_returns,
    m0034_payments,
)

MIGRATIONS = (
    m0005_programs.MIGRATION,
    m0006_runs.MIGRATION,
    m0008_posted_costs.MIGRATION,
    m0021_published_shares.MIGRATION,
    m0022_run_decisions.MIGRATION,
    m0023_notice_settings.MIGRATION,
    m0025_issued_marks.MIGRATION,
    m0026_grant_steps.MIGRATION,
    m0027_tariffs.MIGRATION,
    m0028_basis_register.MIGRATION,
    m0029_grant_lines.MIGRATION,
    m0030_disputes.MIGRATION,
    m0031_notices.MIGRATION,
    m0032_years.MIGRATION,
    m0033_tax_returns.MIGRATION,
    m0034_payments.MIGRATION,
)
