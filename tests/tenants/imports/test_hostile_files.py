"""Hostile files: every one is read with its rows accounted for, or refused with a code.

More cases: ``HOSTILE_FILES=10000`` in the environment of the tests; the seed is printed with every failure.
"""

import os
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest

from tenants.imports.parsing.child import told
from tenants.imports.parsing.delimited import read_delimited
from tenants.imports.parsing.refusals import REFUSAL_CODES, Refused
from tenants.imports.reading import DEFAULT, Hearing, Table, UnreadableFile, read_table
from tests.tenants.imports.lying_workbooks import lies
from tests.tenants.imports.workbook_bytes import parts_of, row_xml, zipped

SEED = int(os.environ.get("HOSTILE_SEED", "20261121"))
MUTATIONS = int(os.environ.get("HOSTILE_FILES", "1600"))
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
    return len(re.findall(r"<t\s*>[^<]*\S[^<]*</t\s*>", xml))


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
            if answer.format != "xlsx":
                continue  # spoilt so far that it is a line of text
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
