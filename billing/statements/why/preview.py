"""The content a member's statement would have, from a run that may not be approved yet."""

import json
from collections.abc import Mapping
from typing import Any

from billing.statements.content import content_of
from billing.statements.rules import statement_view, with_year
from billing.statements.why.facts import RunFacts
from billing.years.stages.rules import YearOfRun
from tenants.errors import NotFound


def preview_content(
    case: Mapping[str, Any],
    result: Mapping[str, Any],
    member_code: str,
    *,
    published: bool,
    year: YearOfRun | None = None,
) -> dict[str, Any]:
    """One member's content with everything that explains it. Raises NotFound for a stranger to the run."""
    if member_code not in {one["code"] for one in result.get("members", [])}:
        raise NotFound
    facts = RunFacts(case, published=published).of(member_code)
    view = statement_view(case, result, member_code)
    if year is not None:
        view = with_year(view, year.part(case, result, member_code))
    content: dict[str, Any] = json.loads(json.dumps(content_of(view, facts)))
    return content
