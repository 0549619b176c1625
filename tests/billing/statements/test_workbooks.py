"""The statement's workbook: its formulas compute the system's yen again, to the yen, from the inputs beside them."""

import html
import io
import json
import os
import random
import re
import shutil
import zipfile
from dataclasses import asdict

import openpyxl
import pytest

from billing.apportionment.case import CaseRefused
from billing.statements.content import content_of
from billing.statements.rules import statement_view
from billing.statements.why.rules import why_sections
from billing.statements.workbook import ledger, limits
from billing.statements.workbook.book import RunWorkbooks
from tests.billing.apportionment.random_cases import REMAINDERS, random_case
from tests.billing.apportionment.random_version_two import random_case_2
from tests.billing.statements.heavy_cases import heavy_case
from tests.billing.statements.recalculating import cells, recalculated
from tests.billing.statements.sample_run import META, codes, run_of, sample_case

CASES = int(os.environ.get("YUI_WORKBOOK_CASES", "4"))
"""Random cases of each kind that LibreOffice computes again, two workbooks each; set higher for a long run."""
STATEMENT, STEPS, INPUTS = "負担金算定書", "計算", "入力"
# Microsoft's list of functions names the version each came with; all of these are older than Excel 2016.
EXCEL_2016 = {"AND", "COUNTIF", "EXACT", "IF", "INDEX", "INT", "MIN", "MOD", "OR", "ROUND", "SIGN", "SUM", "SUMPRODUCT"}
TOTAL = {"stage": "total", "unit_yen": 1, "remainder": "largest_remainder"}
needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="needs LibreOffice to compute the formulas afresh"
)


def workbook(case, result, place, *, published):
    view = statement_view(case, result, case["members"][place]["code"])
    return RunWorkbooks(case, result, published=published).xlsx(view, META)


def formulas(data):
    return [html.unescape(one) for sheet in sheets(data) for one in re.findall("<f>(.*?)</f>", sheet)]


def sheets(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(one).decode() for one in sorted(archive.namelist()) if "worksheets/sheet" in one]


def written_verdicts(data):
    return re.findall("<v>(不?一致)</v>", sheets(data)[0])


def verdicts(found):
    return [value for (sheet, _), value in found.items() if sheet == STATEMENT and value in ("一致", "不一致")]


def policies():
    """The sample with every way to give away what is left, and every way grants are computed."""
    for place, remainder in enumerate(REMAINDERS):
        for stage in ("cost", "total"):
            rounding = {"stage": stage, "unit_yen": 100 if place % 2 else 1, "remainder": remainder}
            if remainder == "named":
                rounding["named"] = codes(41)[3]
            level, mode = (("program", "floor"), ("cost", "half_up"), ("member", "ceil"))[place % 3]
            tax = "excluded" if stage == "total" else "included"
            grant = {"id": "g1", "name": "交付金", "rate": "1/3", "level": level, "tax": tax,
                     "rounding": {"unit_yen": 10, "mode": mode}}  # fmt: skip
            if place > 2:
                grant["cap_yen"] = 9_999_999
            yield f"{remainder}-{stage}", run_of(sample_case(rounding=rounding, grants=[grant]))


def random_runs(count, seed=20240401, kind=random_case):
    rng = random.Random(seed)  # noqa: S311  (the same cases every time)
    while count:
        try:
            yield rng, *run_of(kind(rng))
        except CaseRefused:
            continue
        count -= 1


CHANGES = {"amount_yen": 3_456_789, "population": "777777", "months": 5}


def changed():
    """A published workbook whose inputs somebody changed, and what the engine makes of the same changes."""
    case, result = run_of(sample_case(members=5))
    book = openpyxl.load_workbook(io.BytesIO(workbook(case, result, 0, published=True)))
    sheet = book[INPUTS]
    own = next(row for row in sheet.iter_rows() if row[1].value == codes(5)[2])
    names = [cell.value for cell in sheet[own[0].row - 5]]
    own[names.index("人口(人)")].value = int(CHANGES["population"])
    own[names.index("月数")].value = CHANGES["months"]
    amount = case["costs"][0]["amount_yen"]
    next(cell for row in sheet.iter_rows() for cell in row if cell.value == amount).value = CHANGES["amount_yen"]
    target = io.BytesIO()
    book.save(target)
    case["costs"][0]["amount_yen"] = CHANGES["amount_yen"]
    case["members"][2]["months"] = CHANGES["months"]
    next(one for one in case["bases"] if one["name"] == "人口")["values"][codes(5)[2]] = CHANGES["population"]
    return target.getvalue(), run_of(case)[1]["members"][0]


