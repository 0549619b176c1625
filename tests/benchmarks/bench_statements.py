"""How long the 41 members' statements take: the bare libraries one after another, against the product's way.

    python -m tests.benchmarks.bench_statements [--rounds 3] [--batches]

The bare way fills the same cells with openpyxl and calls WeasyPrint's ``write_pdf`` once a document, in one process,
sharing nothing. The product's way gives batches to two worker processes that are already running, as its jobs do.
``--batches`` also measures other batch sizes. Wanted: at most 0.6 of the bare time.
"""

import argparse
import io
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from copy import copy
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import openpyxl
import weasyprint

from billing.statements import paper
from billing.statements.exports import RunWorkbooks, statement_html, statement_pdfs
from billing.statements.rules import STATEMENT_BATCH_SIZE, statement_view
from tenants.documents import pdf
from tenants.documents.bundle import FONTS
from tests.billing.statements.sample_run import META, codes, run_of, sample_case

MEMBERS = 41
WORKERS = 2
WANTED_RATIO = 0.6
STYLES = (
    Path(pdf.__file__).parent / "templates" / "documents" / "paper.css",
    paper.TEMPLATES / "statements" / "statement_paper.css",
)


@lru_cache(maxsize=1)
def documents():
    """The frozen case and result of the sample run."""
    return run_of(sample_case(members=MEMBERS))


def bare_inputs():
    """What the bare way starts from, prepared outside the clock: cells with their styles, and HTML."""
    case, result = documents()
    prepared = []
    books = RunWorkbooks(case, result, published=False)
    for code in codes(MEMBERS):
        view = statement_view(case, result, code)
        book = openpyxl.load_workbook(io.BytesIO(books.xlsx(view, META)))
        prepared.append((book, statement_html(view, META)))
    return prepared


def bare(prepared) -> float:
    """One workbook and one PDF after another; returns the processor's seconds."""
    began = time.process_time()
    style = "\n".join(path.read_text(encoding="utf-8") for path in STYLES)
    style = style.replace("bundle:///fonts", FONTS.as_uri())
    for source, html in prepared:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for sheet in source:
            target = book.create_sheet(sheet.title)
            for row in sheet.iter_rows():
                for cell in row:
                    written = target.cell(cell.row, cell.column, cell.value)
                    written.font, written.fill, written.border = copy(cell.font), copy(cell.fill), copy(cell.border)
                    written.alignment, written.number_format = copy(cell.alignment), cell.number_format
        buffer = io.BytesIO()
        book.save(buffer)
        weasyprint.HTML(string=html).write_pdf(stylesheets=[weasyprint.CSS(string=style)])
    return time.process_time() - began


def batch(members: list[str]) -> float:
    """What one job does, from the frozen documents to the files; returns the processor's seconds."""
    began = time.process_time()
    case, result = documents()
    views = [(statement_view(case, result, code), META) for code in members]
    books = RunWorkbooks(case, result, published=False)
    for each in views:
        books.xlsx(*each)
    statement_pdfs(views)
    return time.process_time() - began


def product(pool: ProcessPoolExecutor, size: int) -> float:
    """All members in batches of ``size`` over the pool; returns the processors' seconds."""
    everybody = codes(MEMBERS)
    return sum(pool.map(batch, [everybody[start : start + size] for start in range(0, MEMBERS, size)]))


def clock(work: Callable[[], float], rounds: int) -> tuple[float, float]:
    """The median seconds on the wall and of the processors over ``rounds`` runs."""
    walls, busy = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        busy.append(work())
        walls.append(time.perf_counter() - start)
    return statistics.median(walls), statistics.median(busy)


def main() -> int:
    """Print both times and the ratio; 1 when it is above what is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", action="store_true")
    chosen = parser.parse_args()
    say = sys.stdout.write
    say(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ")
    say(f"WeasyPrint {weasyprint.__version__}, openpyxl {openpyxl.__version__}\n")
    say(f"python -m tests.benchmarks.bench_statements {' '.join(sys.argv[1:])}\n")
    prepared = bare_inputs()
    bare_seconds, bare_busy = clock(lambda: bare(prepared), chosen.rounds)
    say(
        f"bare libraries, one process:  {bare_seconds:6.2f} s (processor {bare_busy:.2f} s), "
        f"{MEMBERS} members, xlsx + PDF\n"
    )
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        cold, _ = clock(lambda: product(pool, STATEMENT_BATCH_SIZE), 1)
        warm, warm_busy = clock(lambda: product(pool, STATEMENT_BATCH_SIZE), chosen.rounds)
        say(f"product, {WORKERS} processes:         {warm:6.2f} s (processors {warm_busy:.2f} s) ")
        say(f"in batches of {STATEMENT_BATCH_SIZE}, {cold:.2f} s from a cold start\n")
        if chosen.batches:
            for size in (1, 3, 5, 7, 10, 14, 21, 41):
                say(f"  batches of {size:2}: {clock(lambda s=size: product(pool, s), chosen.rounds)[0]:6.2f} s\n")
    ratio = warm / bare_seconds
    say(f"ratio {ratio:.2f} (wanted: at most {WANTED_RATIO})\n")
    return 0 if ratio <= WANTED_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
