"""The demonstration's supervisor, with small programs in place of web, worker and schedule."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from services.assembly.data_folder import DataFolderLock
from services.assembly.embedded import free_port
from services.assembly.text_table import text_table

pytestmark = [
    pytest.mark.xdist_group("embedded"),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes through /proc"),
]
ROOT = Path(__file__).parents[3]
ACCOUNT = {
    "role": "town_finance",
    "email": "zaisei@example.jp",
    "password": "p",
    "tenant_code": "282014",
    "tenant_name": "見本市",
}
PYTHON = (sys.executable, "-c")
SLEEP = (*PYTHON, "import time; time.sleep(600)")
STUBS = {
    "migrate": (*PYTHON, "print('tables are there')"),
    "worker": SLEEP,
    "beat": SLEEP,
    "web": (sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", "docs", "{port}"),
    "load": (
        *PYTHON,
        f"import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('''{json.dumps([ACCOUNT])}''')",
        "{accounts}",
    ),
    "check_drawing": (*PYTHON, "pass"),
}
PROGRAM = """
import json, sys
from pathlib import Path
from services.assembly.supervisor import Programs, run_demo
say = lambda line: print(line, flush=True)
programs = Programs(**json.loads(sys.argv[3]))
sys.exit(run_demo(Path(sys.argv[1]), int(sys.argv[2]), reset=False, say=say, programs=programs))
"""
FAST = 30


class Demonstration:
    """A running supervisor and what it says."""

    def __init__(self, data_dir: Path, **programs: tuple[str, ...]) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.mark = uuid4().hex
        self.lines: list[str] = []
        self.process = subprocess.Popen(  # noqa: S603  (our own interpreter)
            [sys.executable, "-c", PROGRAM, str(data_dir), str(self.port), json.dumps(STUBS | programs)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env={**os.environ, "DEMONSTRATION": self.mark},
        )

    def read_until(self, words: str) -> None:
        for line in self.process.stdout:
            self.lines.append(line)
            if words in line:
                return
        raise AssertionError("".join(self.lines))

    def finish(self) -> str:
        rest, _ = self.process.communicate(timeout=FAST)
        return "".join(self.lines) + rest

    def remaining(self) -> list[str]:
        """Command lines of processes that still work for this demonstration."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and int(folder.name) != os.getpid():
                try:
                    command, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
                except OSError:
                    continue
                if self.mark.encode() in environment or str(self.data_dir).encode() in command:
                    found.append(command.replace(b"\0", b" ").decode())
        return found


@pytest.fixture
def start(tmp_path):
    started = []

    def _start(**programs):
        started.append(Demonstration(tmp_path / "data", **programs))
        return started[-1]

    yield _start
    for demonstration in started:
        if demonstration.process.poll() is None:
            demonstration.process.terminate()
            demonstration.process.wait(FAST)
        demonstration.process.stdout.close()


class TestRunDemo:
    def test_says_where_it_is_and_ends_with_ctrl_c_leaving_data_but_no_process(self, start, tmp_path):
        first = start()
        first.read_until("zaisei@example.jp")
        assert httpx.get(f"http://127.0.0.1:{first.port}/").status_code == 200
        path = tmp_path / "data" / "demo.json"
        told = json.loads(path.read_text())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert told["url"] == f"http://127.0.0.1:{first.port}/"
        assert told["accounts"] == [ACCOUNT]
        with psycopg.connect(told["database"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS answer")
        first.process.send_signal(signal.SIGINT)
        text = first.finish()
        assert first.process.returncode == 0
        assert first.remaining() == []
        assert [f"[{step}/6]" in text for step in range(1, 7)] == [True] * 6
        assert "tables are there" in text

        second = start()
        second.read_until("zaisei@example.jp")
        with psycopg.connect(json.loads(path.read_text())["database"]) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (7,)
        second.process.send_signal(signal.SIGTERM)
        second.finish()
        assert second.process.returncode == 0
        assert second.remaining() == []

    def test_names_the_child_that_died_and_stops_the_rest(self, start):
        demonstration = start(worker=(*PYTHON, "import time; time.sleep(0.5); raise SystemExit('out of luck')"))
        text = demonstration.finish()
        assert demonstration.process.returncode == 1
        assert "worker が止まりました" in text
        assert "worker ended by itself (exit code 1)" in text
        assert "out of luck" in text
        assert demonstration.remaining() == []

    def test_stops_when_a_step_fails(self, start):
        demonstration = start(migrate=(*PYTHON, "raise SystemExit('no such column')"))
        text = demonstration.finish()
        assert demonstration.process.returncode == 1
        assert "migrate failed" in text
        assert "no such column" in text
        assert demonstration.remaining() == []

    def test_leaves_no_orphan_when_it_is_killed(self, start):
        demonstration = start()
        demonstration.read_until("zaisei@example.jp")
        assert len(demonstration.remaining()) >= 6
        demonstration.process.kill()
        deadline = time.monotonic() + FAST
        while demonstration.remaining() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert demonstration.remaining() == []


class TestChecks:
    def test_say_that_the_port_is_taken(self, tmp_path):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            options = [f"--port={taken.getsockname()[1]}", f"--data={tmp_path / 'data'}"]
            demonstration = subprocess.run(  # noqa: S603  (our own interpreter)
                [sys.executable, "-m", "services.assembly.commands", "demo", *options],
                capture_output=True,
                text=True,
                cwd=ROOT,
                check=False,
            )
        assert demonstration.returncode == 1
        assert "は使われています" in demonstration.stdout
        assert "is in use" in demonstration.stdout
        assert not (tmp_path / "data").exists()

    def test_say_that_another_demonstration_runs(self, start, tmp_path):
        lock = DataFolderLock(tmp_path / "data")
        text = start().finish()
        lock.release()
        assert "別のデモが動いています" in text
        assert "Another demonstration runs" in text

    def test_say_that_the_folder_is_not_ours(self, start, tmp_path):
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "thesis.txt").write_text("years of work")
        assert "holds something else; nothing was changed" in start().finish()
        assert [entry.name for entry in (tmp_path / "data").iterdir()] == ["thesis.txt"]

    def test_name_the_packages_that_draw_pdfs(self, start):
        text = start(check_drawing=(*PYTHON, "raise SystemExit(1)")).finish()
        assert "apt-get install libpango-1.0-0" in text


class TestTextTable:
    def test_keeps_columns_straight_with_wide_characters(self):
        assert text_table(("名", "b"), [("あい", "x"), ("abc", "y")]) == "  名    b\n  あい  x\n  abc   y"
