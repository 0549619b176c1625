"""Remembers what was posted of a cost, so that an edit on a page does not turn an honest repetition into a conflict."""

from tenants.database.migrating import Migration

MIGRATION = Migration(
    name="0008_posted_costs",
    after="0007_expiry",
    up=[
        # Costs posted before this step have none: what they say now is all that is known of what was posted.
        "ALTER TABLE cost ADD COLUMN posted_sha256 text "
        "CONSTRAINT cost_posted_fingerprint CHECK (posted_sha256 ~ '^[0-9a-f]{64}$')",
    ],
    down=["ALTER TABLE cost DROP COLUMN posted_sha256"],
)
