"""``yui demo``: the whole product on one machine, started in order, watched, and stopped without leaving anything."""

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from services.assembly.data_folder import DataFolderBusy, NotADataFolder, check_folder, is_port_free, write_private
from services.assembly.embedded import Addresses, EmbeddedServices
from services.assembly.processes import RunningProcess, ServiceError, launch
from services.assembly.settings import child_environment
from services.assembly.text_table import text_table

Say = Callable[[str], None]
HOST = "127.0.0.1"
WATCH_SECONDS = 0.2  # how soon a dead child is noticed; looking costs a few system calls
ANSWER_SECONDS = 60  # the web server needs about three seconds; a busy machine gets the rest
STEPS = 6
DRAWING_PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"  # WeasyPrint's, on Debian
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _yui(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "services.assembly.commands", *arguments)


@dataclass(frozen=True, slots=True)
class Programs:
    """The commands the demonstration consists of; ``{port}``, ``{data}`` and ``{accounts}`` are filled in."""

    migrate: Sequence[str] = _yui("migrate")
    worker: Sequence[str] = _yui("worker")
    beat: Sequence[str] = _yui("beat", "--schedule", "{data}/beat-schedule")
    web: Sequence[str] = _yui("serve", "--host", HOST, "--port", "{port}")
    load: Sequence[str] = _yui("load-demo", "{accounts}")
    check_drawing: Sequence[str] = (sys.executable, "-c", "import weasyprint")


class Refusal(Exception):  # noqa: N818  (an outcome, like tenants.errors)
    """Why the demonstration cannot run, in one sentence for a person."""


class _Stopped(Exception):  # noqa: N818
    """Somebody asked for the end: Ctrl-C, SIGTERM or a closed terminal."""


def run_demo(data_dir: Path, port: int, *, reset: bool, say: Say, programs: Programs | None = None) -> int:
    """This will run the product on ``data_dir`` until it is stopped; 0 when asked to stop, 1 when something failed."""
    demo = _Demo(data_dir.absolute(), port, say, programs or Programs())
    kept = {name: signal.signal(name, _stop) for name in ENDINGS}
    try:
        demo.run(reset=reset)
    except _Stopped:
        say("停止しています。/ Stopping.")
        return 0
    except (Refusal, ServiceError) as refusal:
        say(str(refusal))
        return 1
    finally:
        _ignore_endings()
        demo.stop()
        for name, handler in kept.items():
            signal.signal(name, handler)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    _ignore_endings()
    raise _Stopped


def _ignore_endings() -> None:
    """A second Ctrl-C must not interrupt the orderly end."""
    for name in ENDINGS:
        signal.signal(name, signal.SIG_IGN)