def tampered():
    """The sample with one input raised by 100 yen, after the workbook was made."""
    case, result = run_of(sample_case(members=5))
    for published in (True, False):
        book = openpyxl.load_workbook(io.BytesIO(workbook(case, result, 0, published=published)))
        amount = case["costs"][0]["amount_yen"]
        cell = next(cell for row in book[INPUTS].iter_rows() for cell in row if cell.value == amount)
        cell.value += 100
        target = io.BytesIO()
        book.save(target)
        yield f"changed-{published}", target.getvalue()


def limited_and_priced(members=41):
    """The sample with limits that take several rounds, and a cost by a price list over the population."""
    case = sample_case(members=members)
    small, large = case["members"][1]["code"], case["members"][-2]["code"]
    bounds = {"minimum_yen": 900_000, "maximum_yen": 2_500_000, "members": {
        small: {"maximum_yen": 1_000_000}, large: {"minimum_yen": 2_600_000}}}  # fmt: skip
    parts = [{"weight": "1/5", "basis": "equal"}, {"weight": "4/5", "basis": "population"}]
    case["keys"].append({"id": "k9", "name": "人口割(上限・下限)", "limits": bounds, "components": parts})
    steps = [{"up_to": "100000", "price_yen": 100_000}, {"below": "3000000.5", "price_yen": 250_001},
             {"price_yen": 1_000_000}]  # fmt: skip
    tariff = {"basis": "population", "steps": steps, "months": "part_year", "unit_yen": 100, "mode": "half_up",
              "tax_rate": "10/100", "exclude": [small]}  # fmt: skip
    amount = 1_300_000 * members
    case["costs"] += [
        {"id": "x1", "name": "上限のある経費", "amount_yen": amount, "eligible": True, "charge": {"key": "k9"}},
        {"id": "x2", "name": "窓口の料金", "amount_yen": 5_000_000, "eligible": True, "charge": {"tariff": tariff}},
    ]
    return case | {"format": "yui-apportionment/2"}


def changed_limits():
    """A published workbook whose minimum and months somebody changed, and what the engine makes of the same changes."""
    case = limited_and_priced(members=6)
    code = case["members"][0]["code"]
    book = openpyxl.load_workbook(io.BytesIO(workbook(*run_of(case), 0, published=True)))
    sheet = book[INPUTS]
    own = next(row for row in sheet.iter_rows() if row[1].value == code)
    names = [cell.value for cell in sheet[own[0].row - 3]]
    own[names.index("人口割(上限・下限) 下限額(円)")].value = 1_111_111
    own[names.index("月数")].value = 7
    target = io.BytesIO()
    book.save(target)
    bounds = next(key for key in case["keys"] if key["id"] == "k9")["limits"]
    bounds["members"][code] = {"minimum_yen": 1_111_111, "maximum_yen": bounds["maximum_yen"]}
    case["members"][0]["months"] = 7
    return target.getvalue(), run_of(case)[1]["members"][0]


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """The workbooks, and what LibreOffice computes in them: name → (file, cells). One run, for starting it is slow."""
    files = {}
    for number, (name, (case, result)) in enumerate(policies()):
        files[name] = workbook(case, result, number * 3 % 41, published=number % 4 == 0)
    for kind in (random_case, heavy_case, random_case_2):
        for number, (rng, case, result) in enumerate(random_runs(CASES, kind=kind)):
            place = rng.randrange(len(case["members"]))
            for published in (True, False):
                name = f"{kind.__name__}-{number}-{published}"
                files[name] = workbook(case, result, place, published=published)
    for published in (True, False):
        files[f"limits-and-tariff-{published}"] = workbook(*run_of(limited_and_priced()), 3, published=published)
    files["changed-limits"] = changed_limits()[0]
    files |= {**dict(tampered()), "changed-in-three-places": changed()[0]}
    again = recalculated({f"{name}.xlsx": data for name, data in files.items()}, tmp_path_factory.mktemp("books"))
    return {name: (data, again[f"{name}.xlsx"]) for name, data in files.items()}


