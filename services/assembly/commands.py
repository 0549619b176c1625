"""The ``yui`` command: one subcommand for each thing an operator does.

Every handler imports what it needs itself, so that ``yui apportion`` starts at once and loads no server.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.assembly.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEMO_PORT = 8000
QUEUES = ("quick", "slow", "nightly")
GRACE_SECONDS = 20  # the longest page a person waits for; then the process ends anyway


def main(argv: Sequence[str] | None = None) -> int:
    """This will run one subcommand and return its exit code: 0 done, 1 refused, 2 misused, 130 interrupted."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.handler(arguments)
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="yui", description="結 (Yui): shared services of one prefecture's towns")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    apportion = commands.add_parser("apportion", help="apportion the case in a JSON file; print the result as JSON")
    apportion.add_argument("case", type=Path, metavar="CASE.json")
    apportion.set_defaults(handler=_apportion)

    migrate = commands.add_parser("migrate", help="bring the database to the newest form")
    migrate.set_defaults(handler=_migrate)

    serve = commands.add_parser("serve", help="run the web server")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    serve.add_argument("--port", type=int, default=DEMO_PORT)
    serve.set_defaults(handler=_serve)

    worker = commands.add_parser("worker", help="run the jobs")
    worker.set_defaults(handler=_worker)

    beat = commands.add_parser("beat", help="send the scheduled jobs; run exactly one")
    beat.add_argument("--schedule", type=Path, default=Path("beat-schedule"), help="file that remembers the last runs")
    beat.set_defaults(handler=_beat)

    cell = commands.add_parser("found", help="register the prefecture and its first administrator, once")
    cell.add_argument("--code", required=True, help="the prefecture's six-digit code")
    cell.add_argument("--name", required=True, help="the prefecture's name")
    cell.add_argument("--kana", default="", help="its reading")
    cell.add_argument("--admin-email", required=True)
    cell.add_argument("--admin-name", required=True)
    cell.set_defaults(handler=_found)

    verify = commands.add_parser("verify-trail", help="compare every trail with its daily seals; 1 when one differs")
    verify.set_defaults(handler=_verify_trail)

    demo = commands.add_parser("demo", help="run everything on this machine with synthetic data")
    demo.add_argument("--port", type=int, default=DEMO_PORT)
    demo.add_argument("--data", type=Path, default=ROOT / "data", metavar="DIR")
    demo.add_argument("--reset", action="store_true", help="throw the data of earlier demonstrations away first")
    demo.set_defaults(handler=_demo)

    load = commands.add_parser("load-demo", help="put the synthetic data of the demonstration in; done by demo")
    load.add_argument("accounts", type=Path, metavar="ACCOUNTS.json", help="file to write the accounts to")
    load.set_defaults(handler=_load_demo)

    reference = commands.add_parser("reference", help="write the generated pages of docs/reference")
    reference.add_argument("--check", action="store_true", help="change nothing; fail when a page is out of date")
    reference.set_defaults(handler=_reference)
    return parser


def _settings() -> "Settings":
    from services.assembly.settings import SettingsError, read_environment

    try:
        return read_environment()
    except SettingsError as error:
        raise SystemExit(f"設定に誤りがあります。/ The settings are wrong:\n{error}") from None


def _log(line: str) -> None:
    print(line, flush=True)


def _apportion(arguments: argparse.Namespace) -> int:
    from billing.apportionment.command import apportion_file

    return apportion_file(arguments.case, sys.stdout, sys.stderr)


def _migrate(_: argparse.Namespace) -> int:
    from services.assembly.migrations import migrate_all

    settings = _settings()
    if not settings.owner_database_url:
        raise SystemExit("YUI_OWNER_DATABASE_URL is missing: migrations run as the owner of the tables.")
    migrate_all(settings.owner_database_url, _log)
    return 0


def _found(arguments: argparse.Namespace) -> int:
    import getpass

    from services.assembly.founding import Founding, found
    from tenants.errors import YuiError

    settings = _settings()
    # A password on the command line would stand in the shell's history; from a pipe the first line is taken.
    interactive = sys.stdin.isatty()
    password = getpass.getpass("管理者のパスワード: ") if interactive else sys.stdin.readline().rstrip("\n")
    try:
        found(
            settings,
            Founding(
                arguments.code, arguments.name, arguments.kana, arguments.admin_email, arguments.admin_name, password
            ),
        )
    except YuiError as refused:
        print(refused.message, file=sys.stderr)
        return 2
    _log(f"{arguments.name}と管理者を登録しました")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    import uvicorn

    settings = _settings()
    uvicorn.run(
        "services.assembly.app:create_app",
        factory=True,
        host=arguments.host,
        port=arguments.port,
        workers=settings.web_processes,
        log_level=settings.log_level.lower(),
        server_header=False,
        access_log=False,  # who did what stands in the trail; the balancer before us has the addresses and paths
        proxy_headers=False,  # a header anybody can send must not decide which address the audit trail records
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return 0


def _worker(_: argparse.Namespace) -> int:
    from services.assembly.worker import celery_app

    settings = _settings()
    run: Callable[[list[str]], object] = celery_app.worker_main  # its stub says that it never returns
    run(
        [
            "worker",
            "--pool=prefork",
            f"--concurrency={settings.worker_processes}",
            f"--queues={','.join(QUEUES)}",
            f"--loglevel={settings.log_level}",
            # workers need not know each other: exactly-once comes from the database
            "--without-gossip",
            "--without-mingle",
        ]
    )
    return 0


def _beat(arguments: argparse.Namespace) -> int:
    from services.assembly.worker import celery_app

    settings = _settings()
    run: Callable[[list[str]], object] = celery_app.start  # its stub says that it never returns
    run(["beat", f"--schedule={arguments.schedule}", "--pidfile=", f"--loglevel={settings.log_level}"])
    return 0


def _verify_trail(_: argparse.Namespace) -> int:
    from services.assembly.trail_check import verify_trails

    return verify_trails(_settings(), _log)


def _demo(arguments: argparse.Namespace) -> int:
    from services.assembly.supervisor import run_demo

    return run_demo(arguments.data, arguments.port, reset=arguments.reset, say=_log)


def _load_demo(arguments: argparse.Namespace) -> int:
    import json

    from services.assembly.data_folder import write_private
    from services.assembly.demo import load_demo

    accounts = load_demo(_settings(), _log)
    write_private(arguments.accounts, json.dumps(accounts, ensure_ascii=False, indent=1) + "\n")
    return 0


def _reference(arguments: argparse.Namespace) -> int:
    from services.assembly.reference import check_reference, write_reference

    folder = ROOT / "docs" / "reference"
    if not arguments.check:
        write_reference(folder)
        return 0
    stale = check_reference(folder)
    for name in stale:
        print(f"{name} is out of date; `yui reference` writes it anew.", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