@dataclass(slots=True)
class _Demo:
    data_dir: Path
    port: int
    say: Say
    programs: Programs
    services: EmbeddedServices = field(init=False)
    children: list[RunningProcess] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.services = EmbeddedServices(self.data_dir)

    def run(self, *, reset: bool) -> NoReturn:
        """Starts everything in order and watches it; leaves only by an exception."""
        self._step(1, "この機械を調べています", "Checking this machine")
        self._check()
        self._step(2, "データベース、ジョブ、保管庫を起動しています", "Starting database, broker and storage")
        addresses = self._start_services(reset=reset)
        demo_file = self.data_dir / "demo.json"
        demo_file.unlink(missing_ok=True)
        everyday, owner = _environments(addresses)
        self._step(3, "データベースの形を整えています", "Migrating the database")
        self._complete("migrate", self.programs.migrate, owner)
        self._step(4, "ジョブの処理と画面を起動しています", "Starting worker, schedule and web server")
        # 60 seconds: a worker ends after its present jobs, a run of all towns being the longest
        self._launch("worker", self.programs.worker, everyday, grace_seconds=60)
        self._launch("beat", self.programs.beat, everyday)
        self._launch("web", self.programs.web, everyday)
        self._wait_for_answer()
        self._step(5, "見本のデータを入れています", "Loading the sample data")
        accounts_file = self.data_dir / "accounts.json"
        self._complete("load-demo", self.programs.load, owner)
        accounts: list[dict[str, Any]] = json.loads(accounts_file.read_text(encoding="utf-8"))
        accounts_file.unlink()
        url = f"http://{HOST}:{self.port}/"
        contents = {"url": url, "database": addresses.owner_url, "accounts": accounts}
        write_private(demo_file, json.dumps(contents, ensure_ascii=False, indent=1) + "\n")
        self._step(6, "用意ができました。止めるには Ctrl-C", "Ready. Ctrl-C stops it")
        self.say(f"\n  {url}\n\n{_table(accounts)}\n")
        while True:
            self._watch()

    def stop(self) -> None:
        """Ends the children, the last started first, and then the services they used."""
        while self.children:
            self.children.pop().stop()
        self.services.stop()

    def _step(self, number: int, japanese: str, english: str) -> None:
        self.say(f"[{number}/{STEPS}] {japanese}。/ {english}.")

    def _check(self) -> None:
        if not is_port_free(self.port, HOST):
            raise Refusal(
                f"ポート {self.port} は使われています。PORT=8001 などを指定してください。"
                f" / Port {self.port} is in use; choose another one, for example PORT=8001."
            )
        done = subprocess.run(  # noqa: S603  (our own interpreter)
            list(self.programs.check_drawing), capture_output=True, check=False, env=child_environment({})
        )
        if done.returncode != 0:
            raise Refusal(
                f"PDF の作成に必要な Pango がありません。apt-get install {DRAWING_PACKAGES} を実行してください。"
                f" / Pango, which draws the PDFs, is missing; run apt-get install {DRAWING_PACKAGES}."
            )

    def _start_services(self, *, reset: bool) -> Addresses:
        try:
            check_folder(self.data_dir)
            return self.services.start(reset=reset)
        except DataFolderBusy:
            raise Refusal(
                f"{self.data_dir} では別のデモが動いています。先にそれを止めるか、DATA= で別の場所を指定してください。"
                f" / Another demonstration runs on {self.data_dir}; stop it, or choose another folder with DATA=."
            ) from None
        except NotADataFolder:
            raise Refusal(
                f"{self.data_dir} には結のものではないファイルがあるため、何も変えていません。"
                f" / {self.data_dir} holds something else; nothing was changed."
            ) from None

    def _launch(
        self, name: str, program: Sequence[str], environment: Mapping[str, str], *, grace_seconds: float = 25
    ) -> RunningProcess:
        facts = {"port": str(self.port), "data": str(self.data_dir), "accounts": str(self.data_dir / "accounts.json")}
        process = launch(
            name,
            [part.format(**facts) if part.startswith("{") else part for part in program],
            log_path=self.data_dir / "logs" / f"{name}.log",
            environment=environment,
            directory=Path(__file__).parents[2],  # where the packages lie, so that -m finds them
            grace_seconds=grace_seconds,
        )
        self.children.append(process)
        return process

    def _complete(self, name: str, program: Sequence[str], environment: Mapping[str, str]) -> None:
        """Runs one program to its end, repeating its lines; the others are watched meanwhile."""
        log_path = self.data_dir / "logs" / f"{name}.log"
        start = log_path.stat().st_size if log_path.exists() else 0
        process = self._launch(name, program, environment)
        with log_path.open("rb") as log:
            log.seek(start)
            while process.is_running:
                self._repeat(log.read())
                self._watch(finite=process)
            self._repeat(log.read())
        self.children.remove(process)
        if process.exit_code != 0:
            raise Refusal(f"{name} が失敗しました。/ {name} failed; its last lines stand above.")

    def _repeat(self, text: bytes) -> None:
        for line in text.decode("utf-8", errors="replace").splitlines():
            self.say(f"      {line}")

    def _watch(self, *, finite: RunningProcess | None = None) -> None:
        """Waits a moment; raises Refusal when a child other than ``finite`` has died."""
        for process in (*self.services.processes, *self.children):
            if process is not finite and not process.is_running:
                raise Refusal(
                    f"{process.name} が止まりました(終了コード {process.exit_code})。"
                    f" / {process.name} ended by itself (exit code {process.exit_code}).\n{process.log_tail()}"
                )
        time.sleep(WATCH_SECONDS)

    def _wait_for_answer(self) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            line = http.client.HTTPConnection(HOST, self.port, timeout=5)
            with closing(line), suppress(OSError, http.client.HTTPException):
                line.request("GET", "/")
                if line.getresponse().status < http.client.INTERNAL_SERVER_ERROR:
                    return
            self._watch()
        web = self.children[-1]
        raise Refusal(f"画面が応答しません。/ The web server does not answer.\n{web.log_tail()}")


def _environments(addresses: Addresses) -> tuple[dict[str, str], dict[str, str]]:
    """For web, worker and schedule, which never learn the owner's password; and for what acts as the owner."""
    owner = addresses.as_environment() | {
        "YUI_PREFECTURE_NAME": "兵庫県",
        "YUI_SAMPLE_DATA": "yes",
        "PYTHONUNBUFFERED": "1",  # so that a line is in the log when it is written
        "NO_PROXY": HOST,
        "no_proxy": HOST,
    }
    return child_environment(owner | {"YUI_OWNER_DATABASE_URL": ""}), child_environment(owner)


def _table(accounts: Sequence[Mapping[str, Any]]) -> str:
    heads = ("役割 role", "メール email", "パスワード password", "団体 organisation")
    rows = [tuple(str(one[name]) for name in ("role", "email", "password", "tenant_name")) for one in accounts]
    return text_table(heads, rows)
