"""What stands in the way of approving a run, asked of every slice that may object.

A slice that objects writes ``obstacles_of`` in its ``queries`` and enters it in ``_ASKED`` here. It takes the type
``Obstacle`` from ``billing.runs.decisions.rules``: this module imports the slice, so the slice cannot import it.
"""

from collections.abc import Awaitable, Callable

from billing.bases.register.obstacles import obstacles_of as register_obstacles
from billing.disputes import queries as disputes
from billing.runs.decisions import queries as decisions
from billing.runs.decisions.rules import Obstacle
from billing.runs.rules import RunHead
from billing.years.leaving.obstacles import obstacles_of as leaving_obstacles

__all__ = ["Obstacle", "obstacles"]

_ASKED: tuple[Callable[[RunHead], Awaitable[list[Obstacle]]], ...] = (
    decisions.obstacles_of,
    disputes.obstacles_of,
    register_obstacles,
    leaving_obstacles,
)


async def obstacles(run: RunHead) -> list[Obstacle]:
    """Everything in the way of the run's approval, in the order of the slices asked; also before it is submitted."""
    return [one for ask in _ASKED for one in await ask(run)]
