"""Statements on paper: views → HTML → PDF."""

from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from pathlib import Path

from billing.statements.rules import StatementMeta, StatementView, difference_word
from billing.statements.why.steps import Section, Step
from tenants.documents.pdf import PDF_TIME_LIMIT_SECONDS, Letterhead, html_of
from tenants.documents.printing import print_pdfs

TEMPLATES = Path(__file__).parent / "templates"
STYLES = (TEMPLATES / "statements" / "statement_paper.css",)


def statement_html(view: StatementView, meta: StatementMeta, why: Sequence[Section] = ()) -> str:
    """The statement as one HTML page, for ``statement_pdf``; ``why`` is its appendix."""
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
        why=[(section.title, _told(section)) for section in why],
    )


def statement_pdf(view: StatementView, meta: StatementMeta) -> bytes:
    """One statement as PDF."""
    return statement_pdfs([(view, meta)])[0]


def statement_pdfs(
    statements: Iterable[tuple[StatementView, StatementMeta]], whys: Iterable[Sequence[Section]] = ()
) -> list[bytes]:
    """Statements as PDFs, in order, printed by a process of their own; ``whys`` are their appendixes, if any.

    Raises PrintingTookTooLong.
    """
    pairs = zip(statements, chain(whys, repeat(())), strict=False)
    pages = (statement_html(view, meta, why) for (view, meta), why in pairs)
    return print_pdfs(pages, STYLES, PDF_TIME_LIMIT_SECONDS)


def _told(section: Section) -> list[Step]:
    """The steps worth their place on paper: a figure that is only read off stands in the tables before."""
    last = section.steps[-1:]
    return [
        one for one in section.steps if one in last or any(" = " in line or " → " in line for line in one.arithmetic)
    ]


def _roundings(view: StatementView) -> list[str]:
    """Each way of rounding once, in the order of the lines."""
    if view.total:
        return [view.total.rounding]
    return list(dict.fromkeys(line.rounding for line in view.lines if line.key))
