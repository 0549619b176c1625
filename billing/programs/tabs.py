"""The tabs over every page of a program, so that all slices of billing show the same frame."""

from typing import Any

from billing.programs.rules import ProgramName, ProgramView
from tenants.calendar import fiscal_year_label

_TABS = (
    ("概要", ""),
    ("構成団体", "/members"),
    ("按分基準", "/bases"),
    ("按分方法", "/keys"),
    ("経費", "/costs"),
    ("交付金", "/grants"),
    ("計算と承認", "/runs"),
    ("試算", "/scenarios"),
    ("納入・収納", "/collection"),
    ("年間予定", "/calendar"),
)


def program_tabs(program: ProgramView, current: str) -> list[dict[str, Any]]:
    """Links to the parts of a program; ``current`` is the part's path (``"/costs"``)."""
    return [
        {"label": label, "url": f"/programs/{program.id}{path}", "current": path == current} for label, path in _TABS
    ]


def program_trail(program: ProgramView | ProgramName, *further: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    """The breadcrumb to a program and below."""
    here = (f"{fiscal_year_label(program.fiscal_year)} {program.title}", f"/programs/{program.id}" if further else None)
    return [("今週やること", "/"), ("事業", "/programs"), here, *further]
