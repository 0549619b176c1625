"""Every page a role can click to: nothing overflows a phone or a page enlarged twice, nothing comes from elsewhere."""

import re
from urllib.parse import urlsplit

import pytest

from tests.journeys.crawl import pages
from tests.journeys.people import BOTH, FINANCE_A, INAGAWA, OPERATOR, Visitor

ISSUED = "衛星画像による広域漏水調査支援事業"
PHONE, ENLARGED = 320, 640  # CSS pixels: the narrowest of WCAG 1.4.10, and 1,280 pixels at 200 %
SHARED = re.compile(r"/(programs|runs|manual)/")  # pages that look the same to everybody: one walk is enough

# How far the document is wider than its window, and which elements reach out of it (except inside their own scroller).
OVERFLOW = """() => {
  const root = document.documentElement, wide = root.clientWidth;
  if (root.scrollWidth <= wide) return [];
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > wide + 1 && !one.parentElement.closest(".table-scroll"))
    .map((one) => `${one.tagName} ${one.className} ${Math.round(one.getBoundingClientRect().right)}`).slice(0, 5);
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
}
"""Who walks, and what they must at least come by; the rest is found by following the links."""


async def overflows(one: Visitor) -> dict[int, list[str]]:
    """What reaches out of the window, by its width."""
    found = {}
    for width in (PHONE, ENLARGED):
        await one.page.set_viewport_size({"width": width, "height": 900})
        if out := await one.page.evaluate(OVERFLOW):
            found[width] = out
    return found


class TestEveryPage:
    @pytest.mark.parametrize("email", WALKS, ids=lambda email: email.split("@")[0])
    async def test_fits_a_phone_and_a_page_enlarged_twice(self, email: str, visitor):
        async with visitor() as one:
            await one.sign_in(email)
            if email == FINANCE_A:  # begin at the program that has everything, a run of 41 members included
                await one.follow("事業と負担金")
                await one.follow(ISSUED)
            starts, seen, wrong = (urlsplit(one.page.url).path, "/"), set[str](), {}
            async for path in pages(one, seen, starts=starts, skipped=None if email == FINANCE_A else SHARED):
                if out := await overflows(one):
                    wrong[path] = out
            assert wrong == {}
            assert WALKS[email] <= seen

    async def test_fits_also_where_it_signs_in_refuses_or_finds_nothing(self, visitor):
        async with visitor() as one:
            await one.go("/sign-in")
            assert await overflows(one) == {}
            await one.page.get_by_label("メールアドレス").fill("nobody@example.jp")
            await one.press("サインイン")
            assert await overflows(one) == {}
            await one.sign_in(INAGAWA)
            assert await one.go("/statements/999999") == 404
            assert await overflows(one) == {}

    async def test_fetches_its_files_once(self, visitor):
        async with visitor() as one:
            await one.go("/sign-in")
            await one.go("/manual")
            fetched = await one.page.evaluate(
                "performance.getEntriesByType('resource').filter((one) => one.transferSize > 0).map((one) => one.name)"
            )
            assert [name for name in fetched if "/static/" in name] == []
