"""The catalog lint: silent on the product's database, and naming every defect that is planted."""

from collections.abc import Iterator

import psycopg
import pytest
from piccolo.columns import Text

from services.assembly.migrations import migrate_all
from tenants.database.lint.catalog import faults
from tenants.database.lint.faults import CatalogError, Fault
from tenants.database.tables import DECLARED, PrefectureTable
from tests.factories.databases import ClonedDatabase
from tests.walls.scorecard import tell


@pytest.fixture
def catalog(empty_database: ClonedDatabase) -> Iterator[psycopg.Connection]:
    """A superuser's connection to a clone, for defects that are taken back."""
    with psycopg.connect(empty_database.superuser, autocommit=True) as connection:
        yield connection


_OTHER_TENANT = "(SELECT current_setting('app.tenant_id')::tenant_ref)"
PLANTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("rls-off", "job", ("ALTER TABLE job DISABLE ROW LEVEL SECURITY",)),
    ("rls-not-forced", "cost", ("ALTER TABLE cost NO FORCE ROW LEVEL SECURITY",)),
    ("policy-missing", "job", ("DROP POLICY job_town_update ON job",)),
    ("policy-undeclared", "statement.more", ("CREATE POLICY more ON statement FOR UPDATE TO yui_town USING (true)",)),
    ("policy-undeclared", "job.again", ("CREATE POLICY again ON job FOR SELECT TO yui_town USING (true)",)),
    ("policy-undeclared", "job.everyone", ("CREATE POLICY everyone ON job FOR SELECT USING (true)",)),
    (
        "policy-differs",
        "statement.statement_town_select",
        (
            "ALTER POLICY statement_town_select ON statement "
            "USING (tenant_id = (SELECT current_setting('app.tenant_id', true)::tenant_ref))",
        ),
    ),
    ("policy-differs", "job.job_town_update", ("ALTER POLICY job_town_update ON job WITH CHECK (true)",)),
    (
        "policy-differs",
        "job.job_town_select",
        (f"ALTER POLICY job_town_select ON job USING (tenant_id >= {_OTHER_TENANT})",),
    ),
    ("grant-undeclared", "statement", ("GRANT ALL ON statement TO yui_town",)),
    ("grant-undeclared", "run", ("GRANT SELECT ON run TO PUBLIC",)),
    ("grant-undeclared", "run", ("GRANT TRUNCATE ON run TO yui_prefecture",)),
    ("grant-undeclared", "job", ("GRANT SELECT ON job TO yui_town WITH GRANT OPTION",)),
    ("grant-undeclared", "person.email", ("GRANT SELECT (email) ON person TO yui_town",)),
    ("grant-undeclared", "job", ("GRANT SELECT ON job TO yui_app",)),
    ("grant-undeclared", "migration", ("GRANT SELECT ON migration TO yui_town",)),
    ("grant-missing", "outbox", ("REVOKE INSERT ON outbox FROM yui_town",)),
    ("sequence-granted", "job_id_seq", ("GRANT USAGE ON SEQUENCE job_id_seq TO yui_town",)),
    ("undeclared-table", "extra", ("CREATE TABLE extra (tenant_id integer)",)),
    ("undeclared-table", "elsewhere.extra", ("CREATE SCHEMA elsewhere", "CREATE TABLE elsewhere.extra (a integer)")),
    ("missing-table", "statement", ("ALTER TABLE statement RENAME TO statement_of_old",)),
    ("table-not-durable", "outbox", ("ALTER TABLE outbox SET UNLOGGED",)),
    (
        "partition-leaf",
        "leaf",
        (
            "CREATE TABLE parted (tenant_id integer) PARTITION BY LIST (tenant_id)",
            "CREATE TABLE leaf PARTITION OF parted FOR VALUES IN (1)",
        ),
    ),
    ("view-without-invoker", "seen", ("CREATE VIEW seen AS SELECT * FROM job",)),
    ("no-such-kind", "kept", ("CREATE MATERIALIZED VIEW kept AS SELECT * FROM job",)),
    (
        "definer-function",
        "peek()",
        ("CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM job'",),
    ),
    ("function-granted", "refuse_change()", ("GRANT EXECUTE ON FUNCTION refuse_change() TO yui_town",)),
    ("rewrite-rule", "audit_event", ("CREATE RULE silent AS ON INSERT TO audit_event DO INSTEAD NOTHING",)),
    ("trigger-asleep", "audit_event", ("ALTER TABLE audit_event DISABLE TRIGGER audit_event_is_append_only",)),
    (
        "default-privilege",
        "yui_owner",
        ("ALTER DEFAULT PRIVILEGES FOR ROLE yui_owner GRANT SELECT ON TABLES TO yui_town",),
    ),
    ("prefecture-check-missing", "run", ("ALTER TABLE run DROP CONSTRAINT run_is_the_prefectures",)),
    (
        "constraint-not-validated",
        "cost",
        ("ALTER TABLE cost ADD CONSTRAINT later CHECK (amount_yen > 0) NOT VALID",),
    ),
    ("column-undeclared", "job.extra", ("ALTER TABLE job ADD COLUMN extra text",)),
    ("column-missing", "job.message", ("ALTER TABLE job DROP COLUMN message",)),
    ("column-type", "cost.amount_yen", ("ALTER TABLE cost ALTER COLUMN amount_yen TYPE double precision",)),
    ("column-null", "job.person_id", ("ALTER TABLE job ALTER COLUMN person_id DROP NOT NULL",)),
    (
        "tenant-not-indexed",
        "done_key",
        (
            "ALTER TABLE done_key DROP CONSTRAINT done_key_pkey, DROP CONSTRAINT done_key_once",
            "ALTER TABLE done_key ADD PRIMARY KEY (id)",
        ),
    ),
    ("unique-across-tenants", "program", ("CREATE UNIQUE INDEX titles ON program (title)",)),
    (
        "reference-leaves-tenant",
        "run_paper.short",
        (
            "ALTER TABLE run ADD CONSTRAINT run_alone UNIQUE (id)",
            "ALTER TABLE run_paper ADD CONSTRAINT short FOREIGN KEY (run_id) REFERENCES run (id)",
        ),
    ),
    (
        "reference-cascades",
        "job.gone",
        ("ALTER TABLE job ADD CONSTRAINT gone FOREIGN KEY (tenant_id) REFERENCES tenant (id) ON DELETE CASCADE",),
    ),
    (
        "reference-cascades",
        "cost.cleared",
        (
            "ALTER TABLE cost ADD CONSTRAINT cleared FOREIGN KEY (tenant_id, key_id) "
            "REFERENCES cost_key (tenant_id, id) ON DELETE SET NULL",
        ),
    ),
    ("role-power", "yui_town", ("ALTER ROLE yui_town BYPASSRLS",)),
    ("role-power", "yui_app", ("ALTER ROLE yui_app SUPERUSER",)),
    ("role-power", "yui_app", ("ALTER ROLE yui_app INHERIT",)),
    ("role-power", "yui_crew", ("ALTER ROLE yui_crew LOGIN",)),
    ("role-power", "yui_owner", ("ALTER ROLE yui_owner BYPASSRLS",)),
    ("role-membership", "yui_town", ("GRANT yui_prefecture TO yui_town",)),
    ("role-membership", "yui_app", ("GRANT yui_owner TO yui_app",)),
    ("role-membership", "yui_app", ("GRANT yui_town TO yui_app WITH INHERIT TRUE",)),
    ("role-membership", "yui_app", ("REVOKE yui_jobs FROM yui_app GRANTED BY yui_owner",)),
    ("role-owns", "yui_app", ("ALTER TABLE outbox OWNER TO yui_app",)),
    ("schema-granted", "public", ("GRANT CREATE ON SCHEMA public TO yui_town",)),
    ("schema-granted", "public", ("GRANT USAGE ON SCHEMA public TO PUBLIC",)),
    ("schema-not-granted", "public", ("REVOKE USAGE ON SCHEMA public FROM yui_crew",)),
)