@needs_libreoffice
class TestRecomputing:
    def test_gives_the_systems_yen_by_every_policy_and_for_random_cases(self, computed):
        for name, (data, again) in computed.items():
            if name.startswith("changed"):
                continue
            assert set(verdicts(again)) == {"一致"}, name
            assert not [value for value in again.values() if str(value).startswith(("#", "Err:"))], name
            for address, value in cells(data).items():
                if address[0] == STATEMENT and value != "":
                    near = pytest.approx(value, rel=1e-12, abs=1e-6) if isinstance(value, float) else value
                    assert again[address] == near, (name, address)

    def test_says_that_it_differs_when_one_input_is_changed(self, computed):
        for published in (True, False):
            assert verdicts(computed[f"changed-{published}"][1])[0] == "不一致"

    def test_gives_the_engines_yen_when_inputs_are_changed_in_the_workbook(self, computed):
        _, found = computed["changed-in-three-places"]
        rows = {found[STATEMENT, f"A{row}"]: found.get((STATEMENT, f"D{row}"))
                for row in range(20, 80) if (STATEMENT, f"A{row}") in found}  # fmt: skip
        wanted = changed()[1]
        assert rows["負担総額"] == wanted["gross_yen"]
        assert rows["デジタル田園都市国家構想交付金"] == wanted["grants"]["g1"]
        assert rows["請求額"] == wanted["invoice_yen"]
        assert rows["納付額 第1期"] == wanted["instalments_yen"][0]

    def test_gives_the_engines_yen_when_a_limit_and_the_months_are_changed(self, computed):
        _, found = computed["changed-limits"]
        rows = {found[STATEMENT, f"A{row}"]: found.get((STATEMENT, f"D{row}"))
                for row in range(20, 90) if (STATEMENT, f"A{row}") in found}  # fmt: skip
        wanted = changed_limits()[1]
        lines = {line["cost"]: line["share_yen"] for line in wanted["lines"]}
        assert (rows["上限のある経費"], rows["窓口の料金"]) == (lines["x1"], lines["x2"])
        assert (rows["負担総額"], rows["請求額"]) == (wanted["gross_yen"], wanted["invoice_yen"])


