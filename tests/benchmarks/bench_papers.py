"""How long the 41 members' PDFs take: WeasyPrint one document after another, against the product's printing.

    python -m tests.benchmarks.bench_papers [--rounds 3]

Both start from the same HTML. The bare way calls ``write_pdf`` once a document in one process and parses the style
sheets each time; the product's way gives batches to two worker processes, each with a printing child of its own that
has loaded fonts and sheets once, as its jobs do. Both run in turn, so that other work on the machine meets both.
Wanted: at least twice as fast.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import weasyprint

from billing.statements import paper
from billing.statements.exports import statement_html
from billing.statements.rules import STATEMENT_BATCH_SIZE, statement_view
from tenants.documents.bundle import FONTS
from tenants.documents.printing import print_pdfs
from tests.benchmarks.bench_statements import STYLES, WORKERS
from tests.billing.statements.sample_run import META, codes, run_of, sample_case

MEMBERS = 41
WANTED_TIMES = 2.0


def pages() -> list[str]:
    """Every member's statement as HTML, with all that stands on paper."""
    case, result = run_of(sample_case(members=MEMBERS))
    return [statement_html(statement_view(case, result, code), META) for code in codes(MEMBERS)]


def bare(documents: list[str]) -> None:
    """One PDF after another, sharing nothing."""
    style = "\n".join(path.read_text(encoding="utf-8") for path in STYLES).replace("bundle:///fonts", FONTS.as_uri())
    for html in documents:
        weasyprint.HTML(string=html).write_pdf(stylesheets=[weasyprint.CSS(string=style)])


def batch(documents: list[str]) -> int:
    """What one job prints; returns the bytes of all its PDFs."""
    return sum(len(one) for one in print_pdfs(documents, paper.STYLES))


def main() -> int:
    """Print both times and how often one goes into the other; 1 when that is less than wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    say = sys.stdout.write
    say(f"{os.cpu_count()} cores, Python {platform.python_version()}, WeasyPrint {weasyprint.__version__}, ")
    say(f"load {os.getloadavg()[0]:.1f}\npython -m tests.benchmarks.bench_papers {' '.join(sys.argv[1:])}\n")
    documents = pages()
    batches = [documents[at : at + STATEMENT_BATCH_SIZE] for at in range(0, MEMBERS, STATEMENT_BATCH_SIZE)]
    times: dict[str, list[float]] = {"bare": [], "product": []}
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        size = sum(pool.map(batch, batches))  # starts workers and children outside the clock
        for _ in range(rounds):
            began = time.perf_counter()
            bare(documents)
            times["bare"].append(time.perf_counter() - began)
            began = time.perf_counter()
            size = sum(pool.map(batch, batches))
            times["product"].append(time.perf_counter() - began)
    seconds = {name: statistics.median(found) for name, found in times.items()}
    faster = seconds["bare"] / seconds["product"]
    say(f"{MEMBERS} PDFs, {size / MEMBERS / 1000:.0f} kB each: bare {seconds['bare']:.2f} s, ")
    say(f"product {seconds['product']:.2f} s, {faster:.2f} times as fast (wanted: at least {WANTED_TIMES:g})\n")
    return 0 if faster >= WANTED_TIMES else 1


if __name__ == "__main__":
    sys.exit(main())
