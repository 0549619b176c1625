"""The ``yui`` command: what it offers, and that its light parts load nothing heavy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.assembly.commands import main

ROOT = Path(__file__).parents[3]
COMMANDS = ["apportion", "migrate", "serve", "worker", "beat", "verify-trail", "demo", "load-demo", "reference"]


class TestMain:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_explains_every_command(self, command, capsys):
        with pytest.raises(SystemExit) as done:
            main([command, "--help"])
        assert done.value.code == 0
        assert f"yui {command}" in capsys.readouterr().out

    def test_refuses_to_do_nothing(self, capsys):
        with pytest.raises(SystemExit) as done:
            main([])
        assert done.value.code == 2
        assert "COMMAND" in capsys.readouterr().err

    def test_says_which_setting_is_missing(self, monkeypatch):
        for name in ("YUI_DATABASE_URL", "YUI_BROKER_URL"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(SystemExit, match="YUI_DATABASE_URL is missing"):
            main(["migrate"])

    def test_migrates_only_as_the_owner(self, monkeypatch, environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("YUI_OWNER_DATABASE_URL", raising=False)
        with pytest.raises(SystemExit, match="YUI_OWNER_DATABASE_URL is missing"):
            main(["migrate"])


class TestImport:
    def test_loads_no_server_driver_or_renderer(self):
        program = (
            "import json, sys, services.assembly.commands as c\n"
            "c._parser(); print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
        )
        done = subprocess.run(  # noqa: S603  (our own interpreter)
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
        )
        heavy = {"litestar", "celery", "psycopg", "piccolo", "boto3", "weasyprint", "openpyxl", "uvicorn", "jinja2"}
        assert heavy.isdisjoint(json.loads(done.stdout))
