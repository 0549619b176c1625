"""PDFs: nothing is loaded from outside, pages are numbered, the font is embedded, equal input gives equal bytes."""

import contextlib
import http.server
import io
import subprocess
import sys
import threading
from datetime import date
from fractions import Fraction
from pathlib import Path

import jinja2
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.documents.bundle import DATA_ADDRESS_LIMIT, FONTS, BundleFetcher, ForbiddenResource
from tenants.documents.figures import percent_text, yen_text
from tenants.documents.pdf import Letterhead, html_of, render_pdf, render_pdfs

HEAD = Letterhead(issuer="兵庫県", recipient="猪名川町", document_number="R6-P12-1-283011", issued_on=date(2024, 11, 5))
PAGE = "<!doctype html><html lang=ja><title>見本</title><body>{}</body></html>"
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def text_of(pdf):
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.fixture(scope="module")
def trap():
    """A server on this machine that counts who calls, and redirects."""
    calls = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            calls.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/again")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", calls
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.svg"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="20">CANARY-SECRET</text></svg>')
    return path


PAYLOADS = [
    '<img src="{0}">',
    '<img srcset="{0} 2x" src="{0}">',
    '<link rel=stylesheet href="{0}">',
    '<link rel=attachment href="{0}">',
    '<a rel=attachment href="{0}">x</a>',
    '<style>@import "{0}";</style>',
    "<style>@import url({0});</style>",
    '<p style="background:url({0})">x</p>',
    '<p style="list-style-image:url({0});display:list-item">x</p>',
    '<p style="border-image:url({0}) 1">x</p>',
    "<style>p::before{{content:url({0})}}</style><p>x</p>",
    "<style>@font-face{{font-family:evil;src:url({0})}} p{{font-family:evil}}</style><p>x</p>",
    '<object data="{0}"></object>',
    '<embed src="{0}">',
    "<style>@page{{background:url({0})}}</style>",
    "<style>@color-profile device-cmyk{{src:url({0})}}</style>",
    '<base href="{0}/"><img src="x.png">',
    '<base href="{0}/"><link rel=stylesheet href="x.css">',
]
# Never fetched, and passed over without a word.
QUIET = [
    '<svg xmlns="http://www.w3.org/2000/svg"><use href="{0}#a"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="{0}" width="9" height="9"/></svg>',
    "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'>"
    "<image href='{0}' width='9' height='9'/></svg>\">",
    '<iframe src="{0}"></iframe>',
    '<a href="{0}">x</a>',
    '<script src="{0}"></script>',
    '<video src="{0}"></video>',
]


class TestTheBundle:
    @pytest.mark.parametrize("payload", PAYLOADS + QUIET)
    def test_makes_no_request(self, payload, trap):
        address, calls = trap
        for target in (address, address.replace("http:", ""), address.replace("http", "HTTP")):
            with contextlib.suppress(ForbiddenResource):
                render_pdf(PAGE.format(payload.format(target)))
        assert calls == []

    @pytest.mark.parametrize("payload", PAYLOADS + QUIET)
    def test_opens_no_file(self, payload, secret):
        for target in (
            secret.as_uri(),
            str(secret),
            f"file:{secret}",
            f"FILE://{secret}",
            f"bundle:///fonts/../{secret}",
        ):
            with contextlib.suppress(ForbiddenResource):
                pdf = render_pdf(PAGE.format(payload.format(target)))
                assert "CANARY" not in text_of(pdf)
                assert "/EmbeddedFile" not in str(pypdf.PdfReader(io.BytesIO(pdf)).trailer["/Root"])

    @pytest.mark.parametrize("payload", PAYLOADS)
    def test_refuses_aloud(self, payload, secret):
        with pytest.raises(ForbiddenResource):
            render_pdf(PAGE.format(payload.format(secret.as_uri())))

    @pytest.mark.parametrize(
        "address",
        [
            "http://example.invalid/",
            "https://example.invalid/",
            "ftp://example.invalid/",
            "file:///etc/passwd",
            "bundle:///fonts/../pdf.py",
            "bundle:///fonts/OFL.txt",
            "bundle://evil/fonts/BIZUDPGothic-Regular.ttf",
            "jar:file:///x",
            "//example.invalid/x",
            "/etc/passwd",
            "",
            "data:text/plain," + "x" * DATA_ADDRESS_LIMIT,
        ],
    )
    def test_serves_nothing_else(self, address):
        with pytest.raises(ForbiddenResource):
            BundleFetcher().fetch(address)

    def test_serves_data_and_its_fonts(self):
        assert BundleFetcher().fetch("data:text/plain,a").read() == b"a"
        font = FONTS / "BIZUDPGothic-Bold.ttf"
        assert BundleFetcher().fetch(f"bundle:///fonts/{font.name}").read() == font.read_bytes()
        assert render_pdf(PAGE.format(f'<img src="{PIXEL}">')).startswith(b"%PDF")


