"""The report of a review on paper: views → HTML → PDF, with places to sign and to press the seal."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tenants.calendar import JST, japanese_date
from tenants.documents.pdf import Letterhead, html_of, render_pdf
from tenants.reviews.rules import Decision, ReviewLineView, ReviewView

_TEMPLATES = Path(__file__).parent / "templates"
_STYLES = (_TEMPLATES / "reviews" / "review_paper.css",)


def review_pdf(
    review: ReviewView, lines: Sequence[ReviewLineView], tenant_name: str, prefecture_name: str, notice: str
) -> bytes:
    """The report as PDF; who decided what and when, and the fingerprint of it all."""
    closed = review.closed_at.astimezone(JST).date() if review.closed_at else review.as_of
    head = Letterhead(
        issuer=f"{prefecture_name} 結(Yui)",
        recipient=tenant_name,
        document_number=f"棚卸し-{review.id}",
        issued_on=closed,
        notice=notice,
    )
    counts = [
        (one.label, sum(1 for line in lines if line.decision is one)) for one in Decision if one is not Decision.OPEN
    ]
    html = html_of(
        "reviews/review_paper.html",
        _TEMPLATES,
        letterhead=head,
        review=review,
        lines=[_row(line) for line in lines],
        counts=counts,
        closed=closed,
    )
    return render_pdf(html, _STYLES)


def _row(line: ReviewLineView) -> dict[str, str]:
    return {
        "name": line.person_name,
        "email": line.email,
        "role": line.role.label,
        "period": f"{_day(line.valid_from)}〜{_day(line.valid_to)}",
        "last": _day(line.last_sign_in_at.astimezone(JST).date() if line.last_sign_in_at else None) or "なし",
        "factor": "あり" if line.second_factor else "なし",
        "decision": line.decision_text,
        "note": line.note,
        "by": line.decided_by_name,
        "at": f"{line.decided_at.astimezone(JST):%Y-%m-%d %H:%M}" if line.decided_at else "",
    }


def _day(day: date | None) -> str:
    return japanese_date(day) if day else ""
