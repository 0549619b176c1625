"""Looks at every row of a table without changing anything: what it would do, or what is wrong with it. Pure."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tenants.errors import Invalid
from tenants.imports.matching import row_values
from tenants.imports.reading import Table, TableRow
from tenants.imports.rules import Checked, Counts, ImportColumn, ImportKind, Outcome

_OTHERS_SHOWN = 5
"""Rows named in a message about repeated ones; more say nothing to anybody."""


@dataclass(frozen=True, slots=True)
class Result:
    """What becomes of one row: its number and cells as in the file, and the check's word."""

    number: int
    cells: tuple[str, ...]
    outcome: Outcome
    subject: str = ""
    differences: tuple[tuple[str, str, str], ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    """What is wrong, by the key of the column; the empty key for the row as a whole."""
    checked: Checked | None = None


def check_rows(table: Table, heading: int, mapping: Mapping[str, int], kind: ImportKind, present: Any) -> list[Result]:
    """One result for each row below the heading (its position), in the order of the file."""
    results = [_result(row, mapping, kind, present) for row in table.rows[heading + 1 :]]
    numbers: dict[str, list[int]] = defaultdict(list)
    for one in results:
        if one.checked is not None and one.checked.identity:
            numbers[one.checked.identity].append(one.number)
    return [_once(one, numbers) for one in results]


def _result(row: TableRow, mapping: Mapping[str, int], kind: ImportKind, present: Any) -> Result:
    try:
        checked = kind.check(row_values(row.cells, mapping), present)
    except Invalid as wrong:
        faults = wrong.fields or {"": wrong.message}
        return Result(row.number, row.cells, Outcome.WRONG, faults=faults)
    return Result(row.number, row.cells, checked.outcome, checked.subject, checked.differences, checked=checked)


def _once(one: Result, numbers: Mapping[str, Sequence[int]]) -> Result:
    """The result itself, or a wrong one when another row says something about the same: nobody knows which counts."""
    if one.checked is None or len(numbers.get(one.checked.identity, ())) < 2:  # noqa: PLR2004  (itself and another)
        return one
    others = [f"{number}行目" for number in numbers[one.checked.identity] if number != one.number]
    named = "、".join(others[:_OTHERS_SHOWN]) + ("ほか" if len(others) > _OTHERS_SHOWN else "")
    message = f"{one.subject}は{named}にもあります。どれか1行にしてください。"
    return Result(one.number, one.cells, Outcome.WRONG, one.subject, faults={"": message})


def counts_of(table: Table, heading: int, results: Sequence[Result]) -> Counts:
    """The fate of every row of the file, counted."""
    by_outcome = {outcome: sum(1 for one in results if one.outcome is outcome) for outcome in Outcome}
    return Counts(
        rows=len(table.rows),
        above=heading,
        heading=1,
        **{outcome.value: count for outcome, count in by_outcome.items()},
    )


def digest_of(results: Sequence[Result]) -> str:
    """The same for the same results only: what a person was shown is what is written, or nothing is."""
    digest = hashlib.sha256()
    for one in results:
        values = dict(one.checked.values) if one.checked is not None else None
        said = [one.number, one.outcome.value, one.subject, values, one.differences, sorted(one.faults.items())]
        digest.update(json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def told(faults: Mapping[str, str], columns: Sequence[ImportColumn]) -> list[str]:
    """The faults of a row as sentences, each with the name of its column, in the order of the columns."""
    labels = {one.key: one.label for one in columns}
    ordered = [key for key in labels if key in faults] + [key for key in faults if key not in labels]
    return [f"{labels[key]}: {faults[key]}" if key in labels else faults[key] for key in ordered]
