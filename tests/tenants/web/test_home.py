"""今週やること opens for every role: what a module adds to it must bear everybody who may not use the module."""

from typing import Any

import pytest

from tenants.context import Role, Scope
from tests.factories.browsers import new_browser
from tests.factories.worlds import World


@pytest.mark.parametrize("role", Role)
async def test_opens_for_every_role_and_says_what_comes_next(app: Any, world: World, role: Role):
    code = "280003" if role.scope is Scope.PREFECTURE else "281000"
    async with new_browser(app, world.people[code, role][1]) as browser:
        page = await browser.get("/")
    assert page.status_code == 200
    assert ("今週の期限はありません" in page.text) == ("ここに期限の近い順に並びます" in page.text)
