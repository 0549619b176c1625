"""The table of scenarios."""

from piccolo.columns import JSONB, BigInt, Integer, Numeric, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class Scenario(PrefectureTable, tablename="scenario", prefecture="SIUD"):
    """A case somebody copied to try what would be: as copied, as changed, and what the engine says to it.

    A table of its own, so that a scenario can never be issued by construction: statements, papers and approvals refer
    to rows of ``run``, and nothing makes a run out of a scenario. Adopting one changes the program's registered
    inputs, from which an officer starts an ordinary run.
    """

    program_id = BigInt()
    name = Text()
    note = Text()
    based_on = Text()
    based_on_run_id = BigInt(null=True, default=None)
    base_json = Text()
    case_json = Text()
    result_json = Text(null=True, default=None)
    problems = JSONB(null=True, default=None)
    burden_yen = Numeric(null=True, default=None)
    created_by = Text()
    created_at = Timestamptz()
    adopted_by = Text()
    adopted_at = Timestamptz(null=True, default=None)
    version = Integer()


explain("scenario_name_once", Complaint("duplicate-name", "同じ名前の試算がこの事業にすでにあります。", "name"))
