"""The child process that prints: pages come in, PDFs go out, and a page that takes too long ends it.

Run with ``python -m tenants.documents.press``. A request is a line of JSON (``length`` in bytes, ``stylesheets``,
``seconds``) and the page; an answer is a line of JSON (``length``, or ``refused``, or ``fault``) and the PDF. The
alarm has no handler on purpose: the kernel ends the process even while it is deep in a library, watched or not.
"""

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, BinaryIO

from tenants.documents.bundle import ForbiddenResource
from tenants.documents.pdf import render_pdf


def main() -> None:
    """Answers requests until there are no more."""
    requests = sys.stdin.buffer
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints must not stand among answers
        while line := requests.readline():
            _answer(json.loads(line), requests, answers)


def _answer(request: dict[str, Any], requests: BinaryIO, answers: BinaryIO) -> None:
    page = requests.read(request["length"]).decode()
    sheets = [Path(one) for one in request["stylesheets"]]
    said: dict[str, Any]
    pdf = b""
    signal.setitimer(signal.ITIMER_REAL, request["seconds"])
    try:
        pdf = render_pdf(page, sheets)
        said = {"length": len(pdf)}
    except ForbiddenResource as refused:
        said = {"refused": str(refused)}
    except Exception:  # noqa: BLE001  (the edge of this process: the parent tells what happened)
        said = {"fault": traceback.format_exc()}
    signal.setitimer(signal.ITIMER_REAL, 0)
    answers.write(json.dumps(said).encode() + b"\n" + pdf)
    answers.flush()


if __name__ == "__main__":
    main()
