"""Which record an id in a route names: the registry by parameter name, and records of other tenants to try."""

from dataclasses import dataclass, replace

import psycopg

from billing.programs import operations as programs
from tenants.context import PREFECTURE_TENANT_ID, Role, Scope
from tenants.database.transaction import open_door
from tests.factories.programs import PLAIN_SETTINGS
from tests.factories.worlds import World
from tests.walls.matrix import plant_rows, tables_of

TABLES = {
    "program_id": "program",
    "basis_id": "basis",
    "evidence_id": "basis_evidence",
    "key_id": "cost_key",
    "cost_id": "cost",
    "grant_id": "grant_line",
    "step_id": "grant_step",
    "tax_request_id": "tax_request",
    "cost_evidence_id": "cost_evidence",
    "step_file_id": "grant_step_file",
    "run_id": "run",
    "departure_id": "member_departure",
    "scenario_id": "scenario",
    "paper_id": "run_paper",
    "statement_id": "statement",
    "payment_id": "payment",
    "receipt_id": "receipt",
    "dispute_id": "dispute",
    "message_id": "dispute_message",
    "file_id": "stored_file",
    "job_id": "job",
    "tenant_id": "tenant",
    "membership_id": "membership",
    "person_id": "person",
    "token_id": "api_token",
    "session_id": "session",
    "reset_id": "access_reset",
    "notice_id": "notice",
    "mail_id": "mail",
    "access_id": "support_access",
    "view_id": "saved_view",
    "invitation_id": "invitation",
    "transfer_id": "transfer",
    "import_id": "import_batch",
    "review_id": "review",
    "line_id": "review_line",
}
"""Parameter name → the table its number belongs to. A new parameter must be entered here, or the sweep fails."""
PLAIN = frozenset({"name", "file_path", "kind", "member_code", "token", "part"})
"""Parameters that name no record of anybody (files of ours, kinds of paper, parts of a case, a member's code)."""
STANDS_ALONE = frozenset({"run"})
"""Tables whose pages do not stand below a program: another program's row is simply another page."""
SEEN_BY_ALL = frozenset(
    {"tenant_id", "tax_request_id", "statement_id", "payment_id", "receipt_id", "dispute_id", "message_id"}
)
"""Records the prefecture sees of everybody: for it there is no foreign one."""
MISSING = "900000000000000001"
MALFORMED = (
    "0",
    "-1",
    "x",
    "1x",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "1" * 4_000,
    "%00",
    "1%00",
    "%EF%BC%91",
    "%D9%A1",
    "%C2%B2",
    "..",
    "..%2F1",
    "1%2F..%2F2",
    "1%27%20OR%20%271%27%3D%271",
    "1%3B%20DROP%20TABLE%20job",
    "1.0",
    "1e3",
    "%2B1",
    "%201",
    "1%0A",
    "0x1",
    "null",
    "%ED%A0%80",
    "%FF",
    "%F0%9F%92%A9",
    "%25s",
    "{{7*7}}",
)
"""Numbers no column holds, other scripts' digits, NUL, half characters, paths, SQL, templates."""

_OTHER_PROGRAM = 800_000_000
"""The program of the siblings; it stands in no list, because the siblings' texts mean nothing."""


class UnknownParameterError(AssertionError):
    """A route has a parameter that the registry does not know: say which table it belongs to."""


@dataclass(frozen=True)
class Records:
    """Ids to try; ``own`` exist for the prefecture, ``foreign`` belong to a town nobody signs in for."""

    own: dict[str, str]
    foreign: dict[str, str]
    sibling: dict[str, str]
    """The prefecture's own records of another program."""

    def check(self, parameter: str) -> None:
        """Raises UnknownParameterError for a parameter nobody has classified."""
        if parameter not in TABLES and parameter not in PLAIN:
            raise UnknownParameterError(parameter)


async def plant_records(superuser: str, world: World, stranger: int) -> Records:
    """A program of the prefecture, and in every table rows of the town ``stranger`` and of another program."""
    async with open_door(world.pool, Scope.PREFECTURE, PREFECTURE_TENANT_ID):
        program_id = await programs.create_program(world.finance, replace(PLAIN_SETTINGS, title="一つ目の事業"))
    own = {"program_id": str(program_id), "tenant_id": str(world.tenants["281000"])}
    foreign: dict[str, str] = {}
    sibling: dict[str, str] = {}
    with psycopg.connect(superuser, autocommit=True) as connection:
        tables = [table for table in tables_of(connection) if table.name in TABLES.values() and table.name != "tenant"]
        plant_rows(connection, tables, (stranger, stranger))
        for parameter, name in TABLES.items():
            table = next((one for one in tables if one.name == name), None)
            if table is None or not table.has_tenant:
                continue
            foreign[parameter] = _last_id(connection, name, stranger)
            newest = _last_id(connection, name, PREFECTURE_TENANT_ID)
            if "program_id" in table.columns and name not in STANDS_ALONE:
                connection.execute(f"UPDATE {name} SET program_id = %s WHERE id = %s", (_OTHER_PROGRAM, newest))
                sibling[parameter] = newest
            else:  # a row of the prefecture's that means nothing must not stand in its lists
                with connection.transaction():  # triggers that keep rows for ever are for the product, not for this
                    connection.execute("SET LOCAL session_replication_role = replica")
                    connection.execute(f"DELETE FROM {name} WHERE id = %s", (newest,))
    return Records(own, foreign, sibling)


def _last_id(connection: psycopg.Connection, table: str, tenant_id: int) -> str:
    row = connection.execute(f"SELECT max(id) FROM {table} WHERE tenant_id = %s", (tenant_id,)).fetchone()
    return str(row[0]) if row else ""


PEOPLE: dict[Role, str] = {role: "280003" if role.scope is Scope.PREFECTURE else "281000" for role in Role}
"""For which organisation each role signs in."""
