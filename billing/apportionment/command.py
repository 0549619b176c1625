"""`yui apportion CASE.json`: recompute a case without a database; also `python -m billing.apportionment.command`."""

import gc
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from billing.apportionment.calculation import apportion
from billing.apportionment.case_reading import parse_case
from billing.apportionment.document import MAX_DOCUMENT_BYTES
from billing.apportionment.invariants import Inconsistent
from billing.apportionment.problems import CaseRefused, Problem
from billing.apportionment.result import result_chunks

DONE, FAILED, REFUSED = 0, 1, 2


def apportion_file(path: str, stdout: TextIO, stderr: TextIO) -> int:
    """Calculate the case file at ``path`` ("-" is standard input) and write the result document to ``stdout``.

    Returns the exit status: 0 when done; 2 when the file cannot be read or the case is refused, with one line
    per problem on ``stderr`` (JSON pointer, Japanese sentence, code, separated by tabs); 1 when the result
    could not be written or did not add up. Output is UTF-8 whatever the locale.
    """
    collecting = gc.isenabled()
    gc.disable()  # a calculation makes no cycles, and scanning its many lines costs more than making them
    try:
        return _apportion_file(path, stdout, stderr)
    finally:
        if collecting:
            gc.enable()


def _apportion_file(path: str, stdout: TextIO, stderr: TextIO) -> int:
    try:
        result = apportion(parse_case(_read(path)))
    except CaseRefused as refused:
        _tell(stderr, refused.problems)
        return REFUSED
    except Inconsistent as fault:
        _tell(stderr, [Problem("", f"計算結果の検算が合いません。計算を中止しました({fault})。", "inconsistent")])
        return FAILED
    try:
        _write(stdout, result_chunks(result))
    except BrokenPipeError:
        _silence(stdout)  # the reader went away, as `head` does
        return FAILED
    except OSError as error:
        _tell(stderr, [Problem("", f"計算結果を書き出せません({error.strerror or error})。", "unwritable")])
        return FAILED
    return DONE


def _read(path: str) -> bytes:
    try:
        if path == "-":
            return sys.stdin.buffer.read(MAX_DOCUMENT_BYTES + 1)
        with Path(path).open("rb") as file:
            return file.read(MAX_DOCUMENT_BYTES + 1)
    except FileNotFoundError:
        reason = "ファイルが見つかりません。"
    except PermissionError:
        reason = "ファイルを読む権限がありません。"
    except (OSError, ValueError, AttributeError):  # a folder or broken disk; a NUL in the path; no standard input
        reason = "ファイルを読めません。"
    raise CaseRefused([Problem("", reason, "unreadable")])


def _write(stream: TextIO, chunks: Iterable[bytes]) -> None:
    binary = getattr(stream, "buffer", None)
    for chunk in chunks:
        if binary is None:
            stream.write(chunk.decode("utf-8"))
        else:
            binary.write(chunk)
    stream.flush()


def _silence(stream: TextIO) -> None:
    """Send what is still buffered nowhere, so that the interpreter does not complain at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return  # not a real file, so nothing is flushed at the end


def _tell(stderr: TextIO, problems: Iterable[Problem]) -> None:
    lines = (f"{_visible(problem.pointer)}\t{_visible(problem.message)}\t{problem.code}\n" for problem in problems)
    _write(stderr, (line.encode("utf-8") for line in lines))


def _visible(text: str) -> str:
    """Write what would break a line or cannot be encoded as an escape."""
    return "".join(
        char if char.isprintable() or char == "\u3000" else char.encode("unicode_escape").decode() for char in text
    )


def main() -> int:
    """Run the command for the one path on the command line."""
    if len(sys.argv) != 2:  # noqa: PLR2004  (the program and one path)
        _tell(sys.stderr, [Problem("", "ケースのファイルを一つ指定してください(標準入力は「-」)。", "usage")])
        return REFUSED
    return apportion_file(sys.argv[1], sys.stdout, sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
