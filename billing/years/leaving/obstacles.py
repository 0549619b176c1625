"""What leaving says against approving a run: a member of no months must not be charged by a key."""

import json

from billing.runs import queries as runs
from billing.runs.decisions.rules import Obstacle
from billing.runs.rules import RunHead
from billing.years.leaving.rules import charged_leavers, charged_words


async def obstacles_of(run: RunHead) -> list[Obstacle]:
    """Units a truncated unit price leaves over and gives in turn, also to who left; a reason lets them stand.

    The case cannot keep them away: a member's measure is zero already, and the rule for what is left over is the
    program's.
    """
    if run.result_sha256 is None:
        return []
    whole = await runs.run(run.id)
    charged = charged_leavers(json.loads(whole.case_json), json.loads(whole.result_json or "{}"))
    if not charged:
        return []
    url = f"/programs/{run.program_id}/edit"
    return [Obstacle("leaver-charged", charged_words(charged), url, overridable=True)]
