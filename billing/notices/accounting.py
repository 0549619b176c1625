"""Rows for accounting systems: one for each member and instalment of a notice, as CSV in three encodings."""

from collections.abc import Iterable, Sequence
from typing import Any

from billing.notices.queries import PaperLine
from billing.notices.rules import refund_yen
from billing.notices.settings.rules import TAXES
from tenants.documents.archive import zip_files
from tenants.documents.csv_text import Encoded, csv_file, lost_report
from tenants.lists.exports import FORMATS, Exported

ENCODINGS = {key: form for key, form in FORMATS.items() if form.encoding}
"""The kit's forms of CSV by their key in an address."""
HEADER = (
    "会計年度",
    "会計",
    "款",
    "項",
    "目",
    "節",
    "債務者コード",
    "債務者名",
    "宛名",
    "期",
    "区分",
    "調定額",
    "納期限",
    "文書番号",
    "税区分",
    "摘要",
    "還付額",
)


def accounting_rows(papers: Iterable[PaperLine]) -> list[tuple[Any, ...]]:
    """The rows in the order of the members' codes and instalments; of less 調定額 is negative, of moved days 0."""
    return [_row(paper, page) for paper in papers for page in paper.content["pages"]]


def accounting_csv(papers: Iterable[PaperLine], kind: str) -> Encoded:
    """The CSV of one encoding, with what it lost. Raises KeyError for a kind that is no CSV."""
    return csv_file(HEADER, accounting_rows(papers), ENCODINGS[kind].encoding)


def accounting_download(papers: Sequence[PaperLine], kind: str, name: str) -> Exported:
    """The CSV to keep under ``name`` (no suffix); a ZIP with the report when characters were replaced."""
    encoded = accounting_csv(papers, kind)
    if encoded.lost:
        files = accounting_files(papers, (kind,), name)
        return Exported(zip_files(files), f"{name}.zip", "application/zip", len(papers))
    return Exported(encoded.content, f"{name}.csv", ENCODINGS[kind].content_type, len(papers))


def accounting_files(papers: Sequence[PaperLine], kinds: Iterable[str], name: str) -> list[tuple[str, bytes]]:
    """The CSVs of several encodings by file name, each followed by the report on what it lost."""
    files = []
    for kind in kinds:
        encoded = accounting_csv(papers, kind)
        files.append((f"{name}-{kind}.csv", encoded.content))
        if encoded.lost:
            files.append((f"{name}-{kind}-replaced-characters.csv", lost_report(encoded.lost)))
    return files


def entry_kind(page: dict[str, Any]) -> str:
    """What a finance office books: 納入 (調定 or its 増額), 減額 of what is open, 還付 of what came in, a moved day."""
    if not page["amount_yen"]:
        return "納期限変更"
    if page["amount_yen"] > 0:
        return "納入"
    return "還付" if page["refund"] else "減額"


def _row(paper: PaperLine, page: dict[str, Any]) -> tuple[Any, ...]:
    budget = paper.content["budget"]
    return (
        page["fiscal_year"],
        *(budget[name] for name in ("account", "kan", "kou", "moku", "setsu")),
        paper.code,
        paper.name,
        page["addressed_to"],
        page["number"],
        entry_kind(page),
        page["amount_yen"],
        page["due_date"],
        page["document_number"],
        TAXES[budget["tax_category"]],
        f"{page['title']} {page['stage']}",
        refund_yen(page),
    )
