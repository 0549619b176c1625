"""Hostile files: every one is read with its rows accounted for, or refused with a code; bombs are really killed.

More cases: ``HOSTILE_FILES=10000`` in the environment of the tests; the seed is printed with every failure.
"""

import os
import random
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from tenants.imports.parsing.child import told
from tenants.imports.parsing.delimited import read_delimited
from tenants.imports.parsing.refusals import REFUSAL_CODES, Refused
from tenants.imports.parsing.sheet_count import MAIN
from tenants.imports.reading import DEFAULT, Hearing, Limits, Table, UnreadableFile, read_table
from tests.tenants.imports.lying_workbooks import lies
from tests.tenants.imports.workbook_bytes import parts_of, row_xml, workbook, zipped

SEED = int(os.environ.get("HOSTILE_SEED", "20261121"))
MUTATIONS = int(os.environ.get("HOSTILE_FILES", "1600"))
ROOT = Path(__file__).parents[3]
_NAMES = ["山田 太郎", "髙橋 花子", "=1+1", 'quote"s', "a,b", "tab\there", "行\n送り", "", "①㈱", "0123"]


def heard(content: bytes) -> Table | str:
    """What the child would say of a file, checked as the parent does: a table, or the code of the refusal."""
    hearing = Hearing(DEFAULT.bounds)
    try:
        for line in told(content, DEFAULT.bounds):
            table = hearing.take(line)
            if table is not None:
                return table
    except UnreadableFile as refused:
        return refused.code
    raise AssertionError("the child said neither a table nor a refusal")


class TestLyingWorkbooks:
    def test_give_their_true_rows_or_are_refused(self):
        cases, read = list(lies()), 0
        for lie in cases:
            answer = heard(lie.content)
            if isinstance(answer, str):
                assert answer in REFUSAL_CODES - {"reader-ended"}, lie.name
                continue
            read += 1
            assert lie.rows is not None, f"{lie.name} was read: {answer.rows[:3]}"
            assert [(row.number, row.cells) for row in answer.rows] == lie.rows, lie.name
        assert len(cases) >= 300
        assert read >= 60  # most honest rows below a lie are still read

    async def test_say_the_same_through_a_real_child(self):
        rng = random.Random(SEED)  # noqa: S311
        for lie in rng.sample(list(lies()), 6):
            try:
                answer: Table | str = replace(await read_table(lie.content, "x.xlsx"), walls=())
            except UnreadableFile as refused:
                answer = refused.code
            assert answer == heard(lie.content), lie.name


def _flip(rng: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _cut(rng: random.Random, content: bytes) -> bytes:
    start = rng.randrange(len(content))
    return content[:start] + content[start + rng.randrange(1, 200) :]


def _repeat(rng: random.Random, content: bytes) -> bytes:
    start = rng.randrange(len(content))
    end = start + rng.randrange(1, 300)
    return content[:end] + content[start:end] * rng.randrange(1, 4) + content[end:]


def _insert(rng: random.Random, content: bytes) -> bytes:
    pieces = (b"\x00", b"\xff\xfe", b'"', b",", b"\t", b"\r", b"\n", b"<row>", b"</c>", b"&a;", b"]]>", b"\xef\xbb\xbf")
    start = rng.randrange(len(content) + 1)
    return content[:start] + rng.choice((*pieces, rng.randbytes(9))) + content[start:]


def _shorten(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content))]


_MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (_flip, _cut, _repeat, _insert, _shorten)


def _inside(rng: random.Random, parts: dict[str, bytes]) -> bytes:
    """A workbook with one part of it spoilt and packed again, so that the spoilt XML is really read."""
    name = rng.choice([*parts, "xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"])
    return zipped({**parts, name: rng.choice(_MUTATIONS)(rng, parts[name])})


