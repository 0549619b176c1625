"""PDFs (A4) from our own templates: one font, one style sheet, nothing loaded from outside.

Rendering is heavy and may never end: jobs print through ``printing``, which enforces ``PDF_TIME_LIMIT_SECONDS``.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
import weasyprint
from markupsafe import Markup
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError

from tenants.calendar import fiscal_year_label, japanese_date
from tenants.documents.bundle import BundleFetcher, ForbiddenResource
from tenants.documents.figures import decimal_text, fraction_text, percent_text, yen_text
from tenants.documents.text import printable

PDF_TIME_LIMIT_SECONDS = 60
"""For one document. A statement of two pages takes about 0.4 s of processor time, one of 30 costs under a second; a
minute leaves room for a crowded machine and still ends a rendering that will never come back."""

# Relative addresses resolve to a name that can never exist (RFC 2606), so the fetcher refuses them aloud.
_NOWHERE = "http://outside.invalid/"
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes to whom: the head of every document. ``notice`` stands on each page (見本 and the like)."""

    issuer: str
    recipient: str
    document_number: str
    issued_on: date
    notice: str = ""
    contact: str = ""
    mark: str = ""
    """The issuer's mark as a ``data:`` address; empty without one."""


def html_of(template: str, folder: Path, **values: Any) -> str:
    """The page of ``template`` (relative to ``folder``), which may extend ``documents/paper.html``.

    Every value is escaped and stripped of what a document cannot hold; an undefined name raises.
    """
    return _environment(folder).get_template(template).render(**values)


def render_pdf(html: str, stylesheets: Sequence[Path] = ()) -> bytes:
    """The PDF of one page of HTML in the paper style; the same HTML gives the same bytes.

    ``stylesheets`` are our own files, parsed once per process. Raises ``ForbiddenResource`` when the page asks for
    anything outside the bundle.
    """
    press = _press()
    sheets = [press.sheet(path) for path in (_TEMPLATES / "documents" / "paper.css", *stylesheets)]
    page = weasyprint.HTML(string=html, base_url=_NOWHERE, url_fetcher=press.fetcher)
    try:
        pdf = page.write_pdf(stylesheets=sheets, font_config=press.fonts)
    except FatalURLFetchingError as refused:
        # WeasyPrint's error is no ``Exception``: let loose, it would end the worker instead of the job.
        raise ForbiddenResource(str(refused)) from refused
    return bytes(pdf)


def render_pdfs(pages: Iterable[str], stylesheets: Sequence[Path] = ()) -> list[bytes]:
    """The PDFs of many pages, in order, with the fonts loaded once."""
    return [render_pdf(html, stylesheets) for html in pages]


class _Press:
    """What one thread needs to print: loading two fonts takes as long as a short document, so it is done once.

    Pango's font maps are not safe to share between threads.
    """

    def __init__(self) -> None:
        self.fetcher = BundleFetcher()
        self.fonts = FontConfiguration()
        self._sheets: dict[Path, weasyprint.CSS] = {}

    def sheet(self, path: Path) -> weasyprint.CSS:
        if path not in self._sheets:
            text = path.read_text(encoding="utf-8")
            self._sheets[path] = weasyprint.CSS(string=text, url_fetcher=self.fetcher, font_config=self.fonts)
        return self._sheets[path]


_of_thread = threading.local()


def _press() -> _Press:
    if not hasattr(_of_thread, "press"):
        _of_thread.press = _Press()
    press: _Press = _of_thread.press
    return press


@lru_cache(maxsize=32)
def _environment(folder: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "yen": yen_text,
        "day": japanese_date,
        "fiscal_year": fiscal_year_label,
        "percent": percent_text,
        "decimal": decimal_text,
        "fraction": fraction_text,
    }
    return environment


def _finalize(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
