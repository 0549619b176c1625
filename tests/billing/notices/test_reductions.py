"""減額と還付: less of what is open is a reduction of the charge; money goes back only where it came in."""

import csv
import io
import re
from datetime import date
from typing import Any

import psycopg
from pypdf import PdfReader

from billing.notices import queries
from billing.payments import operations as payments
from billing.payments import queries as payment_queries
from billing.payments.rules import ReceiptInput
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.billing.notices.conftest import TODAY, Approve, Decide
from tests.factories.api_clients import give_token, new_program
from tests.factories.browsers import Browser, new_browser
from tests.factories.programs import found_calculable
from tests.factories.worlds import World

DAY = date(2026, 12, 25)


async def _pay(world: World, program: int, code: str, *, less_yen: int = 0) -> int:
    """One member pays what it was asked for, or ``less_yen``; answers the yen asked for."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await payments.levy_program(world.finance, program, TODAY.date(), "", TODAY)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        [one] = [each for each in await payment_queries.payments(program) if each.tenant_code == code]
        await payments.note_receipt(world.finance, one.id, ReceiptInput(TODAY.date(), one.levied_yen - less_yen), TODAY)
        return one.levied_yen


class TestLess:
    async def test_is_a_reduction_until_the_money_came_in(
        self,
        world: World,
        approve: Approve,
        decide: Decide,
        behind: psycopg.Connection,
        finance: Browser,
        stored_app: Any,
    ):
        program = await found_calculable(world)
        behind.execute("UPDATE program SET instalment_count = 1, due_date = %s WHERE id = %s", (DAY, program))
        await decide(program)
        await approve(program)
        paid = await _pay(world, program, "284467")
        behind.execute("UPDATE cost SET amount_yen = 40000001 WHERE tenant_id = 1 AND name = '解析'")
        second = await approve(program, "final")
        answer = await finance.get(f"/runs/{second}/accounting/csv-utf8")
        rows = {row["債務者コード"]: row for row in csv.DictReader(io.StringIO(answer.content.decode()))}
        assert {code: row["区分"] for code, row in rows.items()} == {
            "281000": "減額",
            "283011": "減額",
            "284467": "還付",
        }
        back = -int(rows["284467"]["調定額"])
        assert 0 < back < paid
        assert {code: int(row["還付額"]) for code, row in rows.items()} == {"281000": 0, "283011": 0, "284467": back}
        async with new_program(stored_app, await give_token(world.pool, world.finance)) as client:
            told = (await client.get(f"/runs/{second}/accounting")).json()["rows"]
        assert {one["debtor_code"]: (one["kind"], one["refund_yen"]) for one in told} == {
            code: (row["区分"], int(row["還付額"])) for code, row in rows.items()
        }
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            papers = {one.code: one.statement_id for one in await queries.paper_lines(second)}
        for code, title, amount in (
            ("283011", "減額通知書", "減額する金額"),
            ("284467", "還付通知書", "還付する金額"),
        ):
            async with new_browser(stored_app, world.people[code, Role.TOWN_FINANCE][1]) as town:
                pdf = (await town.get(f"/statements/{papers[code]}/notice")).content
                page = (await town.get(f"/statements/{papers[code]}")).text
            text = re.sub(r"\s", "", PdfReader(io.BytesIO(pdf)).pages[0].extract_text())
            for words in (title, amount, f"{-int(rows[code]['調定額']):,}円"):
                assert words in text, (code, words)
            assert title[:2] + " " in page

    async def test_pays_back_only_what_came_in_beyond_what_stands(
        self, world: World, approve: Approve, decide: Decide, behind: psycopg.Connection, stored_app: Any
    ):
        program = await found_calculable(world)
        behind.execute("UPDATE program SET instalment_count = 1, due_date = %s WHERE id = %s", (DAY, program))
        await decide(program)
        await approve(program)
        await _pay(world, program, "284467", less_yen=1000)
        behind.execute("UPDATE cost SET amount_yen = 40000001 WHERE tenant_id = 1 AND name = '解析'")
        second = await approve(program, "final")
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            [paper] = [one for one in await queries.paper_lines(second) if one.code == "284467"]
        [page] = paper.content["pages"]
        assert page["refund_yen"] == -page["amount_yen"] - 1000 > 0
        async with new_browser(stored_app, world.people["284467", Role.TOWN_FINANCE][1]) as town:
            sheet = (await town.get(f"/statements/{paper.statement_id}")).text
            pdf = (await town.get(f"/statements/{paper.statement_id}/notice")).content
        assert f"減額 {-page['amount_yen']:,}円、うち還付 {page['refund_yen']:,}円" in sheet
        text = re.sub(r"\s", "", PdfReader(io.BytesIO(pdf)).pages[0].extract_text())
        assert f"変更後の額を超える{page['refund_yen']:,}円を還付します" in text
