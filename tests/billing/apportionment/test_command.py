"""`yui apportion CASE.json`: exit states, problems line by line, and the same bytes every time."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from billing.apportionment.calculation import apportion
from billing.apportionment.case import parse_case
from billing.apportionment.command import apportion_file
from billing.apportionment.result import result_json
from tests.billing.apportionment.small_cases import A, cost, grant, small_case

ROOT = Path(__file__).resolve().parents[3]


def run(path, environment=None, stdin=b""):
    return subprocess.run(  # noqa: S603  (our own command)
        [sys.executable, "-m", "billing.apportionment.command", str(path)],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        input=stdin,
        capture_output=True,
        check=False,
    )


@pytest.fixture
def case_file(tmp_path):
    def write(case):
        path = tmp_path / "case.json"
        path.write_bytes(case if isinstance(case, bytes) else json.dumps(case, ensure_ascii=False).encode())
        return path

    return write


class TestApportionFile:
    def test_writes_the_result_document_and_answers_0(self, case_file):
        case = small_case(1001, grants=[grant("1/2")])
        out, err = io.StringIO(), io.StringIO()
        assert apportion_file(str(case_file(case)), out, err) == 0
        assert err.getvalue() == ""
        assert out.getvalue().encode() == result_json(apportion(parse_case(case)))

    def test_writes_one_apportionment_line_per_text_line(self, case_file):
        out = io.StringIO()
        apportion_file(str(case_file(small_case(1001))), out, io.StringIO())
        assert '\n        {"cost": "c1", "exact": "1001/2", "share_yen": 501}\n' in out.getvalue()
        assert out.getvalue().endswith("}\n")

    def test_tells_each_problem_on_a_line_of_its_own_and_answers_2(self, case_file):
        case = small_case(1000, surprise=1)
        case["members"][0]["months"] = 13
        out, err = io.StringIO(), io.StringIO()
        assert apportion_file(str(case_file(case)), out, err) == 2
        assert out.getvalue() == ""
        assert err.getvalue().splitlines() == [
            "/surprise\tこの形式にない項目です。項目名を確かめてください。\tunknown-field",
            "/members/0/months\t0以上12以下の整数にしてください(値は13)。\tout-of-range",
        ]

    def test_tells_problems_of_the_calculation_the_same_way(self, case_file):
        case = small_case(10, grants=[grant("1/2", 1000, "ceil")])
        err = io.StringIO()
        assert apportion_file(str(case_file(case)), io.StringIO(), err) == 2
        assert [line.split("\t")[2] for line in err.getvalue().splitlines()] == ["negative-burden"] * 3

    @pytest.mark.parametrize("path", ["", "/no/such/file.json", ".", "nul\x00byte"])
    def test_tells_that_a_file_cannot_be_read(self, path):
        err = io.StringIO()
        assert apportion_file(path, io.StringIO(), err) == 2
        assert err.getvalue().endswith("\tunreadable\n")

    def test_keeps_a_problem_on_one_line_whatever_the_field_is_called(self, case_file):
        case = {**small_case(10), "a\nb\t\ud800": 1}
        path = case_file(json.dumps(case).encode())
        found = run(path)
        assert found.returncode == 2
        assert found.stderr.decode().splitlines() == [
            "/a\\nb\\t\\ud800\tこの形式にない項目です。項目名を確かめてください。\tunknown-field"
        ]


class TestCommand:
    def test_reads_standard_input_and_writes_utf8_in_any_locale(self):
        case = small_case(1001)
        environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
        found = run("-", environment, json.dumps(case).encode())
        assert found.stderr == b""
        assert found.returncode == 0
        assert found.stdout == result_json(apportion(parse_case(case)))

    def test_gives_the_same_bytes_for_every_hash_seed(self, case_file):
        case = small_case(
            1001, 777, 3, grants=[grant("1/2"), {**grant("1/10", level="member"), "id": "h", "funder": "x"}]
        )
        case["costs"].append(cost("d", 5, {"member": A}))
        path = case_file(case)
        found = {run(path, {"PYTHONHASHSEED": seed}).stdout for seed in ("0", "1", "4242", "random")}
        assert found == {result_json(apportion(parse_case(case)))}

    def test_gives_the_same_problems_for_every_hash_seed(self, case_file):
        path = case_file({**small_case(1000), "x": 1, "y": 2, "members": []})
        found = {run(path, {"PYTHONHASHSEED": seed}).stderr for seed in ("0", "1", "4242")}
        assert len(found) == 1

    def test_ends_quietly_when_its_reader_goes_away(self, case_file):
        case = small_case(1000)
        case["costs"] = [cost(f"c{place}", 1000) for place in range(5000)]
        command = [sys.executable, "-m", "billing.apportionment.command", str(case_file(case))]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603
            process.stdout.read(10)
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 1

    def test_asks_for_exactly_one_file(self):
        found = subprocess.run(
            [sys.executable, "-m", "billing.apportionment.command"], cwd=ROOT, capture_output=True, check=False
        )
        assert found.returncode == 2
        assert found.stderr.decode().endswith("\tusage\n")

    def test_starts_without_the_web_or_the_database(self):
        script = (
            "import sys, billing.apportionment.command\n"
            "heavy = {'litestar', 'piccolo', 'psycopg', 'celery', 'boto3', 'openpyxl', 'jinja2', 'weasyprint'}\n"
            "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)\n"
        )
        command = [sys.executable, "-c", script]
        found = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603
        assert found.stderr == b""
        assert found.returncode == 0
