"""Lets a charge of 0 yen say that only the day of an instalment moved."""

from tenants.database.migrating import Migration

_DROP = "ALTER TABLE levy DROP CONSTRAINT levy_is_something"
_ADD = "ALTER TABLE levy ADD CONSTRAINT levy_is_something CHECK ({})"

MIGRATION = Migration(
    name="0036_moved_days",
    after="0035_scenarios",
    up=[_DROP, _ADD.format("amount_yen <> 0 OR due_date IS NOT NULL")],
    # A day that moved without yen cannot be said any more; only tests and a decommissioned cell go this way.
    down=[
        "ALTER TABLE levy DISABLE TRIGGER levy_is_kept",
        "DELETE FROM levy WHERE amount_yen = 0",
        "ALTER TABLE levy ENABLE TRIGGER levy_is_kept",
        _DROP,
        _ADD.format("amount_yen <> 0"),
    ],
)
