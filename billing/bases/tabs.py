"""The views of one basis: its values, its register, readings that can be taken over."""

from typing import Any

_VIEWS = (("値の入力", ""), ("登録簿", "/register"), ("計測値", "/readings"))


def basis_views(program_id: int, basis_id: int, current: str) -> list[dict[str, Any]]:
    """Links to the views; ``current`` is the view's path (``"/register"``)."""
    here = f"/programs/{program_id}/bases/{basis_id}"
    return [{"label": label, "url": f"{here}{path}", "current": path == current} for label, path in _VIEWS]
