"""Every template and static file: compiled, nothing inline, nothing from outside."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tenants.documents
from services.assembly.modules import MODULES
from tenants.documents import pdf
from tenants.web.rendering import STATIC, TEMPLATES, create_environment
from tests.house.sources import PACKAGES, ROOT

PAPERS = Path(tenants.documents.__file__).parent / "templates"
FOLDERS = [TEMPLATES, PAPERS, *(one.templates for one in MODULES if one.templates)]
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1999/xlink")
_INLINE = {
    "style attribute": re.compile(r"<[a-zA-Z][^>]*\sstyle\s*=", re.DOTALL),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "inline script": re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE),
    "event attribute": re.compile(r"<[a-zA-Z][^>]*\son[a-z]+\s*=", re.IGNORECASE | re.DOTALL),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
    "htmx expression": re.compile(r"\bhx-on|hx-vals\s*=\s*[\"']js:|hx-headers\s*=\s*[\"']js:", re.IGNORECASE),
    "unescaped": re.compile(r"\|\s*safe\b|autoescape\s+false", re.IGNORECASE),
}
_OUTSIDE = re.compile(r"(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)


def templates() -> list[Path]:
    """Every template of every slice."""
    found = [path for folder in FOLDERS for path in sorted(folder.rglob("*.html"))]
    assert len(found) > 15
    return found


def _without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}|<!--.*?-->|/\*.*?\*/", "", text, flags=re.DOTALL)


def test_every_template_belongs_to_a_slice():
    listed = set(templates())
    on_disk = {path for package in PACKAGES for path in (ROOT / package).rglob("templates/**/*.html")}
    assert on_disk == listed


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_template_compiles_and_holds_nothing_inline(path: Path):
    folder = next(folder for folder in FOLDERS if path.is_relative_to(folder))
    on_paper = folder == PAPERS or path.stem.endswith("_paper")
    environment = pdf._environment(folder) if on_paper else create_environment(FOLDERS)
    environment.get_template(path.relative_to(folder).as_posix())
    text = _without_comments(path.read_text(encoding="utf-8"))
    assert [name for name, pattern in _INLINE.items() if pattern.search(text)] == []
    assert _OUTSIDE.findall(text) == []


def _static() -> Iterator[Path]:
    return (path for path in sorted(STATIC.rglob("*")) if path.suffix in {".css", ".js", ".svg", ".html"})


def test_no_static_file_asks_another_host():
    seen = 0
    for path in _static():
        text = path.read_text(encoding="utf-8")
        for namespace in NAMESPACES:
            text = text.replace(namespace, "")
        assert _OUTSIDE.findall(_without_comments(text)) == [], path
        assert "@import" not in text, path
        seen += 1
    assert seen > 5


def test_slices_keep_their_templates_under_their_own_name():
    names = [
        path.relative_to(folder).as_posix() for folder in dict.fromkeys(FOLDERS[1:]) for path in folder.rglob("*.html")
    ]
    assert len(names) == len(set(names)), "two slices have a template of the same name"
    assert all("/" in name for name in names)