def _cells_in(content: bytes) -> int:
    """How many cells of the sheet hold something, counted a third way: by pattern."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode("utf-8", "replace")
    return len(re.findall(r"<t>[^<]*\S[^<]*</t>", xml))


class TestMutatedFiles:
    def test_workbooks_are_read_whole_or_refused(self):
        rng = random.Random(SEED)  # noqa: S311
        parts = parts_of("".join(row_xml(number, rng.choices(_NAMES, k=4)) for number in range(1, 12)))
        whole, read = zipped(parts), 0
        for number in range(MUTATIONS // 2):
            content = _inside(rng, parts) if number % 2 else rng.choice(_MUTATIONS)(rng, whole)
            answer = heard(content)
            if isinstance(answer, str):
                assert answer in REFUSAL_CODES - {"reader-ended"}, f"seed {SEED}, file {number}"
                continue
            read += 1
            given = sum(1 for row in answer.rows for cell in row.cells if cell.strip())
            assert given == _cells_in(content), f"seed {SEED}, file {number}"
        assert read >= 20

    def test_text_loses_no_letter_or_is_refused(self):
        rng = random.Random(SEED + 1)  # noqa: S311
        read = 0
        for number in range(MUTATIONS - MUTATIONS // 2):
            encoding = rng.choice(("utf-8", "utf-8-sig", "cp932", "utf-16"))
            separator = rng.choice((",", "\t", ";"))
            lines = [separator.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in rng.choices(_NAMES, k=4))
                     for _ in range(8)]  # fmt: skip
            content = rng.choice(_MUTATIONS)(rng, "\r\n".join(lines).encode(encoding))
            answer = heard(content)
            if isinstance(answer, str):
                assert answer in REFUSAL_CODES - {"reader-ended"}, f"seed {SEED}, text {number}"
                continue
            read += 1
            given = _letters("".join(cell for row in answer.rows for cell in row.cells))
            assert given == _letters(_decoded(content, answer.encoding)), f"seed {SEED}, text {number}"
        assert read >= 100

    def test_plain_noise_is_never_a_fault(self):
        rng = random.Random(SEED + 2)  # noqa: S311
        for _ in range(200):
            content = rng.choice((b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xff\xfe")) + rng.randbytes(
                rng.randrange(90)
            )
            answer = heard(content)
            assert isinstance(answer, Table) or answer in REFUSAL_CODES - {"reader-ended"}


def _decoded(content: bytes, encoding: str) -> str:
    if encoding == "utf-16":
        return content.decode("utf-16")
    return content.decode({"utf-8-bom": "utf-8-sig"}.get(encoding, encoding))


def _letters(text: str) -> str:
    return re.sub(r'[\s",;\t]', "", text)


class TestQuotes:
    def test_broken_ones_name_the_row(self):
        with pytest.raises(Refused) as refused:
            read_delimited(b'a,b\n1,2\n"x"y,3\n', DEFAULT.bounds)
        assert (refused.value.code, refused.value.row) == ("bad-quotes", 3)


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
walls.close_inherited(); walls.limit_resources(1 << 30, 20); stood = walls.wall_off()
def stopped(deed):
    try: deed()
    except OSError: return True
    return False
answers = {
    "walls": bool(stood),
    "network": stopped(lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2])), 2)),
    "program": stopped(lambda: subprocess.run(["/bin/true"])),
    "fork": stopped(os.fork),
    "write": stopped(lambda: os.write(os.open(sys.argv[3], os.O_CREAT | os.O_WRONLY), b"x")),
    "inherited": stopped(lambda: os.read(int(sys.argv[4]), 1)),
}
print(sorted(name for name, good in answers.items() if not good))
"""


class TestWalls:
    def test_stop_network_programs_files_and_what_was_open(self, tmp_path: Path):
        import socket

        with socket.create_server(("127.0.0.1", 0)) as listening, (tmp_path / "secret").open("w+") as secret:
            secret.write("x")
            secret.flush()
            os.set_inheritable(secret.fileno(), True)
            arguments = [str(ROOT), str(listening.getsockname()[1]), str(tmp_path / "new"), str(secret.fileno())]
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


class TestALyingChild:
    @pytest.mark.parametrize(
        "lines",
        [
            [[1, ["a"]]],
            [{"found": ["exe", "", "", []]}],
            [{"found": ["csv", "utf-8", "", [["unknown", 0, ""]]]}],
            [{"found": ["csv", "utf-8", "", []]}, {"end": 0}],
            [{"found": ["csv", "utf-8", "", []]}, [1, ["a"]], {"end": 2}],
            [{"found": ["csv", "utf-8", "", []]}, [2, ["a"]], [1, ["b"]]],
            [{"found": ["csv", "utf-8", "", []]}, [1, ["a" * 32_768]]],
            [{"found": ["csv", "utf-8", "", []]}, [1, ["a"] * 201]],
            [{"found": ["csv", "utf-8", "", []]}, [1, [1]]],
            [{"found": ["csv", "utf-8", "", []]}, [1, []]],
            [{"refused": "no-such-code", "row": 0, "limit": 0}],
            [{"refused": "too-slow"}],
            ["end"],
            [None],
        ],
    )
    def test_is_not_believed(self, lines: list[object]):
        hearing = Hearing(DEFAULT.bounds)
        for line in lines[:-1]:
            hearing.take(line)
        with pytest.raises(UnreadableFile) as refused:
            hearing.take(lines[-1])
        assert refused.value.code == "reader-ended"
