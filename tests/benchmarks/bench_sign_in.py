"""How much of a sign-in is the password's hash: many people signing in at once, on the product as `yui demo` starts it.

    python -m tests.benchmarks.bench_sign_in [--people 200] [--concurrency 8]

Eight connections at a time send the form with a right password, each with an entrance of its own and the accounts in
turn (attempts on one account at the same time are refused); each sign-in makes its own session and its own record.
Beside it the same number of bare argon2id checks with the product's parameters, in as many processes as the product has
web processes. Wanted: signing in is limited only by argon2, that is, no more than a fifth is added to the bare checks.
"""

import argparse
import asyncio
import os
import platform
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import httpx
import uvloop

from tenants.access import passwords
from tests.benchmarks.bench_pages import busy, demonstration, say

WEB_PROCESSES = 2
WANTED_SHARE = 1.2
"""A fifth for reading the account, counting attempts, the session, its record and two answers' worth of HTTP."""


def bare_checks(number: int) -> float:
    """Seconds for so many checks of one hash, one after another."""
    kept = asyncio.run(passwords.hash_password("twelve signs and more"))

    async def check() -> None:
        for _ in range(number):
            if not await passwords.password_matches(kept, "twelve signs and more"):
                raise SystemExit("the hash does not match its password")

    started = time.perf_counter()
    asyncio.run(check())
    return time.perf_counter() - started


async def sign_in(address: str, accounts: list[dict], left: list[int], times: list[float]) -> None:
    """Signs in again and again, as somebody new each time, until nobody is left."""
    while left[0] > 0:
        left[0] -= 1
        account = accounts[left[0] % len(accounts)]
        # Nothing is encrypted here; otherwise each person would first read all certificates, 20 ms of processor.
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=60, verify=False) as client:  # noqa: S501
            token = re.search(r'name="csrf_token" value="([^"]+)"', (await client.get("/sign-in")).text)
            fields = {"csrf_token": token[1], "email": account["email"], "password": account["password"]}
            started = time.perf_counter()
            answer = await client.post("/sign-in", data=fields, headers={"sec-fetch-site": "same-origin"})
            times.append((time.perf_counter() - started) * 1000)
            if answer.status_code != httpx.codes.SEE_OTHER:
                raise SystemExit(f"the sign-in was answered with {answer.status_code}")


async def all_sign_in(address: str, accounts: list[dict], people: int, concurrency: int) -> tuple[float, list[float]]:
    """Seconds for all, and the milliseconds of each."""
    left, times = [people], list[float]()
    started = time.perf_counter()
    await asyncio.gather(*(sign_in(address, accounts, left, times) for _ in range(concurrency)))
    return time.perf_counter() - started, sorted(times)


def main() -> int:
    """Print the figures; 1 when more than a fifth is added to the bare checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--concurrency", type=int, default=8)
    chosen = parser.parse_args()
    uvloop.install()
    say(f"Python {platform.python_version()}, {os.cpu_count()} processors, load before {os.getloadavg()[0]:.1f}")
    say(f"python -m tests.benchmarks.bench_sign_in {' '.join(sys.argv[1:])}".rstrip())
    with demonstration() as (address, accounts, supervisor, _):
        everybody = list(accounts.values())
        asyncio.run(all_sign_in(address, everybody, 2 * chosen.concurrency, chosen.concurrency))
        before = busy(supervisor)
        seconds, times = asyncio.run(all_sign_in(address, everybody, chosen.people, chosen.concurrency))
        after = busy(supervisor)
        with ProcessPoolExecutor(WEB_PROCESSES) as processes:
            list(processes.map(bare_checks, [1] * WEB_PROCESSES))
            started = time.perf_counter()
            list(processes.map(bare_checks, [chosen.people // WEB_PROCESSES] * WEB_PROCESSES))
            bare = time.perf_counter() - started
    spent = ", ".join(f"{name} {(after[name] - before[name]) / chosen.people * 1000:.1f}" for name in after)
    p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
    say(
        f"{chosen.people} sign-ins, {chosen.concurrency} at once: {seconds:.2f} s, "
        f"{chosen.people / seconds:.0f} a second, p50 {p50:.0f} ms, p95 {p95:.0f} ms; processor ms: {spent}"
    )
    say(f"{chosen.people} bare argon2id checks in {WEB_PROCESSES} processes: {bare:.2f} s")
    say(f"signing in takes {seconds / bare:.2f} times as long (wanted: at most {WANTED_SHARE})")
    return 0 if seconds <= bare * WANTED_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
