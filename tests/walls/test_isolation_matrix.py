"""Every table and view x every database role x eight verbs x six tenant settings, against the declarations."""

import time
from collections.abc import Iterator

import psycopg
import pytest

from tenants.database.tables import DECLARED
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import World
from tests.walls.matrix import Table, plant_rows, survey, tables_of
from tests.walls.scorecard import tell

FEWEST_PROBES = 5_000
"""The scorecard's least number; a survey of nothing would find nothing."""


Planted = tuple[psycopg.Connection, list[Table], tuple[int, int]]


@pytest.fixture
def planted(database: ClonedDatabase, world: World) -> Iterator[Planted]:
    """A superuser's connection to a clone with rows of the prefecture and two towns in every table."""
    towns = (world.tenants["281000"], world.tenants["283011"])
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        tables = tables_of(connection)
        plant_rows(connection, tables, towns)
        yield connection, tables, towns


class TestIsolation:
    def test_holds_for_every_table_role_verb_and_context(self, planted: Planted):
        connection, tables, towns = planted
        started = time.monotonic()
        with connection.transaction(force_rollback=True):
            result = survey(connection, tables, towns)
        tell(
            "isolation",
            probes=result.probes,
            tables=len(tables),
            leaks=len(result.leaks),
            seconds=round(time.monotonic() - started, 1),
            seed="none: every combination",
        )
        assert not result.leaks, "\n".join(result.leaks[:20])
        assert set(DECLARED) <= {table.name for table in tables}
        assert result.probes >= FEWEST_PROBES


DEFECTS = {
    "a lenient setting": (
        "DROP POLICY statement_town_select ON statement",
        "CREATE POLICY statement_town_select ON statement FOR SELECT TO yui_town "
        "USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::int)",
    ),
    "a policy for everything": ("CREATE POLICY open ON job FOR SELECT TO yui_town USING (true)",),
    "row-level security switched off": ("ALTER TABLE stored_file DISABLE ROW LEVEL SECURITY",),
    "the owner let through": ("ALTER TABLE program NO FORCE ROW LEVEL SECURITY",),
    "a grant of TRUNCATE": ("GRANT TRUNCATE ON outbox TO yui_town",),
    "a grant to the login role": ("GRANT USAGE ON SCHEMA public TO yui_app", "GRANT SELECT ON person TO yui_app"),
    "a view that runs as its owner": (
        "CREATE VIEW every_statement AS SELECT tenant_id, title FROM statement",
        "GRANT SELECT ON every_statement TO yui_town",
    ),
    "a materialised view": (
        "CREATE MATERIALIZED VIEW kept_statements AS SELECT tenant_id, title FROM statement",
        "GRANT SELECT ON kept_statements TO yui_consultant",
    ),
    "an update that may move rows": (
        "DROP POLICY job_town_update ON job",
        "CREATE POLICY job_town_update ON job FOR UPDATE TO yui_town "
        "USING (tenant_id = (SELECT current_setting('app.tenant_id')::tenant_ref)) WITH CHECK (true)",
        # a SELECT policy would still refuse the moved row
        "CREATE POLICY open ON job FOR SELECT TO yui_town USING (true)",
    ),
    "a forgotten policy": ("DROP POLICY job_town_insert ON job",),
    "a domain that takes negative numbers": ("ALTER DOMAIN tenant_ref DROP CONSTRAINT tenant_ref_is_positive",),
}


class TestSurvey:
    def test_finds_every_planted_defect(self, planted: Planted):
        connection, _, towns = planted
        for defect, statements in DEFECTS.items():
            with connection.transaction(force_rollback=True):
                for statement in statements:
                    connection.execute(statement)
                words = [*" ".join(statements).split(), "job"]
                touched = [table for table in tables_of(connection) if table.name in words]
                assert survey(connection, touched, towns).leaks, f"{defect} was not found"
        tell("isolation, planted defects", planted=len(DEFECTS), found=len(DEFECTS))
