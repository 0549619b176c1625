"""Forms of imports: what was sent, and which column is what, as a person chose."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from tenants.errors import Invalid
from tenants.files.policy import policy
from tenants.files.uploads import Upload, read_upload
from tenants.imports.matching import missing_columns
from tenants.imports.rules import ImportColumn
from tenants.web.form_data import Faults, FormData

PASTED = "貼り付け"
"""Stands where a file's name would."""
_NUMBER_DIGITS = 7
"""Digits of the last row of a spreadsheet."""


async def read_sent(request: Request[Any, Any, Any], form: FormData) -> Upload:
    """The file, or what was pasted when there is none. Raises Invalid at ``file`` when there is neither."""
    sent = (await request.form()).get("file")
    text = form.get("rows", "")
    named = isinstance(sent, UploadFile) and bool(sent.filename)
    if text.strip() and not named:
        return Upload(PASTED, text.encode("utf-8", "replace"))
    if not named:
        message = "ファイルを選ぶか、下の欄に表を貼り付けてください。"
        raise Invalid("file-missing", "入力内容を確かめてください。", {"file": message})
    return await read_upload(request, "file", policy().upload_max_bytes)


def read_heading(form: FormData, numbers: Sequence[int]) -> int:
    """The number of the row of headings, one of ``numbers``. Raises Invalid."""
    number = _number(form.get("heading", ""))
    if number not in numbers:
        message = "見出しの行を選んでください。"
        raise Invalid("required", "入力内容を確かめてください。", {"heading": message})
    return int(number or 0)


def read_mapping(form: FormData, columns: Sequence[ImportColumn], width: int) -> dict[str, int]:
    """Which position of the file is which field. Raises Invalid with a message at every wrong field."""
    faults = Faults()
    mapping: dict[str, int] = {}
    for column in columns:
        text = form.get(field_of(column), "")
        if not text:
            continue
        position = _number(text)
        if position is None or position >= width:
            faults.note(field_of(column), f"{column.label}の列を選び直してください。", "required")
        elif position in mapping.values():
            faults.note(field_of(column), f"{column.label}に選んだ列は、ほかの項目にも選ばれています。", "column-twice")
        else:
            mapping[column.key] = position
    for column in missing_columns(mapping, columns):
        faults.note(field_of(column), f"{column.label}の列を選んでください。", "required")
    faults.raise_if_any()
    return mapping


def field_of(column: ImportColumn) -> str:
    """The form's field for one column."""
    return f"column-{column.key}"


def same_choice(form: FormData, columns: Sequence[ImportColumn], mapping: Mapping[str, int]) -> bool:
    """Whether the choices of columns are as the page offered them."""
    return all(form.get(field_of(one), "") == str(mapping.get(one.key, "")) for one in columns)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS else None
