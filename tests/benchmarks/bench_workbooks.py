"""How many statement workbooks with live formulas one processor core makes in a second, for 41 members.

    python -m tests.benchmarks.bench_workbooks [--rounds 3]

Each round makes all members' workbooks from the frozen documents, as the job does in batches: once where every member
has its own values and totals alone, once where the program publishes its apportionment and two sheets are shared.
Measured is processor time, which other work on the machine does not stretch. Wanted: at least 15 a second.
"""

import argparse
import os
import platform
import statistics
import sys
import time

from billing.statements.rules import STATEMENT_BATCH_SIZE, statement_view
from billing.statements.workbook.book import RunWorkbooks
from tests.billing.statements.sample_run import META, codes, run_of, sample_case

MEMBERS = 41
WANTED_A_SECOND = 15


def seconds_of(case, result, *, published: bool) -> tuple[float, int]:
    """Processor seconds for every member's workbook, in batches as jobs make them, and the bytes of one."""
    began, size = time.process_time(), 0
    everybody = codes(MEMBERS)
    for start in range(0, MEMBERS, STATEMENT_BATCH_SIZE):
        books = RunWorkbooks(case, result, published=published)
        for code in everybody[start : start + STATEMENT_BATCH_SIZE]:
            size = len(books.xlsx(statement_view(case, result, code), META))
    return time.process_time() - began, size


def main() -> int:
    """Print the rates; 1 when one is below what is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    say = sys.stdout.write
    say(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    slowest = float("inf")
    for costs in (5, 30):
        case, result = run_of(sample_case(members=MEMBERS, costs=costs))
        for published in (False, True):
            seconds_of(case, result, published=published)  # styles and fonts are read once per process
            found = [seconds_of(case, result, published=published) for _ in range(rounds)]
            seconds = statistics.median(one for one, _ in found)
            rate = MEMBERS / seconds
            slowest = min(slowest, rate)
            kind = "published" if published else "own only"
            size = found[0][1] / 1000
            say(f"{costs:2} costs, {kind:9}: {rate:6.1f} workbooks a second per core, {size:5.0f} kB each\n")
    say(f"wanted: at least {WANTED_A_SECOND} a second\n")
    return 0 if slowest >= WANTED_A_SECOND else 1


if __name__ == "__main__":
    sys.exit(main())
