"""How a town's administrator invites somebody, and how that person accepts in another browser."""

import os
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import expect

from tests.journeys.demonstration import RUNNING
from tests.journeys.people import Visitor

PASSWORD = "湖面 夕焼け 自転車 ほうじ茶"

_STARTED = str(int(time.time()) % 10**6)
Look = Callable[[Visitor, str], Awaitable[None]]


async def _pass_by(_one: Visitor, _name: str) -> None:
    """Takes no picture."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works for the town from now on; ``path`` is the page the administrator sees (``/people/31``)."""

    name: str
    email: str
    path: str


def mark() -> str:
    """Nothing; where one demonstration is walked again and again, what makes names and addresses new every time."""
    return _STARTED if RUNNING in os.environ else ""


async def invite(one: Visitor, name: str, email: str, roles: list[str], look: Look = _pass_by) -> str:
    """The administrator's part: fills in the invitation and takes the slip; returns the code on it."""
    page = one.page
    await one.turn_to("利用者")
    await one.follow("利用者を招待する")
    await page.get_by_label("氏名").fill(name)
    await page.get_by_label("メールアドレス").fill(email)
    for role in roles:
        await page.get_by_role("checkbox", name=role, exact=True).check()
    await page.get_by_role("checkbox", name="メールでも送る").uncheck()
    await look(one, "people-invite")
    await one.press("招待する")
    await expect(one.saying("招待しました。用紙を印刷して渡すか、メールで送ってください。")).to_be_visible()
    await look(one, "people-invitation")
    await one.follow("用紙を印刷する")
    await look(one, "people-slip")
    return await page.locator(".slip__code").inner_text()


async def accept(one: Visitor, code: str, look: Look = _pass_by) -> None:
    """The invited person's part: opens the slip's address, types the code, chooses a password."""
    page = one.page
    await one.go("/invitations")
    await page.get_by_label("招待コード").fill(code)
    await look(one, "people-code")
    await one.press("次へ")
    await expect(page.get_by_role("radio", name="はじめて使う(パスワードを決める)")).to_be_checked()
    await page.get_by_label(re.compile(r"^パスワード\s")).fill(PASSWORD)
    await page.get_by_label("パスワード(確認)").fill(PASSWORD)
    await look(one, "people-offer")
    await one.press("招待を受ける")
    said = "招待を受けました。利用の開始日から、メールアドレスとパスワードでサインインできます。"
    await expect(one.saying(said)).to_be_visible()


async def find(one: Visitor, name: str, email: str) -> Colleague:
    """The administrator finds the person among the people of the organisation and opens the page."""
    await one.turn_to("利用者")
    await one.page.get_by_role("row").filter(has_text=email).get_by_role("link", name=name).click()
    await expect(one.page.get_by_role("heading", level=1, name=name)).to_be_visible()
    return Colleague(name, email, one.page.url.removeprefix(one.url))
