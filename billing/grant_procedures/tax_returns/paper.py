"""消費税仕入控除税額報告書: one member's report on paper, also the zero report."""

import asyncio
from pathlib import Path

from billing.grant_procedures.tax_returns.rules import ACCOUNTS, METHODS, RequestView, ReturnView
from tenants.calendar import JST
from tenants.documents.pdf import PDF_TIME_LIMIT_SECONDS, Letterhead, html_of
from tenants.documents.printing import print_pdfs

_TEMPLATES = Path(__file__).parent / "templates"


def report_html(request: RequestView, report: ReturnView, prefecture_name: str) -> str:
    """The report as one HTML page."""
    head = Letterhead(
        issuer=request.name,
        recipient=prefecture_name,
        document_number=f"TAX-{request.id}-{report.id}",
        issued_on=report.entered_at.astimezone(JST).date(),
    )
    return html_of(
        "tax_returns/paper.html",
        _TEMPLATES,
        letterhead=head,
        request=request,
        report=report,
        account=ACCOUNTS[request.account],
        method=METHODS[report.method],
    )


async def report_pdf(request: RequestView, report: ReturnView, prefecture_name: str) -> bytes:
    """The report as PDF. Raises PrintingTookTooLong."""
    page = report_html(request, report, prefecture_name)
    (made,) = await asyncio.to_thread(print_pdfs, [page], (), PDF_TIME_LIMIT_SECONDS)
    return made
