"""Statements on paper: views → HTML → PDF."""

from collections.abc import Iterable
from pathlib import Path

from billing.statements.rules import StatementMeta, StatementView, difference_word
from tenants.documents.pdf import PDF_TIME_LIMIT_SECONDS, Letterhead, html_of
from tenants.documents.printing import print_pdfs

TEMPLATES = Path(__file__).parent / "templates"
STYLES = (TEMPLATES / "statements" / "statement_paper.css",)


def statement_html(view: StatementView, meta: StatementMeta) -> str:
    """The statement as one HTML page, for ``statement_pdf``."""
    head = Letterhead(
        issuer=meta.prefecture_name,
        recipient=view.member_name,
        document_number=meta.check.number if meta.check else meta.document_number,
        issued_on=meta.issued_on,
        notice=meta.sample_note,
        contact=meta.contact,
        mark=meta.mark,
    )
    return html_of(
        "statements/statement_paper.html",
        TEMPLATES,
        letterhead=head,
        view=view,
        meta=meta,
        difference_word=difference_word(view.difference_yen),
        roundings=_roundings(view),
    )


def statement_pdf(view: StatementView, meta: StatementMeta) -> bytes:
    """One statement as PDF."""
    return statement_pdfs([(view, meta)])[0]


def statement_pdfs(statements: Iterable[tuple[StatementView, StatementMeta]]) -> list[bytes]:
    """Statements as PDFs, in order, printed by a process of their own. Raises PrintingTookTooLong."""
    return print_pdfs((statement_html(view, meta) for view, meta in statements), STYLES, PDF_TIME_LIMIT_SECONDS)


def _roundings(view: StatementView) -> list[str]:
    """Each way of rounding once, in the order of the lines."""
    if view.total:
        return [view.total.rounding]
    return list(dict.fromkeys(line.rounding for line in view.lines if line.key))
