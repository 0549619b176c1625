"""The claim workbook: LibreOffice computes it again to the same yen, and no text of people becomes a formula."""

import random
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from billing.grant_procedures.claims.exports import claim_xlsx
from billing.grant_procedures.claims.rules import ClaimView, Given, evidence_of, given_of
from billing.grant_procedures.lines.rules import DatesInput, EligibilityInput
from billing.grant_procedures.steps import operations
from billing.grant_procedures.steps.rules import CONFIRMED, StepInput, StepView, effective, standing
from tenants.context import Scope
from tenants.database.transaction import open_door
from tenants.storage import Storage
from tests.billing.grant_procedures.conftest import Found
from tests.billing.grant_procedures.test_guard_rules import PERIOD, cost, grant, line
from tests.billing.grant_procedures.test_step_rules import whole_life
from tests.billing.statements.recalculating import cells, recalculated
from tests.factories.browsers import Browser
from tests.factories.worlds import NOW, World

HOSTILE = '=HYPERLINK("http://example.com","x")'


def view(**changes: Any) -> ClaimView:
    lines = (
        line(cost=cost(name=HOSTILE)),
        line(
            cost=cost(id=2, name="@SUM(1)", amount_yen=3_000, revenue_yen=0),
            eligibility=EligibilityInput(2_000, 1_000, "+1+1"),
            dates=DatesInput(None, None, None),
        ),
    )
    steps = [*whole_life(), replace(whole_life()[2], id=50, kind="repay", amount_yen=100, step_date=date(2026, 12, 1))]
    made = ClaimView(
        program_title="-1",
        fiscal_year=2026,
        grant=grant(name=HOSTILE),
        standing=standing(steps),
        procedure=PERIOD,
        steps=tuple(effective(steps)),
        lines=lines,
        given=(Given("281000", "=1+1", 600), Given("", "県", 50)),
        given_yen=650,
        run="確定(第1回) R8-1-1",
        evidence=evidence_of(steps, lines),
    )
    return replace(made, **changes)


def _tax_return(yen: int) -> StepView:
    return replace(whole_life()[2], id=60, kind="repay_tax", amount_yen=yen, step_date=date(2027, 6, 1))


needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="needs LibreOffice to compute the formulas afresh"
)


