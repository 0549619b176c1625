"""The Japanese words for the trail's actions, collected from every slice when a process starts."""

from collections.abc import Mapping

_LABELS: dict[str, str] = {}


def learn_labels(labels: Mapping[str, str]) -> None:
    """Makes the words known; called by whoever assembles the process."""
    _LABELS.update(labels)


def action_label(action: str) -> str:
    """The action in Japanese, or its code when nobody gave it a word."""
    return _LABELS.get(action, action)


def action_labels() -> dict[str, str]:
    """Every action with its word."""
    return dict(_LABELS)
