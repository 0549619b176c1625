"""The content a member's statement would have, from a run that may not be approved yet."""

import json
from datetime import datetime
from typing import Any

from billing.runs.rules import RunView
from billing.statements.content import content_of
from billing.statements.jobs import documents_of
from billing.statements.rules import statement_view, with_year
from billing.statements.why.facts import RunFacts
from billing.years.stages import queries as years
from tenants.errors import NotFound


async def preview_content(run: RunView, member_code: str, now: datetime) -> dict[str, Any]:
    """One member's content with everything that explains it, and what the year adds as of ``now`` or the approval.

    Raises NotFound for a run without a result and for a stranger to the run.
    """
    case, result = documents_of(run)
    if member_code not in {one["code"] for one in result.get("members", [])}:
        raise NotFound
    facts = RunFacts(case, published=run.shares_published).of(member_code)
    year = await years.year_of_run(run, now)
    view = with_year(statement_view(case, result, member_code), year.part(case, result, member_code))
    content: dict[str, Any] = json.loads(json.dumps(content_of(view, facts)))
    return content