class TestWorkbook:
    @pytest.mark.parametrize("published", [True, False])
    def test_uses_only_functions_of_excel_2016_and_nothing_volatile_or_outside(self, published):
        case, result = run_of(sample_case(members=6))
        found = formulas(workbook(case, result, 0, published=published))
        others = (*random_runs(30), *random_runs(3, kind=heavy_case), *random_runs(20, kind=random_case_2))
        for number, (_, other, its_result) in enumerate(others):
            found += formulas(workbook(other, its_result, number % len(other["members"]), published=published))
        assert set(re.findall(r"([A-Z][A-Z0-9.]*)\(", " ".join(found))) <= EXCEL_2016
        assert not [one for one in found if re.search(r"\[|://|#REF|\|", one)]
        assert max(map(len, found)) < 8192  # Excel specifications and limits: length of formula contents
        assert not [one for one in found if deepest(one) > 60]  # 64 levels of nesting

    def test_states_the_members_own_values_and_totals_unless_the_program_publishes(self):
        case, result = run_of(sample_case())
        name, code = case["members"][7]["name"], case["members"][7]["code"]
        for published in (True, False):
            words = [str(value) for value in cells(workbook(case, result, 0, published=published)).values()]
            assert (name in words) is published
            assert (code in words) is published
            assert any("全団体の値と式があります" in word for word in words) is published
            assert any("入力として示したもの" in word for word in words) is not published

    def test_shows_the_same_figures_without_computing(self):
        for rng, case, result in (*random_runs(40, seed=5), *random_runs(40, seed=6, kind=random_case_2)):
            place = rng.randrange(len(case["members"]))
            for published in (True, False):
                assert set(written_verdicts(workbook(case, result, place, published=published))) == {"一致"}

    def test_shares_its_two_sheets_among_all_members_of_a_published_program(self):
        case, result = run_of(sample_case(members=4))
        books = RunWorkbooks(case, result, published=True)
        made = [cells(books.xlsx(statement_view(case, result, code), META)) for code in codes(4)]
        shared = [{key: value for key, value in one.items() if key[0] != STATEMENT} for one in made]
        assert shared[0] == shared[1] == shared[3]
        assert {key[0] for key in made[0]} == {STATEMENT, STEPS, INPUTS}

    def test_keeps_text_that_looks_like_a_formula_as_text(self):
        case = sample_case(members=3)
        case["members"][0]["name"] = case["costs"][0]["name"] = case["keys"][0]["name"] = "=1+1"
        case, result = run_of(case)
        for published in (True, False):
            found = formulas(workbook(case, result, 0, published=published))
            assert "=1+1" not in found

    def test_shows_a_member_its_own_steps_where_those_of_all_are_too_many(self, monkeypatch):
        monkeypatch.setattr(ledger, "MOST_CELLS", 300)
        case, result = run_of(sample_case())
        found = cells(workbook(case, result, 0, published=True))
        assert any("入力として示したもの" in str(value) for value in found.values())
        assert set(verdicts(found)) == {"一致"}

    def test_holds_values_and_says_so_where_the_case_is_beyond_its_formulas(self):
        case = sample_case(members=3)
        case["costs"][0]["amount_yen"] = 10**13
        case, result = run_of(case)
        found = cells(workbook(case, result, 0, published=False))
        assert any("値のみです" in str(value) for value in found.values())
        assert {sheet for sheet, _ in found} == {STATEMENT}

    def test_tells_no_member_what_another_bears_alone(self):
        alone = 7_654_321
        case = sample_case(members=6)
        case["costs"] = [one | {"eligible": True} for one in case["costs"] if one["id"] != "d1"]
        bearer = case["members"][3]["code"]
        case["costs"].append(
            {"id": "d2", "name": "個別", "amount_yen": alone, "eligible": True, "charge": {"member": bearer}}
        )
        case, result = run_of(case)
        eligible = sum(one["amount_yen"] - one.get("revenue_yen", 0) for one in case["costs"] if one.get("eligible"))
        told = {alone, eligible, eligible - alone}
        for place in (0, 1, 5):
            found = cells(workbook(case, result, place, published=False))
            assert set(verdicts(found)) == {"一致"}
            assert not told & {value for value in found.values() if isinstance(value, int)}
        assert alone in cells(workbook(case, result, 3, published=False)).values()

    def test_tells_no_member_what_the_only_other_within_limits_pays(self):
        case = limited_and_priced(members=3)
        case["costs"] = case["costs"][-2:-1]
        case["costs"][0]["amount_yen"] = 6_000_000
        case, result = run_of(case)
        paid = [member["lines"][0]["share_yen"] for member in result["members"]]
        for place in range(3):
            found = cells(workbook(case, result, place, published=False))
            assert set(verdicts(found)) == {"一致"}
            shown = {value for value in found.values() if isinstance(value, int)}
            others = {yen for number, yen in enumerate(paid) if number != place} - {paid[place], 2_500_000}
            assert not shown & (others | {6_000_000 - yen for yen in others})

    def test_holds_values_where_limits_take_too_many_rounds(self, monkeypatch):
        monkeypatch.setattr(limits, "MOST_ROUNDS", 1)
        case, result = run_of(limited_and_priced(members=6))
        found = cells(workbook(case, result, 0, published=True))
        assert any("値のみです" in str(value) or "入力として示したもの" in str(value) for value in found.values())
        assert set(verdicts(found)) == {"一致"}

    def test_tells_a_host_nothing_of_the_only_other_member(self):
        case, result = run_of(sample_case(members=2))
        found = cells(workbook(case, result, 0, published=False))
        assert {sheet for sheet, _ in found} == {STATEMENT}
        assert any("値が分かってしまうため" in str(value) for value in found.values())

    @pytest.mark.parametrize("priced", [False, True])
    def test_tells_an_excluded_member_nothing_of_the_only_other_one(self, priced):
        case = sample_case(members=2)
        own, other = (one["code"] for one in case["members"])
        counted = {"weight": "1", "basis": "population", "exclude": [own]}
        case["keys"] = [{"id": "k1", "name": "方法", "components": [counted], "unit_price_decimals": 0}]
        if not priced:
            parts = [counted | {"weight": "2/3"}, {"weight": "1/3", "basis": "equal"}]
            case["keys"] = [{"id": "k1", "name": "方法", "components": parts}]
        case["costs"] = [
            {"id": "c1", "name": "経費", "amount_yen": 1_000_003, "eligible": False, "charge": {"key": "k1"}}
        ]
        case["rounding"] = {"stage": "cost", "unit_yen": 1, "remainder": "named", "named": own}
        population = next(one for one in case["bases"] if one["id"] == "population")
        population["values"] = {own: "11", other: "87654321"}
        case["bases"], case["grants"] = [population], []
        case, result = run_of(case)
        view = statement_view(case, result, own)
        content = content_of(view)
        said = [json.dumps([content, [asdict(one) for one in why_sections(content)]], ensure_ascii=False, default=str)]
        said += [str(one) for one in cells(workbook(case, result, 0, published=False)).values()]
        assert content["keys"] or priced
        assert not [one for one in said if "87654321" in one.replace(",", "")]

    @pytest.mark.parametrize("published", [True, False])
    def test_holds_values_where_shares_have_a_denominator_beyond_every_number_of_a_sheet(self, published):
        case = sample_case(members=41)
        case["rounding"], case["issued_yen"] = TOTAL, {}
        keys, costs = [], []
        for number in range(40):
            factors = {case["members"][number]["code"]: f"{number + 2}/{number + 3}"}
            parts = [
                {"weight": weight, "basis": basis, "factors": factors}
                for weight, basis in (("1/7", "population"), ("6/7", "pipe"))
            ]
            keys.append({"id": f"k{number}", "name": f"方法{number}", "components": parts})
            cost = {"id": f"c{number:02}", "name": f"経費{number}", "amount_yen": 1_000_003 + number, "eligible": True}
            costs.append(cost | {"charge": {"key": f"k{number}"}})
        case, result = run_of(case | {"keys": keys, "costs": costs})
        found = cells(workbook(case, result, 0, published=published))
        assert {sheet for sheet, _ in found} == {STATEMENT}
        assert any("値のみです" in str(value) for value in found.values())


def deepest(formula):
    """How many parentheses stand open at once."""
    depth = most = 0
    for sign in formula:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        most = max(most, depth)
    return most
