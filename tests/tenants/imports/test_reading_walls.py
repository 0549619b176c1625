"""Bombs of memory, time, patience, words and compression are really stopped, and the walls around the reader stand."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tenants.imports.parsing.sheet_count import MAIN
from tenants.imports.reading import DEFAULT, Limits, UnreadableFile, read_table
from tests.tenants.imports.workbook_bytes import parts_of, row_xml, workbook, zipped

ROOT = Path(__file__).parents[3]


def _bomb(rows: int) -> bytes:
    """A small file that grows far beyond what it is allowed when it is read."""
    xml = "".join(f'<row r="{number}"><c r="A{number}"/><c r="XFD{number}"/></row>' for number in range(1, rows + 1))
    return zipped(parts_of(xml))


def _loose(**changes: float) -> Limits:
    bounds = replace(DEFAULT.bounds, compression_ratio=100_000, uncompressed_bytes=10**10)
    return replace(DEFAULT, bounds=bounds, **changes)


def _children() -> set[str]:
    """The processes this one has started and that are still there."""
    tasks = Path("/proc/self/task").iterdir()
    return {pid for task in tasks for pid in (task / "children").read_text().split()}


class TestBombs:
    async def test_of_memory_are_killed(self):
        parts = parts_of(row_xml(1, ["a"]))
        strings = "".join(f"<si><t>{number:01000}</t></si>" for number in range(90_000))
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{strings}</sst>'.encode()
        shared = (
            b'<Override PartName="/xl/sharedStrings.xml" '
            b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
        )
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", shared)
        before, limits = _children(), _loose(memory_bytes=110 * 1024 * 1024)
        assert await read_table(workbook([["a"]]), "x", limits)  # what is honest and small has room
        with pytest.raises(UnreadableFile) as refused:
            await read_table(zipped(parts), "x", limits)
        assert refused.value.code in {"too-much-memory", "reader-ended"}
        assert _children() <= before

    async def test_of_processor_time_are_killed(self):
        before, began = _children(), time.monotonic()
        with pytest.raises(UnreadableFile) as refused:
            await read_table(_bomb(4_000), "x", _loose(cpu_seconds=1))
        assert refused.value.code == "too-slow"
        assert time.monotonic() - began < 15
        assert _children() <= before

    async def test_of_patience_are_killed(self):
        before = _children()
        with pytest.raises(UnreadableFile) as refused:
            await read_table(_bomb(4_000), "x", _loose(wall_seconds=0.6))
        assert refused.value.code == "too-slow"
        assert _children() <= before

    async def test_of_words_are_cut_off(self):
        with pytest.raises(UnreadableFile) as refused:
            await read_table(workbook([["あ" * 5_000]] * 40), "x", _loose(output_bytes=200_000))
        assert refused.value.code == "too-much-text"

    async def test_of_compression_are_refused_before_they_are_opened(self):
        parts = {**parts_of(row_xml(1, ["a"])), "xl/media/zeros": bytes(60_000_000)}
        with pytest.raises(UnreadableFile) as refused:
            await read_table(zipped(parts), "x")
        assert refused.value.code == "suspicious-compression"


_PRYING = """
import sys; sys.path.insert(0, sys.argv[1])
import os, socket, subprocess
from tenants.imports.parsing import walls
if sys.argv[5]: walls._CLONE_NEWUSER = 1 << 24  # as in a container that forbids namespaces
walls.close_inherited(); walls.limit_resources(1 << 30, 20); stood = walls.wall_off()
def stopped(deed):
    try: deed()
    except OSError: return True
    return False
answers = {
    "walls": "filter" in stood and (not sys.argv[5] or stood == ["filter"]),
    "network": stopped(lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2])), 2)),
    "program": stopped(lambda: subprocess.run(["/bin/true"])),
    "fork": stopped(os.fork),
    "write": stopped(lambda: os.write(os.open(sys.argv[3], os.O_CREAT | os.O_WRONLY), b"x")),
    "inherited": stopped(lambda: os.read(int(sys.argv[4]), 1)),
}
print(sorted(name for name, good in answers.items() if not good))
"""


class TestWalls:
    @pytest.mark.parametrize("only", ["", "filter"])
    def test_stop_network_programs_files_and_what_was_open(self, tmp_path: Path, only: str):
        import socket

        with socket.create_server(("127.0.0.1", 0)) as listening, (tmp_path / "secret").open("w+") as secret:
            secret.write("x")
            secret.flush()
            os.set_inheritable(secret.fileno(), True)
            arguments = [str(ROOT), str(listening.getsockname()[1]), str(tmp_path / "new"), str(secret.fileno()), only]
            done = subprocess.run(  # noqa: S603  (our own interpreter)
                [sys.executable, "-I", "-c", _PRYING, *arguments],
                capture_output=True, text=True, check=False, close_fds=False, timeout=30,
            )  # fmt: skip
        assert done.stdout.strip() == "[]", done.stdout + done.stderr

    async def test_secrets_of_the_environment_stay_outside(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("YUI_SECRET_KEY", "canary")
        monkeypatch.setenv("PYTHONPATH", "/nonexistent")
        monkeypatch.setattr(
            "tenants.imports.reading._START",
            "import os, sys; sys.exit(3 if 'canary' in str(dict(os.environ)) or os.listdir('.') else 0)",
        )
        with pytest.raises(UnreadableFile) as refused:
            await read_table(b"a,b\n", "x")
        assert refused.value.code == "reader-ended"
