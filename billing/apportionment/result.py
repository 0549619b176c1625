"""The result of a calculation (`yui-apportionment-result/1`), as a value, a document and bytes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

FORMAT = "yui-apportionment-result/1"
ENGINE = "1.0.0"
"""Changes whenever the same case could give another figure."""


class Line(NamedTuple):
    """One cost a member bears: the exact share as a reduced fraction in yen, and whole yen.

    A tuple, because a nation-wide case has hundreds of thousands. ``share_yen`` is None under stage "total".
    """

    cost: str
    exact: str
    share_yen: int | None


@dataclass(frozen=True, slots=True)
class MemberResult:
    """What one member bears, receives and pays, in yen; ``grants`` by grant id in the order of the case."""

    code: str
    name: str
    gross_yen: int
    grants: Mapping[str, int]
    burden_yen: int
    invoice_yen: int
    instalments_yen: tuple[int, ...]
    difference_yen: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class PrefectureResult:
    """What the prefecture bears and receives; ``burden_yen`` includes ``invoice_difference_yen``."""

    gross_yen: int
    grants: Mapping[str, int]
    burden_yen: int
    invoice_difference_yen: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all costs, and from ``gross_yen`` on over the members only."""

    cost_yen: int
    revenue_yen: int
    net_yen: int
    gross_yen: int
    grants: Mapping[str, int]
    burden_yen: int
    invoice_yen: int


@dataclass(frozen=True, slots=True)
class Result:
    """The whole result; members are in the order of their codes."""

    input_sha256: str
    members: tuple[MemberResult, ...]
    prefecture: PrefectureResult
    undistributed_yen: int
    totals: Totals


def result_document(result: Result) -> dict[str, Any]:
    """Build the result document, its names in the order of the format."""
    return {
        **_head(result),
        "members": [
            {**_member_head(member), "lines": [line._asdict() for line in member.lines]} for member in result.members
        ],
        **_tail(result),
    }


def result_json(result: Result) -> bytes:
    """Write the result document as UTF-8, one apportionment line per text line; same case, same bytes."""
    return b"".join(result_chunks(result))


def result_chunks(result: Result) -> Iterator[bytes]:
    """Write the same bytes as ``result_json`` member by member, so that a large result never stands whole."""
    yield ("{\n" + _fields(_head(result), "  ") + ',\n  "members": [').encode("utf-8")
    costs: dict[str, str] = {}
    for place, member in enumerate(result.members):
        yield b"\n    {\n" if place == 0 else b",\n    {\n"
        yield (_fields(_member_head(member), "      ") + ',\n      "lines": [').encode("utf-8")
        rows = []
        for cost, exact, share_yen in member.lines:
            name = costs.get(cost)
            if name is None:
                name = costs[cost] = _text(cost)
            yen = "null" if share_yen is None else share_yen
            rows.append(f'\n        {{"cost": {name}, "exact": "{exact}", "share_yen": {yen}}}')
        yield ",".join(rows).encode("utf-8")
        yield b"\n      ]\n    }" if rows else b"]\n    }"
    yield ("\n  ],\n" + _fields(_tail(result), "  ") + "\n}\n").encode("utf-8")


def _head(result: Result) -> dict[str, Any]:
    return {"format": FORMAT, "engine": ENGINE, "input_sha256": result.input_sha256}


def _member_head(member: MemberResult) -> dict[str, Any]:
    return {
        "code": member.code,
        "name": member.name,
        "gross_yen": member.gross_yen,
        "grants": dict(member.grants),
        "burden_yen": member.burden_yen,
        "invoice_yen": member.invoice_yen,
        "instalments_yen": list(member.instalments_yen),
        "difference_yen": member.difference_yen,
    }


def _tail(result: Result) -> dict[str, Any]:
    prefecture, totals = result.prefecture, result.totals
    return {
        "prefecture": {
            "gross_yen": prefecture.gross_yen,
            "grants": dict(prefecture.grants),
            "burden_yen": prefecture.burden_yen,
            "invoice_difference_yen": prefecture.invoice_difference_yen,
        },
        "undistributed_yen": result.undistributed_yen,
        "totals": {
            "cost_yen": totals.cost_yen,
            "revenue_yen": totals.revenue_yen,
            "net_yen": totals.net_yen,
            "gross_yen": totals.gross_yen,
            "grants": dict(totals.grants),
            "burden_yen": totals.burden_yen,
            "invoice_yen": totals.invoice_yen,
        },
    }


def _fields(values: Mapping[str, Any], indent: str) -> str:
    return ",\n".join(f"{indent}{_text(name)}: {_text(value)}" for name, value in values.items())


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
