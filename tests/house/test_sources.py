"""Every source file of the four floors keeps the house rules."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import PACKAGES, ROOT, modules, nodes

LONGEST_FILE, LONGEST_FUNCTION = 300, 50
FORBIDDEN_NAMES = {"utils", "util", "common", "misc", "helpers", "helper", "manager", "managers", "operations2"}
READS_ENVIRONMENT = {"services/assembly/settings.py"}


class TestFiles:
    def test_stay_short(self):
        long = {
            path: lines
            for path in modules()
            if (lines := len((ROOT / path).read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
        }
        assert long == {}

    def test_hold_short_functions(self):
        long = {
            f"{path}:{node.lineno} {node.name}": length
            for path, node in nodes((ast.FunctionDef, ast.AsyncFunctionDef))
            if (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
        }
        assert long == {}

    def test_say_in_their_first_line_what_they_are_for(self):
        silent = []
        for path, tree in modules().items():
            said = ast.get_docstring(tree) or ""
            first = tree.body[0].lineno if tree.body else 0
            if first != 1 or len(said.splitlines()[0] if said else "") < 15:
                silent.append(path)
        assert silent == []

    def test_bear_names_of_the_domain(self):
        wrong = [path for path in modules() if FORBIDDEN_NAMES & {Path(path).stem, *Path(path).parent.parts}]
        assert wrong == []

    def test_put_off_no_annotations(self):
        # Litestar reads the types of handlers when they are defined.
        assert [path for path, node in nodes(ast.ImportFrom) if node.module == "__future__"] == []

    def test_read_the_environment_in_one_place(self):
        readers = {
            path
            for path, node in nodes((ast.Attribute, ast.ImportFrom, ast.Name))
            if (isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb", "putenv"})
            or (
                isinstance(node, ast.ImportFrom)
                and node.module == "os"
                and {"environ", "getenv"} & {a.name for a in node.names}
            )
        }
        assert readers == READS_ENVIRONMENT

    def test_say_nothing_of_workplaces_and_paths_of_one_machine(self):
        for path in modules():
            text = (ROOT / path).read_text(encoding="utf-8")
            assert "/work/" not in text, path
            assert "/root/" not in text, path

    def test_swallow_nothing(self):
        """``except Exception: pass`` hides a fault from everybody."""
        silent = [
            f"{path}:{node.lineno}"
            for path, node in nodes(ast.ExceptHandler)
            if (
                node.type is None
                or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
            )
            and all(isinstance(line, ast.Pass | ast.Continue) for line in node.body)
        ]
        assert silent == []

    def test_leave_the_transaction_to_the_door(self):
        """Nobody else begins, commits, takes a role or a connection."""
        words = ("BEGIN", "COMMIT", "ROLLBACK", "SET ROLE", "SET LOCAL ROLE", "SET SESSION", "RESET ROLE")
        allowed = {"tenants/database/transaction.py", "tenants/database/migrating.py", "tenants/database/pool.py"}
        found = [
            (path, node.value)
            for path, node in nodes(ast.Constant)
            if isinstance(node.value, str)
            and node.value.startswith(words)
            and path not in allowed
            and node.value.split()[0].rstrip(";") == node.value.split()[0]
            and node.value == node.value.upper()
        ]
        assert found == []


class TestFloors:
    def test_import_only_from_below(self):
        done = subprocess.run(  # noqa: S603  (our own check, nothing from outside)
            [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Contracts: 0 kept" not in done.stdout

    @pytest.mark.parametrize("package", PACKAGES)
    def test_are_the_folders_the_product_has(self, package: str):
        assert (ROOT / package / "__init__.py").is_file()

    def test_keep_a_slices_tables_private(self):
        """Other slices see operations, queries and the types in rules."""
        guests = []
        for path, node in nodes(ast.ImportFrom):
            words = (node.module or "").split(".")
            if (
                words[-1] != "tables"
                or words[0] not in {"billing", "procurement"}
                or path.startswith("services/assembly")
            ):
                continue
            if Path(path).parent.as_posix() != "/".join(words[:-1]):
                guests.append(f"{path} imports {node.module}")
        assert guests == []
