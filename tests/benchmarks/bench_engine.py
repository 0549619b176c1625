"""Measures `yui apportion` on a nation-wide case: 1,741 members, 200 and 400 costs, three components, one grant.

Run it from the repository's root: ``python tests/benchmarks/bench_engine.py``. It prints the median wall time with
the interpreter's start, the peak memory, and what doubling the costs does to the time.
"""

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEMBERS = 1741  # every municipality of the country
KEYS = 10  # ten different mixes of the same three bases
SEED = 20240401
SECONDS_LIMIT = 2.0
MEGABYTES_LIMIT = 300
ROOT = Path(__file__).resolve().parents[2]


def check_digit(five: str) -> int:
    """The published rule, here so that the benchmark builds its case without the product."""
    return (11 - sum(int(d) * w for d, w in zip(five, (6, 5, 4, 3, 2), strict=True)) % 11) % 10


def build_case(costs: int) -> dict:
    """Build the same case every time; only the number of costs differs."""
    rng = random.Random(SEED)  # noqa: S311  (figures for a benchmark)
    codes = [f"{number:05d}{check_digit(f'{number:05d}')}" for number in range(1101, 1101 + MEMBERS)]
    bases = {
        "population": lambda: str(rng.randint(150, 3_800_000)),
        "households": lambda: str(rng.randint(80, 1_800_000)),
        "pipes": lambda: f"{rng.randint(1_000, 9_000_000) / 1000:.3f}",
    }
    weights = [(rng.randint(1, 40), rng.randint(1, 40)) for _ in range(KEYS)]
    return {
        "format": "yui-apportionment/1",
        "fiscal_year": 2024,
        "title": "全国の団体による共同調達(性能測定用)",
        "members": [{"code": code, "name": f"第{place}団体"} for place, code in enumerate(codes)],
        "bases": [
            {"id": name, "name": name, "unit": "件", "as_of": "2024-04-01", "source": "合成データ",
             "values": {code: value() for code in codes}}
            for name, value in bases.items()
        ],
        "keys": [
            {"id": f"k{place}", "name": f"按分方法{place}", "components": [
                {"weight": f"{first}/100", "basis": "population"},
                {"weight": f"{second}/100", "basis": "households"},
                {"weight": f"{100 - first - second}/100", "basis": "pipes"}]}
            for place, (first, second) in enumerate(weights)
        ],
        "costs": [
            {"id": f"c{place:03d}", "name": f"経費{place}", "amount_yen": rng.randint(1_000_000, 90_000_000),
             "eligible": place % 2 == 0, "charge": {"key": f"k{place % KEYS}"}}
            for place in range(costs)
        ],
        "grants": [{"id": "g1", "name": "交付金", "rate": "1/2", "rounding": {"unit_yen": 1000, "mode": "floor"}}],
    }  # fmt: skip


def measure(path: Path) -> tuple[float, float, float]:
    """Run the command once; returns wall seconds, processor seconds and its peak resident memory in megabytes."""
    command = [sys.executable, "-m", "billing.apportionment.command", str(path)]
    started = time.perf_counter()
    with Path(os.devnull).open("wb") as nowhere:
        process = subprocess.Popen(command, cwd=ROOT, stdout=nowhere)  # noqa: S603  (our own command)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the command failed with exit status {process.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def report(line: str) -> None:
    """Write one line for the person who measures."""
    sys.stdout.write(line + "\n")


def main() -> None:
    """Measure both sizes in turn, so that a busy moment of the machine strikes both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=9, help="runs per size (default 9)")
    repeat = parser.parse_args().repeat
    sizes = (200, 400)
    with tempfile.TemporaryDirectory() as folder:
        paths = {size: Path(folder) / f"case-{size}.json" for size in sizes}
        for size, path in paths.items():
            path.write_text(json.dumps(build_case(size), ensure_ascii=False), encoding="utf-8")
        runs = {size: [] for size in sizes}
        for _ in range(repeat):
            for size in sizes:
                runs[size].append(measure(paths[size]))
    report(f"Python {platform.python_version()}, {os.cpu_count()} processors, {repeat} runs each, seed {SEED}")
    medians, spent = {}, {}
    for size in sizes:
        medians[size] = statistics.median(seconds for seconds, _, _ in runs[size])
        spent[size] = statistics.median(processor for _, processor, _ in runs[size])
        peak = max(megabytes for _, _, megabytes in runs[size])
        report(
            f"{MEMBERS} members x {size} costs: median {medians[size]:.2f} s, processor {spent[size]:.2f} s, "
            f"peak {peak:.0f} MB"
        )
    first, second = sizes
    report(f"limits for {first} costs: {SECONDS_LIMIT:.0f} s, {MEGABYTES_LIMIT} MB")
    report(
        f"doubling the costs multiplies the time by {medians[second] / medians[first]:.2f} (limit 2.2), "
        f"the processor's by {spent[second] / spent[first]:.2f}"
    )
    report(f"repeat with: python tests/benchmarks/bench_engine.py --repeat {repeat}")


if __name__ == "__main__":
    main()
