"""納入通知書 on paper: one page for each instalment, all of a member in one PDF."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from billing.notices.differences.rules import MemberDifference
from billing.notices.rules import MemberNotice
from billing.notices.verification.rules import Mark, mark_of
from tenants.documents.pdf import PDF_TIME_LIMIT_SECONDS, html_of
from tenants.documents.printing import print_pdfs

TEMPLATES = Path(__file__).parent / "templates"
_STYLES = (TEMPLATES / "notices" / "notice_paper.css", TEMPLATES / "differences" / "difference_paper.css")
NO_CHANGES: Mapping[int, MemberDifference] = {}
"""For the first notices of a program."""


@dataclass(frozen=True, slots=True)
class PaperHead:
    """What all notices of a run have in common on paper; ``picture`` is the issuer's mark as a ``data:`` address."""

    prefecture_name: str
    issued_on: date
    verify_url: str
    sample_note: str = ""
    picture: str = ""


def marks_of(notice: MemberNotice) -> tuple[Mark, ...]:
    """What each page of the notice can be checked with; what is paid back is printed without a sign."""
    return tuple(
        mark_of(notice.number_of(line), line.shown_yen, notice.said_by(line), notice.salt) for line in notice.lines
    )


def content_of(notice: MemberNotice, marks: Sequence[Mark]) -> dict[str, Any]:
    """What the notice says, as it is kept: every page's words, number and fingerprint, and the setting."""
    setting = notice.setting
    budget = {name: getattr(setting, name) for name in ("account", "kan", "kou", "moku", "setsu", "tax_category")}
    pages: list[Mapping[str, Any]] = [
        {
            **notice.said_by(line),
            "number": line.number,
            "refund": line.is_refund,
            "document_number": mark.number,
            "code": mark.code,
        }
        for line, mark in zip(notice.lines, marks, strict=True)
    ]
    return {"budget": budget, "pages": pages}


def notice_html(notice: MemberNotice, head: PaperHead, change: MemberDifference | None = None) -> str:
    """The notice as one HTML page: a sheet for each instalment that asks for something, then what changed."""
    sheets = [
        {"line": line, "mark": mark, "said": notice.said_by(line)}
        for line, mark in zip(notice.lines, marks_of(notice), strict=True)
    ]
    return html_of(
        "notices/notice_paper.html",
        TEMPLATES,
        notice=notice,
        head=head,
        sheets=sheets,
        setting=notice.setting,
        # Where only days moved there is nothing to break down.
        change=change if any(line.amount_yen for line in notice.lines) else None,
    )


def notice_pdfs(
    notices: Iterable[MemberNotice], head: PaperHead, changes: Mapping[int, MemberDifference] = NO_CHANGES
) -> list[bytes]:
    """The members' notices as PDFs, in order, printed by a process of their own. Raises PrintingTookTooLong."""
    return print_pdfs(
        (notice_html(one, head, changes.get(one.tenant_id)) for one in notices), _STYLES, PDF_TIME_LIMIT_SECONDS
    )
