"""How long a sent file takes to become a table, and what it costs: the whole way through the child process.

    python -m tests.benchmarks.bench_reading [--rounds 3] [--rows 20000]

Five columns as in a list of people. Wanted: 20,000 rows of a workbook under 10 s of processor time (its part of the
30 s an import of them may take) and under 300 MB in either process.
"""

import argparse
import asyncio
import csv
import io
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable

import openpyxl

from tenants.imports.reading import read_table

_HEADINGS = ["氏名", "メールアドレス", "役割", "開始日", "終了日"]
WANTED_PROCESSOR_SECONDS = 10
WANTED_MEGABYTES = 300


def rows_of(count: int) -> list[list[str]]:
    """A heading and people nobody is."""
    people = [
        [f"試験 {n}", f"person{n}@town{n % 41}.example.lg.jp", "市町 担当者", "2026-04-01", ""] for n in range(count)
    ]
    return [_HEADINGS, *people]


def as_workbook(rows: list[list[str]]) -> bytes:
    """The rows as a spreadsheet program saves them."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("名簿")
    for row in rows:
        sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_csv(encoding: str) -> Callable[[list[list[str]]], bytes]:
    """The rows as CSV."""

    def write(rows: list[list[str]]) -> bytes:
        target = io.StringIO(newline="")
        csv.writer(target).writerows(rows)
        return target.getvalue().encode(encoding)

    return write


def measure(content: bytes, count: int) -> tuple[float, float]:
    """Seconds on the clock, and of the processor in both processes together."""
    before = sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime for who in _BOTH)
    began = time.perf_counter()
    table = asyncio.run(read_table(content, "bench"))
    seconds = time.perf_counter() - began
    assert len(table.rows) == count + 1
    after = sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime for who in _BOTH)
    return seconds, after - before


_BOTH = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def main() -> int:
    """Prints the figures; 1 when a wanted one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    rows = rows_of(options.rows)
    missed = False
    sys.stdout.write(
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}, {options.rows:,} rows of 5 columns\n"
    )
    for name, write in (("CSV, CP932", as_csv("cp932")), ("CSV, UTF-8", as_csv("utf-8")), ("xlsx", as_workbook)):
        content = write(rows)
        taken = [measure(content, options.rows) for _ in range(options.rounds)]
        clock, processor = (statistics.median(one) for one in zip(*taken, strict=True))
        missed = missed or processor > WANTED_PROCESSOR_SECONDS
        sys.stdout.write(
            f"{name:12} {len(content) / 1e6:5.1f} MB  clock {clock:5.2f} s  processor {processor:5.2f} s\n"
        )
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in _BOTH]
    missed = missed or max(peaks) > WANTED_MEGABYTES
    sys.stdout.write(f"peak memory: this process {peaks[0]:.0f} MB (with the rows it wrote), child {peaks[1]:.0f} MB\n")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
