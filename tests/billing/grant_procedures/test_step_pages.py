"""Pages of a grant's procedure as a browser meets them."""

import re
from typing import Any

import httpx
import pytest

from tenants.context import Role
from tests.billing.grant_procedures.conftest import Found
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World

EVIL = '<script>alert("x")</script>'


def typed(kind: str = "apply", **changes: Any) -> dict[str, Any]:
    return {"kind": kind, "step_date": "R8.5.1", "document_number": "水第1号", "amount_yen": "825,000", **changes}


async def send(browser: Browser, path: str, fields: dict[str, Any], file: tuple[str, bytes]) -> httpx.Response:
    """Sends a form with a file, as the page would."""
    data = {"csrf_token": await browser.csrf_token(), **fields}
    headers = {"sec-fetch-site": "same-origin"}
    return await browser.client.post(path, data=data, files={"file": file}, headers=headers)


@pytest.fixture
async def colleague(app: Any, world: World) -> Any:
    """Another finance officer's browser."""
    async with new_browser(app, world.people["280003:2", Role.PREFECTURE_FINANCE][1]) as one:
        yield one


class TestProcedurePage:
    async def test_says_what_comes_first(self, finance: Browser, found: Found):
        page = await finance.get(found.url)
        assert "まだ記録がありません" in page.text
        assert "交付申請を記録する" in page.text
        assert "実績報告を記録する" not in page.text
        assert f'href="{found.url}"' in (await finance.get(f"/programs/{found.program_id}/grants")).text

    async def test_leads_from_application_to_confirmation_to_decision(
        self, finance: Browser, colleague: Browser, found: Found
    ):
        answer = await finance.post(f"{found.url}/steps", typed())
        assert answer.status_code == 303, answer.text
        page = await finance.get(found.url)
        assert "確認待ち" in page.text
        assert "確認した</button>" not in page.text
        assert "交付決定を記録する" not in page.text
        theirs = await colleague.get(found.url)
        action = re.search(r'action="([^"]+/confirmation)"', theirs.text)
        assert action
        assert (await finance.post(action[1])).status_code == 409
        assert (await colleague.post(action[1])).status_code == 303
        page = await finance.get(found.url)
        assert "交付決定を記録する" in page.text
        assert "825,000円" in page.text

    async def test_lets_others_of_the_prefecture_read_and_towns_nothing(self, app: Any, world: World, found: Found):
        async with new_browser(app, world.people["280003", Role.LIAISON][1]) as one:
            page = await one.get(found.url)
            assert page.status_code == 200
            assert "記録する</a>" not in page.text
            assert (await one.post(f"{found.url}/steps", typed())).status_code == 403
        async with new_browser(app, world.people["281000", Role.TOWN_FINANCE][1]) as town:
            assert (await town.get(found.url)).status_code == 403


class TestStepForm:
    async def test_keeps_what_was_typed_and_says_what_is_wrong_at_every_field(self, finance: Browser, found: Found):
        fields = typed(step_date="きのう", amount_yen=EVIL, document_number="あ" * 61, note="い" * 1001)
        page = await finance.post(f"{found.url}/steps", fields)
        assert page.status_code == 422
        assert EVIL not in page.text
        assert "きのう" in page.text
        for field in ("step_date", "amount_yen", "document_number", "note"):
            assert f'href="#field-{field}"' in page.text
            assert f'id="field-{field}"' in page.text

    async def test_refuses_a_date_to_come_and_a_step_out_of_order(self, finance: Browser, found: Found):
        page = await finance.post(f"{found.url}/steps", typed(step_date="2199-01-01"))
        assert "まだ来ていない日付です" in page.text
        page = await finance.post(f"{found.url}/steps", typed("settle"))
        assert page.status_code == 422
        assert "申請前" in page.text
        assert (await finance.get(f"{found.url}/steps/new?kind=rob")).status_code == 404

    async def test_corrects_with_a_reason(self, finance: Browser, found: Found):
        await finance.post(f"{found.url}/steps", typed())
        page = await finance.get(found.url)
        address = re.search(r'href="([^"]+/correction)"', page.text)
        assert address
        form = await finance.get(address[1])
        assert "825,000" in form.text
        assert "令和8年5月1日" in form.text
        refused = await finance.post(address[1], typed(amount_yen="1"))
        assert refused.status_code == 422
        assert 'href="#field-reason"' in refused.text
        answer = await finance.post(address[1], typed(amount_yen="820000", reason="転記の誤り"))
        assert answer.status_code == 303
        page = await finance.get(found.url)
        assert "訂正前" in page.text
        assert "転記の誤り" in page.text
        assert (await finance.post(address[1], typed(reason="もう一度"))).status_code == 404


class TestEvidence:
    async def test_is_kept_and_given_back_as_it_was_sent(self, stored_app: Any, world: World, found: Found):
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
            content = b"%PDF-1.7 " + bytes(range(256))
            answer = await send(one, f"{found.url}/steps", typed(), ("申請書 <1>.pdf", content))
            assert answer.status_code == 303, answer.text
            page = await one.get(found.url)
            assert "申請書 &lt;1&gt;.pdf" in page.text
            address = re.search(rf'href="({found.url}/files/\d+)"', page.text)
            assert address
            given = await one.client.get(address[1])
            assert given.content == content
            assert given.headers["content-type"] == "application/pdf"
            files = re.search(r'action="([^"]+/files)"', page.text)
            assert files
            wrong = await send(one, files[1], {}, ("偽物.pdf", b"MZ not a paper"))
            assert wrong.status_code == 422
            assert "中身が" in wrong.text
            assert (await send(one, files[1], {}, ("絵.exe", b"MZ"))).status_code == 422
            assert (await send(one, files[1], {}, ("写真.PNG", b"\x89PNG\r\n"))).status_code == 303
            assert "写真.PNG" in (await one.get(found.url)).text


class TestDeadlines:
    async def test_are_saved_and_shown(self, finance: Browser, found: Found):
        fields = {"period_from": "R8.4.1", "period_to": "R9.2.28", "report_days": "30", "version": "0"}
        assert (await finance.post(f"{found.url}/deadlines", fields)).status_code == 303
        page = await finance.get(found.url)
        assert "令和9年3月30日" in page.text
        stale = await finance.post(f"{found.url}/deadlines", {**fields, "report_days": "20"})
        assert stale.status_code == 409
        assert "いまの内容" in stale.text

    async def test_refuse_an_end_before_the_beginning_and_days_from_nowhere(self, finance: Browser, found: Found):
        fields = {"period_from": "R8.4.1", "period_to": "R8.3.1", "report_days": "400", "version": "0"}
        page = await finance.post(f"{found.url}/deadlines", fields)
        assert page.status_code == 422
        assert "始まりより後の日" in page.text
        assert "365日まで" in page.text
        page = await finance.post(f"{found.url}/deadlines", {"report_days": "30", "version": "0"})
        assert "事業期間の終わりを入力してください" in page.text


class TestListOfGrants:
    async def test_shows_every_grant_and_narrows(self, finance: Browser, found: Found):
        page = await finance.get("/grant-procedures")
        assert "デジタル交付金" in page.text
        assert "申請前" in page.text
        await finance.post(f"{found.url}/steps", typed())
        page = await finance.get("/grant-procedures?state=applied")
        assert "確認待ち" in page.text
        assert "デジタル交付金" not in (await finance.get("/grant-procedures?state=settled")).text

    async def test_is_exported(self, finance: Browser, found: Found):
        answer = await finance.client.get("/grant-procedures?export=csv")
        assert answer.status_code == 200
        assert "デジタル交付金" in answer.content.decode("utf-8-sig")
