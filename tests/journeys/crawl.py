"""The pages a role can click to: one page of every kind, found by following the links."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from playwright.async_api import Error

from tests.journeys.people import Visitor

PAPER = re.compile(r"/(xlsx|pdf|archive|summary)$|^/manual/pictures/|\.json$")


def kind_of(address: str) -> str:
    """``/runs/7/members/281000?at=2`` → ``/runs/#/members/#``: one page of a kind is enough."""
    return re.sub(r"(?<=/)(\d+|union-[a-z]+)(?=/|$)", "#", urlsplit(address).path)


async def links(one: Visitor) -> list[str]:
    """The product's own pages this page links to, papers left out; some open with their question only."""
    found = await one.page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
    parts = [urlsplit(address) for address in found if address.startswith(one.url)]
    return [
        f"{part.path}?{part.query}" if part.query else part.path
        for part in parts
        if not PAPER.search(part.path) and "export=" not in part.query
    ]


async def pages(
    one: Visitor, seen: set[str], *, starts: tuple[str, ...], skipped: re.Pattern[str] | None = None
) -> AsyncIterator[str]:
    """Opens one page of every kind in turn and gives its path; ``seen`` gets the kinds. Every link must open."""
    waiting = list(starts)
    while waiting:
        path = waiting.pop(0)
        if kind_of(path) in seen or (skipped is not None and skipped.match(path)):
            continue
        seen.add(kind_of(path))
        try:
            status = await one.go(path)
        except Error as error:
            if "Download is starting" in error.message:  # a paper whose address does not tell
                continue
            raise
        assert status == 200, path
        found = await links(one)
        yield path
        waiting += found
