"""The administrator of a town looks after its people: invites, changes, stops them, and helps who lost the phone."""

import base64
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from playwright.async_api import expect

from tenants.second_factor.rules import code_of, step_at
from tests.journeys.colleagues import PASSWORD, Colleague, accept, find, invite, mark
from tests.journeys.people import KOBE_ADMIN, Visitor

AT_ONCE_MS = 1_000
STAFF, FINANCE, ADMINISTRATOR = "市町 担当者", "市町 財政担当", "市町 管理者"


class Staff(NamedTuple):
    """Who works for 神戸市 from now on; ``deputy`` is an administrator too."""

    officer: Colleague
    deputy: Colleague


@pytest.fixture(scope="module")
async def staff(visitor, take) -> AsyncIterator[Staff]:
    """Two colleagues are invited with a printed slip and accept in browsers of their own."""

    async def look(one: Visitor, name: str) -> None:
        await take(one.page, name)

    async with visitor() as one, visitor() as officer, visitor() as deputy:
        await one.sign_in(KOBE_ADMIN)
        first = (f"税務担当B{mark()}", f"zeimu-b{mark()}@kobe.example.jp")
        second = (f"管理者B{mark()}", f"admin-b{mark()}@kobe.example.jp")
        await accept(officer, await invite(one, *first, [STAFF], look), look)
        await accept(deputy, await invite(one, *second, [STAFF, ADMINISTRATOR]))
        await one.turn_to("利用者")
        await take(one.page, "people", tallest=1200)
        yield Staff(await find(one, *first), await find(one, *second))


async def come_in(one: Visitor, who: Colleague) -> None:
    await one.give_password(who.email, PASSWORD)
    await expect(one.page.get_by_role("heading", level=1, name="今週やること")).to_be_visible()


def code(secret: str, later: int = 0) -> str:
    """What an authenticator app shows for the secret on the page, so many steps of 30 seconds from now."""
    letters = secret.replace(" ", "")
    return code_of(base64.b32decode(letters + "=" * (-len(letters) % 8)), step_at(datetime.now(UTC)) + later)


async def set_up_second_factor(one: Visitor, take) -> str:
    """Scans (here: reads) the secret and proves it; returns the secret."""
    page = one.page
    await one.follow("自分の設定")
    await one.follow("2段階認証")
    await page.get_by_label("いまのパスワード").fill(PASSWORD)
    await one.press("設定を始める")
    secret = await page.locator("code.fingerprint").inner_text()
    await page.get_by_label("確認コード").fill(code(secret, -1))
    await take(page, "second-factor-qr")
    await one.press("設定を完了する")
    assert len(await page.get_by_role("main").get_by_role("listitem").all()) == 10
    await take(page, "recovery-codes")
    await one.follow("保管したので先へ進む")
    return secret


class TestTownAdministrator:
    async def test_has_a_colleague_who_came_in_with_the_printed_code(self, staff: Staff, visitor):
        async with visitor() as one:
            await come_in(one, staff.officer)
            await expect(one.page.get_by_role("banner").get_by_text("神戸市").first).to_be_visible()
            await expect(one.page.get_by_role("banner").get_by_text(STAFF).first).to_be_visible()

    async def test_changes_a_role_from_today(self, staff: Staff, visitor, take):
        async with visitor() as one, visitor() as officer:
            await one.sign_in(KOBE_ADMIN)
            await one.go(staff.officer.path)
            await take(one.page, "person")
            await one.follow("変える", inside=one.row(STAFF))
            await one.page.get_by_label("新しい役割").select_option(label=FINANCE)
            await take(one.page, "membership")
            await one.press("役割を変える")
            await expect(one.saying("役割を変えました。")).to_be_visible()
            await expect(one.row(FINANCE)).to_contain_text("利用中")
            await come_in(officer, staff.officer)
            await expect(officer.page.get_by_role("banner").get_by_text(FINANCE).first).to_be_visible()

    async def test_stops_a_person_whose_next_click_already_leads_outside(self, staff: Staff, visitor, take):
        async with visitor() as one, visitor() as deputy:
            await come_in(deputy, staff.deputy)
            await one.sign_in(KOBE_ADMIN)
            await one.go(staff.deputy.path)
            await one.page.get_by_label("理由").fill("端末の紛失")
            await one.press("停止する")
            await deputy.page.get_by_role("navigation", name="業務").get_by_role("link").nth(1).click()
            outside = deputy.page.get_by_role("heading", level=1, name="サインイン")
            await expect(outside).to_be_visible(timeout=AT_ONCE_MS)
            await expect(deputy.saying("前回のサインインは終わりました。")).to_be_visible()
            await deputy.give_password(staff.deputy.email, PASSWORD)
            await expect(deputy.saying("メールアドレスまたはパスワードが正しくありません。").first).to_be_visible()
            await expect(one.saying("停止しました。")).to_be_visible()
            await take(one.page, "person-suspended")
            await one.press("停止を解く")
            await expect(one.saying("停止を解きました。")).to_be_visible()


class TestLostPhone:
    async def test_is_replaced_by_two_administrators_together(self, staff: Staff, visitor, take):
        async with visitor() as officer, visitor() as one, visitor() as deputy:
            await come_in(officer, staff.officer)
            secret = await set_up_second_factor(officer, take)
            await officer.press("サインアウト")
            await officer.give_password(staff.officer.email, PASSWORD)
            field = officer.page.get_by_role("textbox", name="確認コード")
            await field.wait_for()
            await take(officer.page, "second-factor-code")
            await field.fill(code(secret))
            await officer.press("確認する")
            await expect(officer.page.get_by_role("heading", level=1, name="今週やること")).to_be_visible()
            await ask_for_reset(one, staff.officer, take)
            await come_in(deputy, staff.deputy)
            await confirm_reset(deputy, staff.officer, take)
            await officer.go("/me")
            await expect(officer.page.get_by_role("heading", level=1, name="サインイン")).to_be_visible()
            await come_in(officer, staff.officer)


async def ask_for_reset(one: Visitor, who: Colleague, take) -> None:
    await one.sign_in(KOBE_ADMIN)
    await one.turn_to("サインインの管理")
    await take(one.page, "access", tallest=1200)
    await one.page.get_by_role("link", name=re.compile(f"再設定を申請する.*{who.name}")).click()
    await one.page.get_by_role("radio", name=re.compile("2段階認証")).check()
    await one.page.get_by_label("理由").fill("11月20日に窓口で本人から。スマートフォンの故障。")
    await take(one.page, "reset-ask")
    await one.press("申請する")
    await expect(one.saying("ほかの管理者の確認待ち")).to_be_visible()


async def confirm_reset(one: Visitor, who: Colleague, take) -> None:
    task = one.page.get_by_role("listitem").filter(has_text=f"{who.name}さんの2段階認証の再設定を確かめる")
    await task.get_by_role("link").click()
    await expect(one.page.get_by_role("button", name="確認して再設定する")).to_be_visible()
    await take(one.page, "reset-confirm")
    await one.press("確認して再設定する")
    await expect(one.saying("2段階認証を取り消し、全端末でサインアウトしました。")).to_be_visible()
