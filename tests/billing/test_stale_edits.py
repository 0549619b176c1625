"""Two people edit the same record: the later one sees both values, loses nothing, and overwrites only knowingly."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from billing.grants import operations as grants
from billing.grants.rules import GrantInput
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.factories.browsers import Browser, new_browser
from tests.factories.programs import found_basis, found_cost, found_key, found_program
from tests.factories.worlds import World


@pytest.fixture
async def colleague(app: Any, world: World) -> AsyncIterator[Browser]:
    """The second finance officer's browser."""
    async with new_browser(app, world.people["280003:2", Role.PREFECTURE_FINANCE][1]) as one:
        yield one


def _fields(html: str) -> dict[str, Any]:
    """What the page's main form would send as it stands."""
    form = re.search(r'<form class="form".*?</form>', html, re.DOTALL)
    assert form, html
    text = form.group(0)
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", text):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name is None or (re.search(r'type="(radio|checkbox)"', tag) and " checked" not in tag):
            continue
        found.setdefault(name.group(1), []).append(value.group(1) if value else "")
    for name, body in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', text, re.DOTALL):
        found[name] = [body]
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        found[name] = [chosen.group(1) if chosen else ""]
    return {name: values for name, values in found.items() if name not in {"csrf_token", "idempotency_key"}}


def _both(html: str, field: str) -> tuple[str, str]:
    found = re.search(rf'id="both-{field}">(.*?)</dl>', html, re.DOTALL)
    assert found, f"{field} does not show both values"
    given, now = re.findall(r"<dd>(.*?)</dd>", found.group(1), re.DOTALL)
    return given.strip(), now.strip()


async def _kinds(world: World) -> dict[str, tuple[str, str, str, str]]:
    """Page with the form, address it sends to, the field both change, another field."""
    program = await found_program(world, "漏水調査")
    basis = await found_basis(world, program, {"281000": "10", "283011": "20"})
    key = await found_key(world, program, basis)
    cost = await found_cost(world, program, "解析")
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        grant = await grants.create_grant(world.finance, program, _GRANT)
    here = f"/programs/{program}"
    return {
        "program": (f"{here}/edit", here, "title", "rounding_stage"),
        "members": (f"{here}/members", f"{here}/members", f"months-{world.tenants['281000']}", ""),
        "basis": (f"{here}/bases/{basis}/edit", f"{here}/bases/{basis}", "source", "unit"),
        "values": (
            f"{here}/bases/{basis}",
            f"{here}/bases/{basis}/values",
            f"value-{world.tenants['281000']}",
            "",
        ),
        "key": (f"{here}/keys/{key}/edit", f"{here}/keys/{key}", "name", ""),
        "cost": (f"{here}/costs/{cost}/edit", f"{here}/costs/{cost}", "name", "tax_rate"),
        "grant": (f"{here}/grants/{grant}/edit", f"{here}/grants/{grant}", "name", "rounding_mode"),
    }


_GRANT = GrantInput("交付金", "national", "1/2", None, None, None, "included", "program", 1, "floor")
_NEW = {"months": ("3", "7"), "value": ("30", "40")}


class TestAStaleEdit:
    @pytest.mark.parametrize("kind", ["program", "members", "basis", "values", "key", "cost", "grant"])
    async def test_shows_both_values_and_overwrites_only_when_sent_again(
        self, world: World, finance: Browser, colleague: Browser, kind: str
    ):
        page, target, field, _ = (await _kinds(world))[kind]
        theirs, mine = _NEW.get(field.split("-")[0], ("先の人の内容", "後の人の内容"))
        opened = _fields((await finance.get(page)).text)
        assert (await colleague.post(target, {**opened, field: theirs})).status_code == 303
        late = await finance.post(target, {**opened, field: mine})
        assert late.status_code == 409
        assert _both(late.text, field) == (mine, theirs)
        again = _fields(late.text)
        assert again[field] == [mine]
        assert again["version"] != opened["version"]
        assert (await finance.post(target, again)).status_code == 303
        assert _fields((await finance.get(page)).text)[field] == [mine]

    @pytest.mark.parametrize("kind", ["program", "basis", "cost", "grant"])
    async def test_that_is_also_wrong_stays_stale(self, world: World, finance: Browser, colleague: Browser, kind: str):
        """A fault in a field must not lift the page to the version of what somebody else has saved."""
        page, target, field, _ = (await _kinds(world))[kind]
        opened = _fields((await finance.get(page)).text)
        assert (await colleague.post(target, {**opened, field: "先の人の内容"})).status_code == 303
        wrong = await finance.post(target, {**opened, field: ""})
        assert wrong.status_code == 422
        assert _fields(wrong.text)["version"] == opened["version"]
        assert (await finance.post(target, {**_fields(wrong.text), field: "後の人の内容"})).status_code == 409

    async def test_says_choices_in_words(self, world: World, finance: Browser, colleague: Browser):
        kinds = await _kinds(world)
        for kind, theirs, mine, words in (
            ("program", "total", "cost", ("経費ごとに端数を処理する", "合計してから端数を処理する")),
            ("cost", "8/100", "0", ("0%(対象外)", "8%(軽減税率)")),
            ("grant", "half_up", "ceil", ("切り上げ", "四捨五入")),
        ):
            page, target, _, field = kinds[kind]
            opened = _fields((await finance.get(page)).text)
            assert (await colleague.post(target, {**opened, field: theirs})).status_code == 303
            late = await finance.post(target, {**opened, field: mine})
            assert _both(late.text, field) == words
