"""Rows of a list as a file: xlsx, and CSV in three encodings."""

import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tenants.calendar import japanese_date
from tenants.documents.archive import zip_files
from tenants.documents.csv_text import csv_file, lost_report
from tenants.documents.list_workbook import write_list_workbook
from tenants.lists.rules import Column, ListSpec, Row, Wanted, shown_columns

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file an export can be."""

    label: str
    suffix: str
    content_type: str
    encoding: str = ""


FORMATS = {
    "xlsx": Format("Excel", "xlsx", XLSX),
    "csv": Format("CSV(Excelで開く UTF-8)", "csv", "text/csv; charset=utf-8", "utf-8-sig"),
    "csv-cp932": Format("CSV(ほかのシステム用 Shift_JIS)", "csv", "text/csv; charset=windows-31j", "cp932"),
    "csv-utf8": Format("CSV(BOMなし UTF-8)", "csv", "text/csv; charset=utf-8", "utf-8"),
}


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished file."""

    content: bytes
    file_name: str
    content_type: str
    rows: int


def export(spec: ListSpec, wanted: Wanted, portions: Iterable[Sequence[Row]], kind: str) -> Exported:
    """The rows as a file with the columns the page shows; blocks, so call it in a thread for many rows.

    CP932 answers a ZIP with a report beside the file when characters had to be replaced.
    """
    chosen = FORMATS[kind]
    columns = [one for one in shown_columns(spec, wanted) if one.exported]
    rows = ([one.value_of(row) for one in columns] for portion in portions for row in portion)
    name = f"{re.sub('[_/]', '-', spec.name)}.{chosen.suffix}"
    if kind == "xlsx":
        with tempfile.TemporaryDirectory(prefix="yui-export-") as folder:
            path = Path(folder) / name
            count = write_list_workbook(path, spec.caption, told(spec, wanted), _heads(columns), rows)
            return Exported(path.read_bytes(), name, chosen.content_type, count)
    lines = list(rows)
    encoded = csv_file([one.label for one in columns], lines, chosen.encoding)
    if encoded.lost:
        files = [(name, encoded.content), ("replaced-characters.csv", lost_report(encoded.lost))]
        zipped = zip_files(files)
        return Exported(zipped, name.replace(".csv", ".zip"), "application/zip", len(lines))
    return Exported(encoded.content, name, chosen.content_type, len(lines))


def _heads(columns: Sequence[Column]) -> list[tuple[str, str]]:
    return [(f"{one.label}({one.unit})" if one.unit else one.label, one.kind) for one in columns]


def told(spec: ListSpec, wanted: Wanted) -> str:
    """What was asked, in words for the head of a file: 検索「水道」、状態: 承認済み."""
    parts = [f"検索「{wanted.search}」"] if wanted.search else []
    for key, text in wanted.equal.items():
        column = spec.column(key)
        if column is None:
            continue
        label = dict(column.choices).get(text, {"yes": "はい", "no": "いいえ"}.get(text, text))
        parts.append(f"{column.label}: {label}")
    for key, (first, end) in wanted.periods.items():
        column = spec.column(key)
        if column is not None:
            last = None if end is None else (end - timedelta(days=1)).date()
            ends = [japanese_date(day) if day else "" for day in (first.date() if first else None, last)]
            parts.append(f"{column.label}: {ends[0]}〜{ends[1]}")
    return "、".join(parts) or "すべて"
