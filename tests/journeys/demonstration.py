"""Starts the product's own demonstration as a person would, and stops it: every service, process and paper is real."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.assembly.data_folder import free_port

START_SECONDS = 240  # some 30 seconds on two free processors, 41 statements included; a busy machine gets the rest
STOP_SECONDS = 90  # the worker's own grace period is 60
RUNNING = "JOURNEY_DATA"
"""Names the data folder of a demonstration that already runs, to be walked while developing."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A running product: its address (without a final slash) and who can sign in."""

    url: str
    passwords: dict[str, str]
    """By e-mail address."""


@contextmanager
def running_demonstration(data: Path) -> Iterator[Demonstration]:
    """The demonstration on its own data folder, ready to be used."""
    if RUNNING in os.environ:
        yield _read(Path(os.environ[RUNNING]) / "demo.json")
        return
    log = data.with_name("demonstration.log")
    command = [sys.executable, "-m", "services.assembly.commands", "demo"]
    with log.open("wb") as said:
        process = subprocess.Popen(  # noqa: S603  (our own command)
            [*command, "--port", str(free_port()), "--data", str(data)],
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).parents[2],
        )
    try:
        _wait(process, data / "demo.json", log)
        yield _read(data / "demo.json")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)


def _wait(process: "subprocess.Popen[bytes]", ready: Path, log: Path) -> None:
    """Until the accounts are written, which is the demonstration's last step."""
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the demonstration did not start:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.2)


def _read(file: Path) -> Demonstration:
    contents: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    passwords = {one["email"]: one["password"] for one in contents["accounts"]}
    return Demonstration(contents["url"].rstrip("/"), passwords)
