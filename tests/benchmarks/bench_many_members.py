"""Whether the statements of 1,741 members, all municipalities of Japan, come out complete while memory stays flat.

    python -m tests.benchmarks.bench_many_members [--members 1741]

Makes every member's xlsx and PDF in batches as one worker's jobs do, puts them into a real storage, and then the
archive of all. Printed are the peak of the process after each tenth of the members, and its printing child's.
Wanted: every file there, and the last tenth's peak at most a tenth above the second's.
"""

import argparse
import os
import platform
import resource
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from billing.statements.exports import statement_pdfs
from billing.statements.rules import STATEMENT_BATCH_SIZE, statement_view
from billing.statements.workbook.book import RunWorkbooks
from services.assembly.embedded import start_storage
from tenants.documents.archive import zip_into
from tenants.storage import TenantStorage
from tests.billing.statements.sample_run import META, codes, run_of, sample_case
from tests.factories.workers import storage_of

MEMBERS = 1_741
MOST_GROWTH = 1.1
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = (("xlsx", XLSX), ("pdf", "application/pdf"))


def peak_mb() -> float:
    """The largest this process has been, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def make(store: TenantStorage, case: dict, result: dict, members: list[str]) -> None:
    """One batch, as its job makes and stores it."""
    views = [statement_view(case, result, code) for code in members]
    pdfs = statement_pdfs((view, META) for view in views)
    books = RunWorkbooks(case, result, published=False)
    for code, view, pdf in zip(members, views, pdfs, strict=True):
        for (kind, content_type), content in zip(KINDS, (books.xlsx(view, META), pdf), strict=True):
            store.put(("statements", "1", f"{code}.{kind}"), content, content_type)


def bundle(store: TenantStorage, folder: Path) -> tuple[int, float]:
    """The archive of everything stored, file by file; its entries and size in MB."""
    entries = store.list("statements", "1")
    with tempfile.TemporaryFile(dir=folder) as archive:
        zip_into(archive, ((one.key.rsplit("/", 1)[1], store.get(one.key)) for one in entries))
        stored = store.put_file(("runs", "1", "all.zip"), archive, "application/zip")
        return len(zipfile.ZipFile(archive).namelist()), stored.size / 1e6


def main() -> int:
    """Print the peaks; 1 when a file is missing or memory grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=MEMBERS)
    members = parser.parse_args().members
    say = sys.stdout.write
    say(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}\n")
    say(f"python -m tests.benchmarks.bench_many_members {' '.join(sys.argv[1:])}\n")
    case, result = run_of(sample_case(members=members))
    everybody, peaks, began = codes(members), [], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        running = start_storage(Path(folder) / "storage")
        try:
            store = storage_of(running).for_tenant(1)
            for tenth in range(10):
                part = everybody[members * tenth // 10 : members * (tenth + 1) // 10]
                for at in range(0, len(part), STATEMENT_BATCH_SIZE):
                    make(store, case, result, part[at : at + STATEMENT_BATCH_SIZE])
                peaks.append(peak_mb())
                done, seconds = members * (tenth + 1) // 10, time.perf_counter() - began
                say(f"{done:5} members, {seconds:6.0f} s, {peaks[-1]:.0f} MB\n")
                sys.stdout.flush()
            files, size = bundle(store, Path(folder))
            say(f"archive of {files} files, {size:.0f} MB, peak {peak_mb():.0f} MB\n")
        finally:
            running.stop()
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    say(f"largest child {child:.0f} MB; growth {peaks[-1] / peaks[1]:.2f} (wanted: at most {MOST_GROWTH})\n")
    return 0 if files == len(KINDS) * members and peaks[-1] <= MOST_GROWTH * peaks[1] else 1


if __name__ == "__main__":
    sys.exit(main())
