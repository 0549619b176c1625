"""Each yen of a statement's payments leads to its reason: on the page, in the API and on paper."""

import io
import re
from datetime import timedelta
from typing import Any

import psycopg
from pypdf import PdfReader

from tenants.context import Role
from tests.billing.statements.why.reading import check_line
from tests.billing.years.conftest import TODAY, Issue
from tests.billing.years.test_calendar_pages import FIELDS
from tests.factories.api_clients import give_token, new_program
from tests.factories.browsers import Browser, new_browser
from tests.factories.programs import found_cost
from tests.factories.worlds import World

TOWN = "283011"
LATER = TODAY + timedelta(days=30)


def _of(behind: psycopg.Connection, run_id: int) -> tuple[int, dict[str, Any]]:
    row = behind.execute(
        "SELECT s.id, s.content FROM statement s JOIN tenant t ON t.id = s.tenant_id "
        "WHERE s.run_id = %s AND t.code = %s",
        (run_id, TOWN),
    ).fetchone()
    assert row
    return row


async def _check(app: Any, world: World, statement: int, content: dict[str, Any], said: list[str]) -> None:
    """Every yen in 「納付の予定」 leads to a step with its result, on the page, in the API and on paper."""
    async with new_browser(app, world.people[TOWN, Role.TOWN_FINANCE][1]) as town:
        sheet, page = await town.get(f"/statements/{statement}"), await town.get(f"/statements/{statement}/why")
        paper = await town.get(f"/statements/{statement}/pdf")
    officer = await give_token(world.pool, world.context(TOWN, Role.TOWN_FINANCE))
    async with new_program(app, officer) as program:
        sections = (await program.get(f"/statements/{statement}/why")).json()["sections"]
    steps = {step["anchor"]: step for section in sections for step in section["steps"]}
    pdf = re.sub(r"\s", "", "".join(one.extract_text() for one in PdfReader(io.BytesIO(paper.content)).pages))
    for line in content["schedule"]:
        anchor = f"due-{line['number']}"
        step = steps[anchor]
        assert f'href="/statements/{statement}/why#{anchor}"' in sheet.text
        assert f'id="{anchor}"' in page.text
        assert step["rule"] in page.text
        assert step["result"] == str(line["yen"])
        for sentence in step["arithmetic"]:
            check_line(sentence)
            assert re.sub(r"\s", "", sentence) in pdf, sentence
    assert sum(int(steps[f"due-{line['number']}"]["result"]) for line in content["schedule"]) == content["invoice_yen"]
    if content["previous"]:
        assert f'href="/statements/{statement}/why#notified"' in sheet.text
        assert steps["notified"]["result"] == str(content["previous"]["invoice_yen"])
        assert steps["difference"]["uses"] == ["invoice", "notified"]
        assert content["previous"]["document_number"] in steps["notified"]["rule"]
    for words in said:
        assert words in page.text, words
        assert re.sub(r"\s", "", words) in pdf, words


class TestPayments:
    async def test_are_explained_from_the_first_notice_to_a_charge_set_off_in_the_next_instalment(
        self, finance: Browser, world: World, stored_app: Any, program: int, issue: Issue, behind: psycopg.Connection
    ):
        await finance.post(f"/programs/{program}/calendar", {**FIELDS, "due-1": "2026-11-30"})
        statement, content = _of(behind, await issue(program, "notice"))
        await _check(stored_app, world, statement, content, ["残りは1回目に加えます。"])
        town = world.tenants[TOWN]
        await found_cost(world, program, "追加の解析", 1_000_000, charge_kind="member", member_id=town)
        statement, content = _of(behind, await issue(program, "final", "追加の解析を行ったため", LATER))
        assert [one["difference_yen"] for one in content["schedule"]] == [0, 1_000_000]
        said = [
            "承認の日までに納期限が来ている期なので",
            "これから納期限が来る最初の期に",
            "追加で納めていただく額です。",
        ]
        await _check(stored_app, world, statement, content, said)

    async def test_are_explained_where_a_refund_is_set_off_first_and_the_rest_paid_back(
        self, finance: Browser, world: World, stored_app: Any, program: int, issue: Issue, behind: psycopg.Connection
    ):
        await finance.post(f"/programs/{program}/calendar", {**FIELDS, "due-1": "2026-11-30"})
        await issue(program, "notice")
        behind.execute("UPDATE cost SET amount_yen = 100000 WHERE name = '解析'")
        statement, content = _of(behind, await issue(program, "final", "実績による", LATER))
        assert [one["yen"] < 0 for one in content["schedule"]] == [False, False, True]
        assert content["schedule"][1]["yen"] == 0
        said = ["この期の額では引ききれないので", "残りを県からお返しします(還付)。", "減る額です(△は減)。"]
        await _check(stored_app, world, statement, content, said)
