"""Counts checks of papers like other attempts, so that nobody tries codes without end."""

from tenants.database.migrating import Migration

_KNOWN = "ALTER TABLE attempt_count ADD CONSTRAINT attempt_kind_is_known CHECK (kind IN ({}))"
_DROP = "ALTER TABLE attempt_count DROP CONSTRAINT attempt_kind_is_known"

MIGRATION = Migration(
    name="0024_checked_papers",
    after="0023_notice_settings",
    up=[_DROP, _KNOWN.format("'password', 'second_factor', 'town', 'paper'")],
    down=[
        "DELETE FROM attempt_count WHERE kind = 'paper'",
        _DROP,
        _KNOWN.format("'password', 'second_factor', 'town'"),
    ],
)
