"""Migrations of the ground floor, in order."""

from tenants.migrations import (
    m0001_roles,
    m0002_directory_and_access,
    m0003_audit,
    m0004_jobs_and_files,
    m0007_expiry,
    m0009_api,
    m0010_sign_in,
    m0011_mail,
    m0012_people,
    m0013_support,
    m0014_transfers_and_reviews,
    m0015_lists,
    m0016_files,
    m0017_imports,
    m0018_trail_seals,
    m0019_trail_by_role,
)

MIGRATIONS = (
    m0001_roles.MIGRATION,
    m0002_directory_and_access.MIGRATION,
    m0003_audit.MIGRATION,
    m0004_jobs_and_files.MIGRATION,
    m0007_expiry.MIGRATION,
    m0009_api.MIGRATION,
    m0010_sign_in.MIGRATION,
    m0011_mail.MIGRATION,
    m0012_people.MIGRATION,
    m0013_support.MIGRATION,
    m0014_transfers_and_reviews.MIGRATION,
    m0015_lists.MIGRATION,
    m0016_files.MIGRATION,
    m0017_imports.MIGRATION,
    m0018_trail_seals.MIGRATION,
    m0019_trail_by_role.MIGRATION,
)
