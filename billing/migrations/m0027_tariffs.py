"""Lets a cost carry a tariff (料金表): a price list every member pays by, instead of a split."""

from tenants.database.migrating import Migration

_OLD_KINDS = "charge_kind IN ('key', 'member', 'prefecture')"
_KINDS = "charge_kind IN ('key', 'member', 'prefecture', 'tariff')"

MIGRATION = Migration(
    name="0027_tariffs",
    after="0026_grant_steps",
    up=[
        "ALTER TABLE cost ADD COLUMN tariff jsonb",
        f"ALTER TABLE cost DROP CONSTRAINT cost_charge_kind_check, "
        f"ADD CONSTRAINT cost_charge_kind_check CHECK ({_KINDS})",
        "ALTER TABLE cost ADD CONSTRAINT cost_tariff_of_its_kind CHECK ((charge_kind = 'tariff') = (tariff IS NOT NULL))",
    ],
    down=[
        # Without its price list a cost by tariff has no bearer but the prefecture.
        "UPDATE cost SET charge_kind = 'prefecture', tariff = NULL WHERE charge_kind = 'tariff'",
        "ALTER TABLE cost DROP CONSTRAINT cost_tariff_of_its_kind",
        f"ALTER TABLE cost DROP CONSTRAINT cost_charge_kind_check, "
        f"ADD CONSTRAINT cost_charge_kind_check CHECK ({_OLD_KINDS})",
        "ALTER TABLE cost DROP COLUMN tariff",
    ],
)
