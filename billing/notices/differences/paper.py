"""差額調書 on paper: the members' table, then what changed for each."""

from datetime import date
from pathlib import Path

from billing.notices.differences.rules import DifferenceReport
from tenants.documents.pdf import PDF_TIME_LIMIT_SECONDS, html_of
from tenants.documents.printing import print_pdfs

TEMPLATES = Path(__file__).parents[1] / "templates"
MOST_SECTIONS = 300
"""A section takes about a tenth of a second to set; with more, the limit of one document comes near."""
_STYLES = (TEMPLATES / "differences" / "difference_paper.css",)


def difference_pdf(report: DifferenceReport, prefecture_name: str, issued_on: date, sample_note: str) -> bytes:
    """The 差額調書 as PDF, printed by a process of its own. Raises PrintingTookTooLong."""
    page = html_of(
        "differences/difference_paper.html",
        TEMPLATES,
        report=report,
        sections=[one for one in report.members if one.changed][:MOST_SECTIONS],
        sections_left_out=sum(1 for one in report.members if one.changed) > MOST_SECTIONS,
        prefecture_name=prefecture_name,
        issued_on=issued_on,
        sample_note=sample_note,
    )
    return print_pdfs([page], _STYLES, PDF_TIME_LIMIT_SECONDS)[0]