class TestClaimWorkbook:
    @needs_libreoffice
    def test_computes_to_the_same_yen_afresh(self, tmp_path: Path):
        random_ones = {}
        source = random.Random(20261121)  # noqa: S311  (the same cases every time)
        for number in range(4):
            parts = [(source.randrange(10**11), source.randrange(10**11)) for _ in range(source.randrange(30))]
            lines = tuple(
                line(cost=cost(id=n, amount_yen=a + b, revenue_yen=0), eligibility=EligibilityInput(a, b, "理由"))
                for n, (a, b) in enumerate(parts, 1)
            )
            given = tuple(Given(f"t{n}", "町", source.randrange(10**11)) for n in range(source.randrange(41)))
            random_ones[f"random{number}.xlsx"] = claim_xlsx(
                view(lines=lines, given=given, given_yen=sum(one.grant_yen for one in given))
            )
        taxed = [*whole_life(), _tax_return(40)]
        bare = view(lines=(), given=(), given_yen=None, steps=(), standing=standing([]), evidence=(), run="")
        wrong = view(lines=(line(eligibility=EligibilityInput(1, 1, "x")),))
        files = {"plain.xlsx": claim_xlsx(view()), "bare.xlsx": claim_xlsx(bare), "wrong.xlsx": claim_xlsx(wrong)}
        files["taxed.xlsx"] = claim_xlsx(view(steps=tuple(effective(taxed)), standing=standing(taxed)))
        files |= random_ones
        for name, found in recalculated(files, tmp_path).items():
            written = cells(files[name])
            differing = {
                place: (value, found.get(place))
                for place, value in written.items()
                if value != found.get(place) and not (value == "" and found.get(place) is None)
            }
            assert differing == {}, name

    def test_says_what_is_given_received_and_left(self):
        found = cells(claim_xlsx(view()))
        labels = {value: place[1][1:] for place, value in found.items() if place[0] == "請求・実績報告"}
        amounts = {label: found["請求・実績報告", f"B{row}"] for label, row in labels.items() if "額" in str(label)}
        assert amounts["計算による交付金の額"] == 650
        assert amounts["確定額"] == 650
        assert found["請求・実績報告", f"B{labels['受入の計']}"] == 650
        assert found["請求・実績報告", f"B{labels['差引(正は未受領、負は要返還)']}"] == 0
        assert found["請求・実績報告", f"B{labels['確定額(決定額)と計算の一致']}"] == "一致"
        differing = cells(claim_xlsx(view(given_yen=651, given=(Given("1", "町", 651),))))
        assert "不一致" in differing.values()

    def test_counts_consumption_tax_that_went_back(self):
        steps = [*whole_life(), _tax_return(40)]
        found = cells(claim_xlsx(view(steps=tuple(effective(steps)), standing=standing(steps))))
        rows = {value: place[1][1:] for place, value in found.items() if place[0] == "請求・実績報告"}
        amounts = {label: found.get(("請求・実績報告", f"B{row}")) for label, row in rows.items()}
        # 750 came in, 650 is settled: 40 of it went back as tax, the 100 received too much did not yet.
        assert (amounts["消費税分の返還"], amounts["受入の計"], amounts["差引(正は未受領、負は要返還)"]) == (
            40,
            710,
            -100,
        )
        assert ("受入と返還", "B6") in found
        assert found["受入と返還", "D6"] == -40

    def test_lists_every_file_with_its_fingerprint(self):
        found = cells(claim_xlsx(view()))
        listed = [value for (sheet, place), value in found.items() if sheet == "証拠書類" and place.startswith("E")]
        assert listed[1:] == ["0" * 64] * 6

    def test_writes_text_of_people_as_text(self):
        found = cells(claim_xlsx(view()))
        assert found["経費", "A4"] == HOSTILE
        assert found["経費", "A5"] == "@SUM(1)"
        assert found["経費", "H5"] == "+1+1"
        assert found["交付金の額", "B4"] == "=1+1"

    def test_takes_given_amounts_from_the_run_and_knows_a_grant_that_came_later(self):
        case = {"grants": [{"id": "g1"}]}
        result = {
            "members": [{"code": "281000", "name": "神戸市", "grants": {"g1": 7}}],
            "prefecture": {"grants": {"g1": 2}},
        }
        assert given_of(case, result, 1) == ((Given("281000", "神戸市", 7), Given("", "県", 2)), 9)
        assert given_of(case, result, 2) == ((), None)


class TestDownload:
    async def test_gives_the_workbook(self, finance: Browser, found: Found):
        answer = await finance.client.get(f"{found.url}/claim")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].endswith(f'p{found.program_id}-g{found.grant_id}-claim.xlsx"')
        shown = cells(answer.content)
        assert shown["経費", "A4"] == "画像解析"
        assert (await finance.get(f"{found.url.replace('/grants/', '/grants/9')}/claim")).status_code == 404
        assert f'href="{found.url}/claim"' in (await finance.get(found.url)).text

    async def test_takes_a_recorded_tax_return_off_what_came_in(
        self, finance: Browser, found: Found, world: World, storage: Storage
    ):
        place = (found.program_id, found.grant_id)
        life = (("apply", 800), ("decide", 800), ("advance", 800), ("report", 800), ("settle", 800), ("repay_tax", 60))
        for month, (kind, yen) in enumerate(life, start=4):
            step = StepInput(kind, date(2026, month, 1), "", yen, "")
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                step_id = await operations.record_step(world.finance, storage, *place, step, None, NOW)
                if kind in CONFIRMED:
                    await operations.confirm_step(world.approver, *place, step_id, NOW)
        shown = cells((await finance.client.get(f"{found.url}/claim")).content)
        summary = {
            shown["請求・実績報告", f"A{row}"]: shown.get(("請求・実績報告", f"B{row}"))
            for row in range(10, 25)
            if ("請求・実績報告", f"A{row}") in shown
        }
        wanted = {"消費税分の返還": 60, "受入の計": 740, "差引(正は未受領、負は要返還)": 0}
        assert {label: summary[label] for label in wanted} == wanted
