"""Lets a program publish its apportionment to its members (按分表を構成団体に公開), and freezes that with every run."""

from tenants.database.migrating import Migration

MIGRATION = Migration(
    name="0021_published_shares",
    after="0020_exports_are_files",
    up=[
        "ALTER TABLE program ADD COLUMN shares_published boolean NOT NULL DEFAULT false",
        "ALTER TABLE run ADD COLUMN shares_published boolean NOT NULL DEFAULT false",
        # What a member was going to see when the run was made is what it sees when the run is approved.
        """
        CREATE FUNCTION keep_run_published() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.shares_published <> OLD.shares_published THEN
            RAISE EXCEPTION 'a run is frozen' USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN NEW;
        END $$
        """,
        "CREATE TRIGGER run_stays_as_published BEFORE UPDATE ON run FOR EACH ROW EXECUTE FUNCTION keep_run_published()",
    ],
    down=[
        "DROP TRIGGER run_stays_as_published ON run",
        "DROP FUNCTION keep_run_published()",
        "ALTER TABLE run DROP COLUMN shares_published",
        "ALTER TABLE program DROP COLUMN shares_published",
    ],
)
