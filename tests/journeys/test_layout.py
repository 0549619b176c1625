"""Every page a role can click to, in one walk: it fits a phone and a page enlarged twice, and breaks no grave rule."""

import re
from urllib.parse import urlsplit

import pytest

from tests.journeys.accessibility import Findings, judge
from tests.journeys.crawl import pages
from tests.journeys.people import BOTH, FINANCE_A, INAGAWA, KOBE_ADMIN, LIAISON, OPERATOR, Visitor

ISSUED = "衛星画像による広域漏水調査支援事業"
STAFF, EXPERT, CREW = "staff@inagawa.example.jp", "consultant@expert.example.jp", "crew@survey.example.jp"
PHONE, ENLARGED = 320, 640  # CSS pixels: the narrowest of WCAG 1.4.10, and 1,280 pixels at 200 %
DESK = 1280
SHARED = re.compile(r"/(programs|runs|manual)/|/schema$")  # pages that look the same to everybody: one walk is enough

# How far the document is wider than its window, and which elements reach out of it (except inside their own scroller).
OVERFLOW = """() => {
  const root = document.documentElement, wide = root.clientWidth;
  if (root.scrollWidth <= wide) return [];
  const out = [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > wide + 1 && !one.parentElement.closest(".table-scroll"))
    .map((one) => `${one.tagName} ${one.className} ${Math.round(one.getBoundingClientRect().right)}`).slice(0, 5);
  return out.length ? out : [`something inside a scroller: ${root.scrollWidth}`];
}"""

WALKS = {
    FINANCE_A: {
        "/",
        "/programs",
        "/programs/new",
        "/programs/#",
        "/programs/#/edit",
        "/programs/#/members",
        "/programs/#/bases",
        "/programs/#/bases/#",
        "/programs/#/bases/#/paste",
        "/programs/#/keys/#",
        "/programs/#/keys/new",
        "/programs/#/costs",
        "/programs/#/costs/new",
        "/programs/#/grants",
        "/programs/#/grants/new",
        "/programs/#/runs",
        "/runs/#",
        "/runs/#/verification",
        "/runs/#/members/#",
        "/tenants",
        "/jobs",
        "/manual",
        "/manual/apportionment",
        "/status",
    },
    INAGAWA: {"/", "/statements", "/statements/#", "/jobs"},
    OPERATOR: {"/", "/audit", "/tenants", "/tenants/#"},
    BOTH: {"/", "/organisation"},
    LIAISON: {"/"},
    STAFF: {"/"},
    KOBE_ADMIN: {"/", "/people"},
    EXPERT: {"/"},
    CREW: {"/"},
}
"""Who walks, and what they must at least come by; the rest is found by following the links."""


# How many elements take the focus out of the page's own order.
POSITIVE = """() => [...document.querySelectorAll("[tabindex]")].filter((one) => one.tabIndex > 0).length"""


async def overflow(one: Visitor, width: int) -> list[str]:
    """What reaches out of a window of this width."""
    await one.page.set_viewport_size({"width": width, "height": 900})
    return [f"{width}: {out}" for out in await one.page.evaluate(OVERFLOW)]


async def overflows(one: Visitor) -> list[str]:
    """What reaches out of the window, with its width."""
    return await overflow(one, PHONE) + await overflow(one, ENLARGED)


@pytest.fixture(scope="module")
def judged() -> set[str]:
    """How the pages are built that axe-core has judged, for all who walk."""
    return set()


class TestEveryPage:
    @pytest.mark.parametrize("email", WALKS, ids=lambda email: email.split("@")[0])
    async def test_fits_every_window_and_breaks_no_grave_rule(self, email: str, judged: set[str], visitor):
        async with visitor() as one:
            await one.sign_in(email)
            if email == FINANCE_A:  # begin at the program that has everything, a run of 41 members included
                await one.follow("事業と負担金")
                await one.follow(ISSUED)
            starts, seen, wrong, found = (urlsplit(one.page.url).path, "/"), set[str](), {}, Findings(judged)
            async for path in pages(one, seen, starts=starts, skipped=None if email == FINANCE_A else SHARED):
                out = await overflow(one, ENLARGED)
                for width in (PHONE, DESK):
                    out += await overflow(one, width)
                    await found.look(one.page, f"{path} {width}")
                if out:
                    wrong[path] = out
                assert await one.page.evaluate(POSITIVE) == 0, path
            assert wrong == {}
            assert WALKS[email] <= seen
        judge(found, email.split("@", maxsplit=1)[0])

    async def test_fits_also_where_it_signs_in_refuses_or_finds_nothing(self, visitor):
        async with visitor() as one:
            await one.go("/sign-in")
            assert await overflows(one) == []
            await one.page.get_by_label("メールアドレス").fill("nobody@example.jp")
            await one.press("サインイン")
            assert await overflows(one) == []
            await one.sign_in(INAGAWA)
            assert await one.go("/statements/999999") == 404
            assert await overflows(one) == []

    async def test_fetches_its_files_once(self, visitor):
        async with visitor() as one:
            await one.go("/sign-in")
            await one.go("/manual")
            fetched = await one.page.evaluate(
                "performance.getEntriesByType('resource').filter((one) => one.transferSize > 0).map((one) => one.name)"
            )
            assert [name for name in fetched if "/static/" in name] == []
