"""Pages of cost lines and guards as a browser meets them."""

import re
from typing import Any

import psycopg
import pytest

from tenants.context import Role
from tests.billing.grant_procedures.conftest import Found
from tests.billing.grant_procedures.test_step_pages import send
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World


def typed(**changes: Any) -> dict[str, Any]:
    values = {"eligible_yen": "1,000,000", "ineligible_yen": "100,000", "reason": "保守料は対象外"}
    dates = {"contract_date": "R8.4.10", "delivery_date": "R8.9.1", "payment_date": "R8.10.1"}
    return {**values, **dates, "dates_version": "0", "eligibility_version": "0", **changes}


@pytest.fixture
def address(found: Found) -> str:
    return f"{found.url}/lines/{found.cost_ids[0]}"


class TestLines:
    async def test_show_the_calculation_until_something_is_entered(self, finance: Browser, found: Found):
        page = await finance.get(f"{found.url}/lines")
        assert "未入力(計算のまま)" in page.text
        assert "検算一致" in page.text
        for amount in ("1,680,000", "1,650,000", "30,000"):
            assert amount in page.text

    async def test_keep_what_is_entered_and_tell_the_difference(self, finance: Browser, found: Found, address: str):
        assert (await finance.post(address, typed())).status_code == 303
        page = await finance.get(f"{found.url}/lines")
        assert "計算と違います" in page.text
        assert "令和8年4月10日" in page.text
        form = await finance.get(address)
        assert 'value="1,000,000"' in form.text
        stale = await finance.post(address, typed(eligible_yen="1,100,000", ineligible_yen="0"))
        assert stale.status_code == 409
        assert "いまの内容" in stale.text

    async def test_say_what_is_wrong_at_every_field(self, finance: Browser, found: Found, address: str):
        page = await finance.post(address, typed(ineligible_yen="99,999", reason="", delivery_date="R8.4.9"))
        assert page.status_code == 422
        for field in ("ineligible_yen", "reason", "delivery_date"):
            assert f'href="#field-{field}"' in page.text
        page = await finance.post(address, typed(eligible_yen="-1", contract_date="いつか"))
        for field in ("eligible_yen", "contract_date"):
            assert f'href="#field-{field}"' in page.text
        assert (await finance.get(f"{found.url}/lines/999999")).status_code == 404

    async def test_keep_papers_and_take_them_away_with_a_reason(
        self, stored_app: Any, world: World, found: Found, address: str, behind: psycopg.Connection
    ):
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
            answer = await send(one, f"{address}/evidence", {"kind": "contract"}, ("契約書.pdf", b"%PDF-1.7"))
            assert answer.status_code == 303, answer.text
            page = await one.get(address)
            place = re.search(r'href="([^"]+/evidence/\d+)"', page.text)
            assert place
            assert (await one.client.get(place[1])).content == b"%PDF-1.7"
            assert (await one.post(f"{place[1]}/removal", {"removal_reason": " "})).status_code == 422
            assert (await one.post(f"{place[1]}/removal", {"removal_reason": "別の契約"})).status_code == 303
            assert "契約書.pdf" not in (await one.get(address)).text
            assert (await one.get(place[1])).status_code == 404
            nothing = await send(one, f"{address}/evidence", {"kind": ""}, ("契約書.pdf", b"%PDF-1.7"))
            assert nothing.status_code == 422
        kept = behind.execute("SELECT name, removal_reason FROM cost_evidence").fetchall()
        assert kept == [("契約書.pdf", "別の契約")]


class TestChecks:
    async def test_find_work_before_the_decision_and_keep_the_reason(
        self, finance: Browser, found: Found, address: str, behind: psycopg.Connection
    ):
        await finance.post(address, typed())
        page = await finance.get(f"{found.url}/checks")
        assert "事前着手" in page.text
        messages = re.findall(r'name="message" value="([^"]+)"', page.text)
        wanted = next(one for one in messages if "事前着手" in one)
        fields = {"code": "contract-before-decision", "message": wanted, "reason": ""}
        refused = await finance.post(f"{found.url}/checks", fields)
        assert refused.status_code == 422
        field = re.search(r'href="#(field-reason-[0-9a-f]+)"', refused.text)
        assert field
        assert f'id="{field[1]}"' in refused.text
        answer = await finance.post(f"{found.url}/checks", {**fields, "reason": "事前着手の承認済み"})
        assert answer.status_code == 303
        page = await finance.get(f"{found.url}/checks")
        assert "理由あり" in page.text
        assert "事前着手の承認済み" in page.text
        assert "理由あり" in (await finance.get(found.url)).text
        gone = await finance.post(f"{found.url}/checks", {**fields, "message": "ありもしない", "reason": "x"})
        assert gone.status_code == 409
        kept = behind.execute("SELECT count(*) FROM audit_event WHERE action = 'override_grant_guard'").fetchone()
        assert kept == (1,)

    async def test_ask_for_the_national_part_of_other_grants(self, finance: Browser, found: Found):
        assert "国費の割合" not in (await finance.get(f"{found.url}/checks")).text
        fields = {
            "name": "県補助",
            "funder": "prefecture",
            "rate": "1/4",
            "counted": "eligible",
            "tax": "included",
            "level": "program",
            "rounding_unit_yen": "1",
            "rounding_mode": "floor",
        }
        listed = f"/programs/{found.program_id}/grants"
        assert (await finance.post(listed, fields)).status_code == 303
        places = set(re.findall(rf'href="({listed}/\d+/procedure)"', (await finance.get(listed)).text)) - {found.url}
        other = places.pop()
        wrong = await finance.post(f"{other}/national-part", {"national_part": "2", "version": "0"})
        assert wrong.status_code == 422
        assert 'href="#field-national_part"' in wrong.text
        assert (
            await finance.post(f"{other}/national-part", {"national_part": "50%", "version": "0"})
        ).status_code == 303
        stale = await finance.post(f"{other}/national-part", {"national_part": "0", "version": "0"})
        assert stale.status_code == 409
        page = await finance.get(f"{found.url}/checks")
        assert "県を通じた国費" in page.text
        assert "5/8" in page.text