class TestRenderPdf:
    def test_numbers_the_pages_and_embeds_the_font(self, tmp_path):
        breaks = '<p style="break-after:page">上</p>' * 2 + "<p><b>下</b></p>"
        pdf = render_pdf(PAGE.format(breaks))
        reader = pypdf.PdfReader(io.BytesIO(pdf))
        assert [f"{n} / 3 頁" in page.extract_text() for n, page in enumerate(reader.pages, 1)] == [True] * 3
        assert reader.metadata.title == "見本"
        assert round(float(reader.pages[0].mediabox.width)) == 595
        fonts = {
            str(font.get_object()["/BaseFont"])
            for page in reader.pages
            for font in page["/Resources"]["/Font"].values()
        }
        assert fonts
        assert all("BIZ-UDPGothic" in font or "BIZUDPGothic" in font for font in fonts)
        assert len(pdf) < 100_000

    def test_puts_the_letterhead_on_paper(self, tmp_path):
        (tmp_path / "x.html").write_text(
            '{% extends "documents/paper.html" %}{% block title %}表題{% endblock %}'
            "{% block content %}<h1>{{ name }}</h1>{% endblock %}"
        )
        page = html_of("x.html", tmp_path, letterhead=HEAD, name="<b>甲</b>\x00\ud800&amp;")
        assert "&lt;b&gt;甲&lt;/b&gt;&amp;amp;" in page
        text = text_of(render_pdf(page))
        assert all(word in text for word in ("兵庫県", "猪名川町", "R6-P12-1-283011", "令和6年11月5日", "<b>甲</b>"))

    def test_refuses_an_undefined_name(self, tmp_path):
        (tmp_path / "x.html").write_text("{{ nobody }}")
        with pytest.raises(jinja2.UndefinedError):
            html_of("x.html", tmp_path)

    def test_one_document_leaves_nothing_in_the_next(self):
        first, second, again = render_pdfs([PAGE.format("甲"), PAGE.format("乙"), PAGE.format("甲")])
        assert first == again
        assert "甲" not in text_of(second)

    def test_bytes_are_equal_across_processes_and_hash_seeds(self):
        script = (
            "import hashlib,sys; from tenants.documents.pdf import render_pdf;"
            f"sys.stdout.write(hashlib.sha256(render_pdf({PAGE.format('<h1>猪名川町</h1>')!r})).hexdigest())"
        )
        digests = {
            subprocess.run(  # noqa: S603
                [sys.executable, "-c", script],
                env={"PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for seed in ("1", "2")
        }
        assert len(digests) == 1

    def test_works_in_several_threads(self):
        made = []
        threads = [threading.Thread(target=lambda: made.append(render_pdf(PAGE.format("甲")))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(made)) == 1
        assert len(made) == 3


class TestFigures:
    def test_negative_yen_wear_a_triangle(self):
        assert (yen_text(1234567), yen_text(-1200), yen_text(0)) == ("1,234,567", "△1,200", "0")

    def test_percent_rounds_half_up(self):
        assert percent_text(Fraction(123, 15142)) == "0.8123%"
        assert percent_text(Fraction(1, 200000), 3) == "0.001%"
        assert percent_text(Fraction(1)) == "100.0000%"
        assert percent_text(Fraction(1, 2), 0) == "50%"

    @given(st.fractions(0, 5))
    def test_percent_is_off_by_at_most_half_a_step(self, share):
        shown = Fraction(percent_text(share).replace(",", "").removesuffix("%"))
        assert abs(shown - share * 100) <= Fraction(1, 20000)


def test_the_vendored_fonts_are_the_ones_written_down():
    import hashlib

    notes = Path(FONTS / "README.md").read_text(encoding="utf-8")
    for font in FONTS.glob("*.ttf"):
        assert hashlib.sha256(font.read_bytes()).hexdigest() in notes
