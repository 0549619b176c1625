"""Files of a run: statements as xlsx and PDF, the summary as xlsx, and their names."""

from billing.statements.paper import statement_html, statement_pdf, statement_pdfs
from billing.statements.summary_workbook import TRUNCATION_NOTE, summary_xlsx
from billing.statements.workbook.book import RunWorkbooks
from tenants.calendar import fiscal_year_code
from tenants.documents.text import file_name

__all__ = [
    "TRUNCATION_NOTE",
    "RunWorkbooks",
    "statement_file_name",
    "statement_html",
    "statement_pdf",
    "statement_pdfs",
    "summary_file_name",
    "summary_xlsx",
]


def statement_file_name(fiscal_year: int, program_id: int, run_number: int, member_code: str, suffix: str) -> str:
    """An ASCII name such as ``r6-p12-n1-283011-statement.pdf``; raises ``Invalid`` for a code that is not ASCII."""
    run = f"{fiscal_year_code(fiscal_year)}-p{program_id}-n{run_number}"
    return file_name(run, member_code, "statement", suffix=suffix)


def summary_file_name(fiscal_year: int, program_id: int, run_number: int, suffix: str = "xlsx") -> str:
    """An ASCII name such as ``r6-p12-n1-summary.xlsx``."""
    return file_name(f"{fiscal_year_code(fiscal_year)}-p{program_id}-n{run_number}", "summary", suffix=suffix)
