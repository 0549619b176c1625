"""A program's key: made on a person's page, shown once, good for what was ticked, and worthless once revoked."""

import re

import httpx
from playwright.async_api import expect

from tests.journeys.colleagues import mark
from tests.journeys.people import INAGAWA, Visitor

OK, UNAUTHORISED, FORBIDDEN = 200, 401, 403
TOKEN = re.compile(r"yui_[0-9A-Za-z]{49}")


async def make(one: Visitor, name: str, password: str, take) -> str:
    """Makes a token that may read statements; returns it as the page shows it."""
    page = one.page
    await one.follow("自分の設定")
    await one.follow("APIトークン")
    await page.get_by_label("名前").fill(name)
    await page.get_by_role("checkbox", name="負担金算定書と書類を見る・保存する").check()
    await page.get_by_label("あなたのパスワード").fill(password)
    await take(page, "token-new", tallest=1400)
    await one.press("トークンを作る")
    await take(page, "token-made")
    return await page.get_by_label("新しいトークン", exact=True).input_value()


class TestApiToken:
    async def test_is_shown_once_works_and_is_revoked(self, visitor, demonstration, take):
        name = f"財務会計システムへの取り込み{mark()}"
        async with visitor() as one, httpx.AsyncClient(base_url=f"{demonstration.url}/api/v1") as api:
            await one.sign_in(INAGAWA)
            token = await make(one, name, demonstration.passwords[INAGAWA], take)
            assert TOKEN.fullmatch(token)
            api.headers["authorization"] = f"Bearer {token}"
            assert (await api.get("/token")).json()["name"] == name
            statements = (await api.get("/statements")).json()
            assert "衛星画像による広域漏水調査支援事業" in str(statements)
            assert (await api.get("/jobs/1")).status_code == FORBIDDEN
            await one.go("/me/tokens")
            assert token not in await one.page.content()
            row = one.page.get_by_role("row").filter(has_text=name)
            await row.get_by_role("button", name="失効する").click()
            await expect(row.get_by_text("失効")).to_be_visible()
            await take(one.page, "token-revoked", tallest=700)
            refused = await api.get("/statements")
            assert (refused.status_code, refused.json()["code"]) == (UNAUTHORISED, "token-refused")
