"""操作の手引き: the pages of docs/manual, for anybody, rendered from Markdown that may hold no HTML of its own."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath
from markdown_it import MarkdownIt
from markupsafe import Markup

from tenants.errors import NotFound
from tenants.web.answers import render
from tenants.web.routes import open_page

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "manual"
_NAME = re.compile(r"[a-z0-9-]{1,60}")
_PICTURE = re.compile(r"[a-z0-9-]{1,80}\.png")
_TO_THE_RIGHT = ' style="text-align:right"'
"""How the renderer writes a column of figures (``---:``); the pages' policy refuses a style written into a page."""


@open_page("/manual")
async def manual_start(request: Request[Any, Any, Any]) -> Response[Any]:
    """The first page of the manual."""
    return _page(request, "index")


@open_page("/manual/{name:str}")
async def manual_page(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[Any]:
    """One page of the manual."""
    return _page(request, name)


@open_page("/manual/pictures/{name:str}")
async def manual_picture(name: FromPath[str]) -> Response[bytes]:
    """A picture of the manual, taken by the journeys."""
    path = MANUAL / "pictures" / name
    if not _PICTURE.fullmatch(name) or not path.is_file():
        raise NotFound
    return Response(path.read_bytes(), media_type="image/png", headers={"cache-control": "max-age=3600"})


def _page(request: Request[Any, Any, Any], name: str) -> Response[Any]:
    pages = _pages()
    names = list(pages)
    if not _NAME.fullmatch(name) or name not in pages:
        raise NotFound
    position = names.index(name)
    title, body = pages[name]

    def neighbour(index: int) -> dict[str, str] | None:
        if not 0 <= index < len(names):
            return None
        return {"label": pages[names[index]][0], "url": f"/manual/{names[index]}"}

    return render(
        request,
        "manual_page.html",
        title=title,
        breadcrumb=[("今週やること", "/"), ("操作の手引き", "/manual"), (title, None)],
        chapters=[
            {
                "label": "目次",
                "pages": [
                    {"label": label, "url": f"/manual/{other}", "current": other == name}
                    for other, (label, _) in pages.items()
                ],
            }
        ],
        body=body,
        previous=neighbour(position - 1),
        next=neighbour(position + 1),
    )


@cache
def _pages() -> dict[str, tuple[str, Markup]]:
    """Title and body of every page by its name, in the order of the files (``10-sign-in.md`` → ``sign-in``)."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    pages: dict[str, tuple[str, Markup]] = {}
    for path in sorted(MANUAL.glob("*.md")):
        title, _, body = path.read_text(encoding="utf-8").partition("\n")
        name = path.stem.split("-", 1)[1]
        rendered = markdown.render(body).replace(_TO_THE_RIGHT, ' class="cell--figure"')
        for wide in ("pre", "table"):  # rolls by the keyboard too
            rendered = rendered.replace(f"<{wide}>", f'<{wide} tabindex="0">')
        # The renderer escapes everything that is not Markdown, and the files are ours.
        pages[name] = (title.removeprefix("# ").strip(), Markup(rendered))  # noqa: S704
    return pages


HANDLERS = (manual_start, manual_page, manual_picture)
