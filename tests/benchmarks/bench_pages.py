"""How long pages take under twenty people at once, on the product as `yui demo` starts it.

    python -m tests.benchmarks.bench_pages [--requests 2000] [--concurrency 20] [--rounds 3]

Starts the demonstration (PostgreSQL, Valkey, storage, worker, two web processes, 41 members) in a temporary folder,
signs in, and keeps twenty connections busy: each sends its next request when it has the whole answer. The client is a
process of its own on raw sockets; it, PostgreSQL and the web processes share the machine's cores. Besides the times on
the clock it prints the processor's time per request, which other work on the machine disturbs less.
Wanted: the run page's 95th percentile below 60 ms at 20 at once.
"""

import argparse
import asyncio
import gc
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvloop

from services.assembly.data_folder import free_port

HOST = "127.0.0.1"
WANTED_MS = 60.0
WARM_UP = 300
"""Requests before the clock: templates are compiled, the pool has grown, allocators have settled."""
START_SECONDS = 240
"""The demonstration needs some twenty seconds, mostly for the statements; a busy machine gets the rest."""
TICKS = os.sysconf("SC_CLK_TCK")
OFFICER, TOWN = "finance-a@pref.example.jp", "finance@kobe.example.jp"


@dataclass(frozen=True)
class Target:
    """One page: its name for people, its address, who asks."""

    name: str
    path: str
    email: str


