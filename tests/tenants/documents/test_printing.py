"""Printing in a process of its own: the same bytes, and an end to what would not end by itself."""

import os
import signal
import time

import pytest

from tenants.documents import printing
from tenants.documents.bundle import ForbiddenResource
from tenants.documents.pdf import PDF_TIME_LIMIT_SECONDS, render_pdf
from tenants.documents.printing import PrintingFailedError, PrintingTookTooLong, print_pdfs

PAGE = "<!doctype html><html lang='ja'><title>試し刷り</title><h1>{}</h1>"
ENDLESS = PAGE.format("<table>" + "<tr><td>重い</td></tr>" * 60_000 + "</table>")
"""Minutes of layout."""


class TestPrintPdfs:
    def test_gives_the_bytes_that_rendering_here_gives(self):
        pages = [PAGE.format("甲"), PAGE.format("乙")]
        assert print_pdfs(pages) == [render_pdf(page) for page in pages]

    def test_ends_a_rendering_that_does_not_end_and_prints_the_next_page(self):
        print_pdfs([PAGE.format("甲")])
        started = time.monotonic()
        with pytest.raises(PrintingTookTooLong) as ended:
            print_pdfs([ENDLESS], seconds=1)
        assert time.monotonic() - started < 4
        assert "制限時間(1秒)" in ended.value.message
        assert printing._printer._child is None
        assert print_pdfs([PAGE.format("甲")])[0].startswith(b"%PDF")

    def test_allows_a_document_a_minute(self):
        assert PDF_TIME_LIMIT_SECONDS == 60

    def test_says_what_a_page_may_not_ask_for_and_goes_on(self):
        with pytest.raises(ForbiddenResource):
            print_pdfs([PAGE.format("<img src='file:///etc/hostname'>")])
        child = printing._printer._child
        assert print_pdfs([PAGE.format("甲")])[0].startswith(b"%PDF")
        assert printing._printer._child is child

    def test_says_when_its_process_was_killed_and_starts_another(self):
        print_pdfs([PAGE.format("甲")])
        child = printing._printer._child
        assert child is not None
        os.kill(child.pid, signal.SIGSTOP)
        child.kill()
        child.wait()
        assert print_pdfs([PAGE.format("甲")])[0].startswith(b"%PDF")

    def test_tells_a_fault_of_the_page(self):
        with pytest.raises(PrintingFailedError):
            print_pdfs([PAGE.format("甲")], [printing.Path("missing.css")])

    def test_leaves_no_process_behind(self):
        print_pdfs([PAGE.format("甲")])
        child = printing._printer._child
        assert child is not None
        printing._printer.stop()
        assert child.returncode == 0
