"""Reading a case file: members, bases and the case as a whole; every problem is found before refusing."""

from collections.abc import Mapping
from typing import Any

from billing.apportionment.cost_reading import read_costs, read_rounding
from billing.apportionment.document import read_document
from billing.apportionment.fields import Reading, Record, parse_fraction
from billing.apportionment.grant_reading import check_national_ceiling, read_grants, read_unit_rounding
from billing.apportionment.key_reading import read_keys
from billing.apportionment.known import Known
from billing.apportionment.limit_reading import check_limits
from billing.apportionment.problems import pointer_token
from billing.apportionment.terms import EQUAL_BASIS, FORMAT, FORMAT_2, Basis, Case, Instalments, Member
from billing.money import MAX_YEN, Yen

# Lists far beyond any prefecture (the nation has 1,741 municipalities and some 1,500 unions).
MOST_ENTRIES = 10_000
# Lines a result may hold: five times the nation-wide case of 1,741 members and 200 costs.
MOST_LINES = 2_000_000
# 地方自治法 took effect in 1947; the upper end catches slips such as 20245.
FISCAL_YEARS = (1947, 2200)
# More than one payment a week is no instalment plan.
MOST_INSTALMENTS = 53
LONGEST_NAME = 200
LONGEST_SOURCE = 1000

_CASE = frozenset(
    {
        "format", "fiscal_year", "title", "members", "bases", "keys", "costs", "rounding", "grants",
        "national_ceiling", "invoice", "instalments", "issued_yen",
    }
)  # fmt: skip
_MEMBER = frozenset({"code", "name", "months", "factor"})
_BASIS = frozenset({"id", "name", "unit", "as_of", "source", "values"})
_INSTALMENTS = frozenset({"count", "unit_yen"})


def parse_case(document: bytes | str | Mapping[str, Any]) -> Case:
    """Read a case file (bytes, text, or the parsed object) into a ``Case``.

    Raises ``CaseRefused`` with every problem that could be found, in the order of the document.
    """
    reading = Reading()
    record = Record(reading, read_document(document), "", _CASE)
    reading.finish_unless_object(record)
    version = 2 if record.choice("format", (FORMAT, FORMAT_2)) == FORMAT_2 else 1
    fiscal_year = record.integer("fiscal_year", *FISCAL_YEARS)
    title = record.text("title", LONGEST_NAME)
    known = Known(version=version)
    members = _read_members(reading, record, known)
    bases = _read_bases(reading, record, known)
    keys = read_keys(reading, reading.items(record.raw("keys"), "/keys", MOST_ENTRIES), known)
    rounding = read_rounding(reading, record.raw("rounding", {}), "/rounding", known)
    costs = read_costs(reading, reading.items(record.raw("costs"), "/costs", MOST_ENTRIES), known, rounding.stage)
    check_limits(reading, keys, costs, rounding)
    grants = read_grants(reading, record.raw("grants", ()), known)
    ceiling_start = len(reading.problems)
    ceiling = record.fraction("national_ceiling", "1/2", 1)
    if len(reading.problems) == ceiling_start:
        check_national_ceiling(reading, costs, grants, ceiling)
    case = Case(
        fiscal_year=fiscal_year,
        title=title,
        members=members,
        bases=bases,
        keys=keys,
        costs=costs,
        rounding=rounding,
        grants=grants,
        national_ceiling=ceiling,
        invoice=read_unit_rounding(reading, record.raw("invoice", {}), "/invoice"),
        instalments=_read_instalments(reading, record.raw("instalments", {})),
        issued_yen=_read_issued(reading, record.raw("issued_yen", {}), known),
    )
    _check_size(reading, case)
    reading.finish()
    return case


def _read_members(reading: Reading, record: Record, known: Known) -> tuple[Member, ...]:
    values = reading.items(record.raw("members"), "/members", MOST_ENTRIES)
    members = []
    for index, value in enumerate(values):
        start = len(reading.problems)
        entry = Record(reading, value, f"/members/{index}", _MEMBER)
        member = Member(
            code=entry.code("code"),
            name=entry.text("name", LONGEST_NAME),
            months=entry.integer("months", 0, 12, 12),
            factor=entry.fraction("factor", "1"),
        )
        if member.code in known.members:
            reading.refuse(entry.at("code"), "duplicate-code", f"団体コード{member.code}が2回以上書かれています。")
        elif member.code:
            known.members[member.code] = member
        known.members_clean = known.members_clean and len(reading.problems) == start
        members.append(member)
    if not values and isinstance(record.raw("members", None), list | tuple):
        reading.refuse("/members", "no-members", "構成団体がありません。1団体以上を書いてください。")
    return tuple(members)


def _read_bases(reading: Reading, record: Record, known: Known) -> tuple[Basis, ...]:
    bases = []
    for index, value in enumerate(reading.items(record.raw("bases"), "/bases", MOST_ENTRIES)):
        start = len(reading.problems)
        entry = Record(reading, value, f"/bases/{index}", _BASIS)
        basis = Basis(
            id=entry.text("id", LONGEST_NAME),
            name=entry.text("name", LONGEST_NAME),
            unit=entry.text("unit", LONGEST_NAME),
            as_of=entry.day("as_of"),
            source=entry.text("source", LONGEST_SOURCE),
            values=_read_values(reading, entry, known),
        )
        if basis.id == EQUAL_BASIS:
            message = "「equal」(均等)は常にある基準の名前なので、別の基準には使えません。"
            reading.refuse(entry.at("id"), "reserved-id", message)
        elif known.is_new(reading, known.bases, basis.id, entry.at("id")):
            known.bases[basis.id] = (index, basis, len(reading.problems) == start)
        bases.append(basis)
    return tuple(bases)


def _read_values(reading: Reading, entry: Record, known: Known) -> dict[str, Any]:
    pointer = entry.at("values")
    values = {}
    for code, text in reading.mapping(entry.raw("values"), pointer).items():
        found = parse_fraction(text)
        if found is None or found < 0:  # the slow way names the place and the reason
            found = reading.fraction(text, f"{pointer}/{pointer_token(code)}")
        if code not in known.members:
            known.refuse_member(reading, f"{pointer}/{pointer_token(code)}", code)
        values[code] = found
    return values


def _read_instalments(reading: Reading, value: Any) -> Instalments:
    entry = Record(reading, value, "/instalments", _INSTALMENTS)
    return Instalments(
        count=entry.integer("count", 1, MOST_INSTALMENTS, 1), unit_yen=Yen(entry.integer("unit_yen", 1, MAX_YEN, 1))
    )


def _read_issued(reading: Reading, value: Any, known: Known) -> dict[str, Yen]:
    issued = {}
    for code, amount in reading.mapping(value, "/issued_yen").items():
        pointer = f"/issued_yen/{pointer_token(code)}"
        if code not in known.members:
            known.refuse_member(reading, pointer, code)
        issued[code] = Yen(reading.integer(amount, pointer, 0, MAX_YEN))
    return issued


def _check_size(reading: Reading, case: Case) -> None:
    if len(case.members) * len(case.costs) > MOST_LINES:
        reading.refuse("/costs", "too-large", f"団体数×経費数が{MOST_LINES:,}を超えています。事業を分けてください。")
    if sum(cost.amount_yen for cost in case.costs) > MAX_YEN:
        reading.refuse("/costs", "out-of-range", f"経費の合計が{MAX_YEN:,}円を超えています。")