@dataclass
class Measured:
    """What twenty connections saw."""

    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    size: int = 0
    processors: dict[str, float] = field(default_factory=dict)

    def percentile(self, share: float) -> float:
        """The nearest-rank percentile in milliseconds."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextmanager
def demonstration() -> Iterator[tuple[str, dict, int, Path]]:
    """The running demonstration: its address, accounts by email, its supervisor's process id, its data folder."""
    with tempfile.TemporaryDirectory(prefix="yui-bench-") as folder:
        port, told = free_port(), Path(folder) / "data" / "demo.json"
        command = [sys.executable, "-m", "services.assembly.commands", "demo", "--port", str(port)]
        process = subprocess.Popen(  # noqa: S603  (our own command)
            [*command, "--data", str(told.parent)], stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not told.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the demonstration did not start")
                time.sleep(0.2)
            accounts = {one["email"]: one for one in json.loads(told.read_text(encoding="utf-8"))["accounts"]}
            yield f"http://{HOST}:{port}", accounts, process.pid, told.parent
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(90)


def sign_in(address: str, account: dict) -> httpx.Client:
    """A client with the session of ``account``, through the product's own form."""
    client = httpx.Client(base_url=address, trust_env=False, timeout=30)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    fields = {"csrf_token": token[1], "email": account["email"], "password": account["password"]}
    answer = client.post("/sign-in", data=fields, headers={"sec-fetch-site": "same-origin"})
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise SystemExit(f"{account['email']} could not sign in: {answer.status_code}")
    return client


def targets(town: httpx.Client) -> list[Target]:
    """The measured pages; the first is the one with a wanted figure."""
    statement = re.search(r'href="(/statements/\d+)"', town.get("/statements").text)
    return [
        Target("run page, 41 members", "/runs/1", OFFICER),
        Target("home of the prefecture's officer", "/", OFFICER),
        Target("statement list of a town", "/statements", TOWN),
        Target("statement of a town", statement[1], TOWN),
    ]


async def _connection(port: int, asked: bytes, left: list[int], seen: Measured) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        while left[0] > 0:
            left[0] -= 1
            started = time.perf_counter()
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise SystemExit(f"the page answered {head[:60]!r}")
            length = int(re.search(rb"content-length: (\d+)", head)[1])
            await reader.readexactly(length)
            seen.milliseconds.append((time.perf_counter() - started) * 1000)
            seen.size = length
    finally:
        writer.close()


async def load(address: str, target: Target, cookies: str, requests: int, concurrency: int) -> Measured:
    """Keeps ``concurrency`` connections busy until ``requests`` answers have come; one answer at a time on each."""
    port = int(address.rsplit(":", 1)[1])
    asked = f"GET {target.path} HTTP/1.1\r\nhost: {HOST}:{port}\r\ncookie: {cookies}\r\naccept: text/html\r\n\r\n"
    seen, left, tasks = Measured(), [requests], []
    started = time.perf_counter()
    for _ in range(concurrency):
        tasks.append(asyncio.ensure_future(_connection(port, asked.encode(), left, seen)))
        await asyncio.sleep(0.01)  # people arrive one after another; a burst would all land in one web process
    await asyncio.gather(*tasks)
    seen.seconds = time.perf_counter() - started
    return seen


def busy(supervisor: int) -> dict[str, float]:
    """Processor seconds so far of the web processes, PostgreSQL and this client."""
    times = {"web": 0.0, "PostgreSQL": 0.0, "client": sum(os.times()[:2])}
    for pid, command in _descendants(supervisor):
        kind = "PostgreSQL" if "postgres" in command else "web" if _is_web(pid) else None
        if kind:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
            times[kind] += (int(stat[11]) + int(stat[12])) / TICKS
    return times


def _descendants(root: int) -> Iterator[tuple[int, str]]:
    parents: dict[int, list[tuple[int, str]]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            name, rest = text.split("(", 1)[1].rsplit(")", 1)
            parents.setdefault(int(rest.split()[1]), []).append((int(entry.name), name))
    waiting = [root]
    while waiting:
        for pid, name in parents.get(waiting.pop(), []):
            yield pid, name
            waiting.append(pid)


def _is_web(pid: int) -> bool:
    """Whether the process is the web server or one of its children: uvicorn's are spawned, a worker's are forked."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes()
    return b"serve" in command or b"spawn_main" in command


def measure(address: str, target: Target, session: httpx.Client, chosen: argparse.Namespace, supervisor: int) -> float:
    """Prints one page's figures; returns the median of the rounds' 95th percentiles."""
    cookies = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
    asyncio.run(load(address, target, cookies, WARM_UP, chosen.concurrency))
    gc.collect()
    rounds = []
    for _ in range(chosen.rounds):
        before = busy(supervisor)
        seen = asyncio.run(load(address, target, cookies, chosen.requests, chosen.concurrency))
        after = busy(supervisor)
        seen.processors = {name: (after[name] - before[name]) / chosen.requests * 1000 for name in after}
        rounds.append(seen)
    rounds.sort(key=lambda one: one.percentile(0.95))
    seen = rounds[len(rounds) // 2]
    spent = ", ".join(f"{name} {value:.2f}" for name, value in seen.processors.items())
    say(
        f"{target.name:34} p50 {seen.percentile(0.5):6.1f}  p95 {seen.percentile(0.95):6.1f}  "
        f"p99 {seen.percentile(0.99):6.1f} ms  {chosen.requests / seen.seconds:5.0f} requests/s  "
        f"{seen.size / 1000:5.1f} kB  processor ms: {spent}  load {os.getloadavg()[0]:.1f}"
    )
    return seen.percentile(0.95)


def say(line: str) -> None:
    """Write one line for the person who measures."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Print every page's figures; 1 when the run page misses the wanted figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="requests per round and page")
    parser.add_argument("--concurrency", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3, help="the round with the median p95 is printed")
    chosen = parser.parse_args()
    uvloop.install()
    say(f"Python {platform.python_version()}, {os.cpu_count()} processors, load before {os.getloadavg()[0]:.1f}")
    say(f"python -m tests.benchmarks.bench_pages {' '.join(sys.argv[1:])}".rstrip())
    with demonstration() as (address, accounts, supervisor, _):
        sessions = {email: sign_in(address, accounts[email]) for email in (OFFICER, TOWN)}
        pages = targets(sessions[TOWN])
        figures = [measure(address, one, sessions[one.email], chosen, supervisor) for one in pages]
    say(f"run page p95 {figures[0]:.1f} ms (wanted: below {WANTED_MS:.0f} ms, two web processes)")
    return 0 if figures[0] < WANTED_MS else 1


if __name__ == "__main__":
    sys.exit(main())
