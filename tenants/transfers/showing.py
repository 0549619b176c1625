"""Transfers as pages show them: lines of one batch, and the tabs of their kinds."""

from collections.abc import Mapping
from typing import Any

from tenants.transfers.queries import LineView, TransferView

KINDS = {"new": "新規", "change": "変更", "end": "終了", "same": "変更なし", "wrong": "誤り"}
"""Kinds of lines, in the order of their tabs."""


def tabs(one: TransferView, shown: str) -> list[dict[str, Any]]:
    """All lines, and those of each kind; ``shown`` is the kind in the address."""
    url = f"/transfers/{one.id}"
    counts = {
        "new": one.new_count,
        "change": one.change_count,
        "end": one.end_count,
        "same": one.same_count,
        "wrong": one.wrong_count,
    }
    everything = {"label": "すべて", "url": url, "current": shown not in KINDS, "count": one.line_count}
    kinds = (
        {"label": word, "url": f"{url}?kind={kind}", "current": kind == shown, "count": counts[kind]}
        for kind, word in KINDS.items()
    )
    return [everything, *kinds]


def line_row(line: LineView, work: Mapping[int, Mapping[str, int]]) -> dict[str, Any]:
    """A line with its differences and, for a person who hands over, what waits: ``work`` by person."""
    waiting = line.handed_over if line.handed_over is not None else work.get(line.person_id or 0)
    counted = "、".join(f"{label} {count}件" for label, count in (waiting or {}).items()) or "未完了の仕事なし"
    return {
        "number": line.number,
        "name": line.name or line.email,
        "url": f"/people/{line.person_id}" if line.person_id else None,
        "email": line.email,
        "status": line.kind.status,
        "difference": [line.difference]
        if line.difference
        else [f"{name}: {said}" for name, said in line.faults.items()],
        "successor": f"{line.cells.get('引き継ぐ相手', '')}({counted})" if line.successor_id else None,
    }