class TestCatalogLint:
    def test_finds_nothing_in_the_migrated_database(self, empty_database: ClonedDatabase):
        for conninfo in (empty_database.owner, empty_database.superuser):
            with psycopg.connect(conninfo, autocommit=True) as connection:
                assert faults(connection) == []

    def test_leaves_nothing_behind(self, catalog: psycopg.Connection):
        count = "SELECT count(*) FROM pg_class"
        before = catalog.execute(count).fetchone()
        faults(catalog)
        assert catalog.execute(count).fetchone() == before

    def test_names_every_planted_defect(self, catalog: psycopg.Connection):
        missed = []
        for rule, subject, statements in PLANTS:
            with catalog.transaction(force_rollback=True):
                for statement in statements:
                    catalog.execute(statement)
                found = faults(catalog)
            if not any((fault.rule, fault.subject) == (rule, subject) for fault in found):
                missed.append(f"{rule} {subject}: {[str(one) for one in found]}")
        tell(
            "catalog lint", planted=len(PLANTS), named=len(PLANTS) - len(missed), rules=len({one[0] for one in PLANTS})
        )
        assert not missed, "\n".join(missed)
        assert faults(catalog) == []

    def test_names_a_domain_without_its_check(self, catalog: psycopg.Connection):
        for domain, check in (("tenant_ref", "tenant_ref_is_positive"), ("yen", "yen_is_whole")):
            # Not taken back but committed: the server starts no savepoint after such a change.
            catalog.execute(f"ALTER DOMAIN {domain} DROP CONSTRAINT {check}")
            assert Fault("domain-check-missing", domain, check) in faults(catalog)

    def test_names_temporary_tables_and_creation_opened_on_the_database(
        self, empty_database: ClonedDatabase, catalog: psycopg.Connection
    ):
        with catalog.transaction(force_rollback=True):
            catalog.execute(f"GRANT TEMPORARY ON DATABASE {empty_database.name} TO PUBLIC")
            assert any(fault.rule == "database-granted" for fault in faults(catalog))

    def test_names_a_class_whose_table_no_migration_makes(self, catalog: psycopg.Connection):
        try:

            class Forgotten(PrefectureTable, tablename="forgotten"):
                name = Text()

            assert [fault for fault in faults(catalog) if (fault.rule, fault.subject) == ("missing-table", "forgotten")]
        finally:
            DECLARED.pop("forgotten", None)

    def test_refuses_to_compare_with_nothing(self, catalog: psycopg.Connection, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("tenants.database.lint.catalog.DECLARED", {})
        with pytest.raises(RuntimeError, match="no table is declared"):
            faults(catalog)


class TestMigrateAll:
    def test_refuses_a_database_whose_walls_have_a_hole(self, empty_database: ClonedDatabase):
        with psycopg.connect(empty_database.owner, autocommit=True) as connection:
            connection.execute("CREATE TABLE extra (tenant_id integer)")
            connection.execute("ALTER TABLE job NO FORCE ROW LEVEL SECURITY")
        with pytest.raises(CatalogError, match="rls-not-forced: job") as refused:
            migrate_all(empty_database.owner, lambda _: None)
        assert {fault.rule for fault in refused.value.faults} == {"rls-not-forced", "undeclared-table"}
