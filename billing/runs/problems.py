"""Problems of a case as a list a finance officer can work through: what is wrong, and the page to mend it."""

import re
from collections.abc import Sequence

from billing.bases import queries as bases
from billing.costs import queries as costs
from billing.grants import queries as grants
from billing.keys import queries as keys

_PLACE = re.compile(r"/(members|bases|keys|costs|grants|rounding|invoice|instalments|issued_yen)(?:/(\d+))?")
_WORDS = {
    "members": "構成団体",
    "bases": "按分基準",
    "keys": "按分方法",
    "costs": "経費",
    "grants": "交付金",
    "rounding": "端数処理",
    "invoice": "請求",
    "instalments": "納付回数",
    "issued_yen": "通知済みの額",
}

_ON_PAGES = {
    "no-members": "構成団体が選ばれていません。「構成団体」の画面で、参加する団体を1つ以上選んで保存してください。",
}
"""Sentences of the case format that speak of writing a file, as somebody says them who works on pages."""
_NEXT = {
    "missing-basis-value": "「按分基準」の画面で値を入れてください。値がない団体は、0を入れるか構成団体から外します。",
    "basis-sum-zero": "「按分基準」の値か、按分の対象となる団体を確かめてください。",
    "unknown-member": "「構成団体」に加えるか、この場所から外してください。",
    "weights-not-one": "「按分方法」の画面で、合計が1になるように直してください。",
    "negative-net": "経費か特定財源の額を直してください。",
}
"""What to do, by code, where the sentence says only what is wrong."""


async def problem_rows(program_id: int, problems: Sequence[tuple[str, str, str]]) -> list[dict[str, str]]:
    """For each (pointer, message, code): the place in words, the link there, and the sentence."""
    if not problems:
        return []
    named = {
        "bases": [(one.name, f"/bases/{one.id}") for one in await bases.bases(program_id)],
        "keys": [(one.name, f"/keys/{one.id}") for one in await keys.keys(program_id)],
        "costs": [(one.name, f"/costs/{one.id}/edit") for one in await costs.costs(program_id)],
        "grants": [(one.name, f"/grants/{one.id}/edit") for one in await grants.grants(program_id)],
    }
    return [_row(program_id, named, *problem) for problem in problems]


def _row(
    program_id: int, named: dict[str, list[tuple[str, str]]], pointer: str, message: str, code: str
) -> dict[str, str]:
    match = _PLACE.match(pointer)
    place, url = "事業", f"/programs/{program_id}"
    if match is not None:
        part, position = match[1], match[2]
        place = _WORDS[part]
        url += f"/{part}" if part in {"members", *named} else "/edit"
        if part in named and position is not None and int(position) < len(named[part]):
            name, path = named[part][int(position)]
            place, url = f"{place}「{name}」", f"/programs/{program_id}{path}"
    return {"place": place, "url": url, "message": _ON_PAGES.get(code, message) + _NEXT.get(code, ""), "code": code}
