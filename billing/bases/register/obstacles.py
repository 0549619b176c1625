"""What the register says against approving a run: read from what the run froze, not from today's register."""

from billing.bases.register import queries
from billing.bases.register.frozen import unchecked_in, unchecked_words, unreasoned_in, unreasoned_words
from billing.runs.decisions.rules import Obstacle
from billing.runs.rules import RunHead


async def obstacles_of(run: RunHead) -> list[Obstacle]:
    """Values nobody checked (an approver's reason overrides them) and large changes without a reason (nothing does).

    A run older than the register has frozen nothing of it, and nothing can be said against it.
    """
    sources = await queries.run_sources(run.id)
    if sources is None:
        return []
    found = []
    for basis_id, basis in sorted(sources["bases"].items(), key=lambda pair: int(pair[0][1:])):
        url = f"/programs/{run.program_id}/bases/{basis_id[1:]}/register"
        if unreasoned_in(basis):
            found.append(Obstacle("basis-change-unreasoned", unreasoned_words(basis), url, overridable=False))
        if unchecked_in(basis):
            found.append(Obstacle("basis-unchecked", unchecked_words(basis), url, overridable=True))
    return found
