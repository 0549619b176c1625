"""Forms of files: a tenant's own limit as typed."""

from collections.abc import Mapping

from tenants.errors import Invalid

MEGABYTE = 1024**2
_MOST_MEGABYTES = 10 * 1024**2
_WIDE = str.maketrans("０１２３４５６７８９，", "0123456789,")


def read_quota(form: Mapping[str, str]) -> int | None:
    """The limit in bytes from megabytes as typed; None for an empty field. Raises Invalid at the field ``quota``."""
    text = form.get("quota", "").translate(_WIDE).replace(",", "").replace(" ", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or not 1 <= int(text) <= _MOST_MEGABYTES:  # noqa: PLR2004  (before int)
        message = f"上限は1から{_MOST_MEGABYTES:,}までの整数(MB)で入力してください。"
        raise Invalid("bad-quota", "入力内容を確かめてください。", {"quota": message})
    return int(text) * MEGABYTE
