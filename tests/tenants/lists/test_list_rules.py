"""What an address asks of a list, and what it gives back; pure."""

import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.context import Role
from tenants.documents.csv_text import csv_file, lost_report
from tenants.lists.cursors import read_cursor, write_cursor
from tenants.lists.exports import told
from tenants.lists.rules import (
    Column,
    Filter,
    ListSpec,
    address,
    kept_query,
    read_wanted,
    shown_columns,
)
from tenants.web.form_data import Faults

SPEC = ListSpec(
    name="test_things",
    caption="もの",
    url="/things",
    source="FROM thing x",
    columns=(
        Column("name", "名前", "x.name", sortable=True, searched=True, row_header=True),
        Column("kind", "種類", "x.kind", filter=Filter.CHOICE, choices=(("a", "甲"), ("b", "乙"))),
        Column("amount", "金額", "x.amount", "yen", sortable=True),
        Column("at", "日時", "x.at", "datetime", sortable=True, filter=Filter.PERIOD),
        Column("note", "備考", "x.note", shown=False),
    ),
    roles=frozenset({Role.TOWN_ADMIN}),
    base=lambda context: (["x.tenant_id = {}"], [context.tenant_id]),
    key="x.id",
    order="-at",
)


def wanted(query: str):
    faults = Faults()
    return read_wanted(SPEC, parse_qs(query, keep_blank_values=True), faults), faults.fields


class TestReadWanted:
    def test_reads_search_filters_period_order_and_columns(self):
        found, faults = wanted(
            "q=+%E6%B0%B4+&kind=a&at_from=R8.4.1&at_to=2026-04-30&sort=-amount&cols=note&cols=amount"
        )
        assert faults == {}
        assert (found.search, found.equal, found.sort, found.descending) == ("水", {"kind": "a"}, "amount", True)
        first, end = found.periods["at"]
        assert (first.isoformat(), end.isoformat()) == ("2026-04-01T00:00:00+09:00", "2026-05-01T00:00:00+09:00")
        assert [one.key for one in shown_columns(SPEC, found)] == ["name", "amount", "note"]
        assert told(SPEC, found) == "検索「水」、種類: 甲、日時: 令和8年4月1日〜令和8年4月30日"

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("kind=z", "kind"),
            ("at_from=someday", "at_from"),
            ("at_from=R8.4.2&at_to=R8.4.1", "at_to"),
            ("q=" + "x" * 101, "q"),
        ],
    )
    def test_says_at_the_field_what_is_wrong(self, query, field):
        found, faults = wanted(query)
        assert list(faults) == [field]
        assert not found.is_narrowed

    @pytest.mark.parametrize(
        "query", ["sort=nothing", "sort=kind", "sort=--at", "after=x", "after=W10", "cols=zzz", "q=%00"]
    )
    def test_leaves_out_what_is_none_of_its_words(self, query):
        found, faults = wanted(query)
        assert (faults, found.sort, found.cursor, found.columns, found.search) == ({}, "at", None, (), "")

    @given(st.text(max_size=60))
    def test_never_fails_on_a_place(self, text):
        for column in SPEC.columns:
            read_cursor(text, column.kind, backward=False)


class TestCursor:
    @given(st.integers(-(2**62), 2**62), st.integers(0, 2**63 - 1))
    def test_of_a_figure_comes_back(self, value, number):
        found = read_cursor(write_cursor(value, number), "yen", backward=True)
        assert (found.value, found.id, found.backward) == (value, number, True)

    @given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=40))
    def test_of_a_text_comes_back(self, value):
        assert read_cursor(write_cursor(value, 1), "text", backward=False).value == value

    def test_of_a_moment_comes_back(self):
        moment = datetime(2026, 4, 1, 3, 0, 0, 5, tzinfo=UTC)
        assert read_cursor(write_cursor(moment, 1), "datetime", backward=False).value == moment

    def test_of_another_kind_is_no_place(self):
        assert read_cursor(write_cursor("水", 1), "yen", backward=False) is None
        assert read_cursor(write_cursor(10**30, 1), "yen", backward=False) is None


class TestAddress:
    def test_keeps_what_is_wanted_and_changes_some(self):
        found, _ = wanted("q=a&kind=b&sort=name&cols=note&after=zzz&other=1")
        assert address(SPEC, found, sort="-name") == "/things?q=a&kind=b&sort=-name&cols=note"
        assert kept_query(SPEC, found) == "q=a&kind=b&sort=name&cols=note"


class TestCsv:
    def test_in_three_encodings_holds_the_same(self):
        rows = [("神戸市", 1_000, date(2026, 4, 1)), ('改行\n"引用"', -5, None)]
        texts = [
            csv_file(("団体", "金額", "日"), rows, one).content.decode(one) for one in ("utf-8-sig", "utf-8", "cp932")
        ]
        assert len(set(texts)) == 1
        assert texts[0] == '団体,金額,日\r\n神戸市,1000,2026-04-01\r\n"改行\n""引用""",-5,\r\n'

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "＝", "＋", "＠"])
    def test_turns_no_text_into_a_formula(self, start):
        text = csv_file(("備考",), [(f"{start}1+1",)], "utf-8").content.decode()
        assert text.split("\r\n")[1].lstrip('"')[0] == "'"

    def test_reports_what_cp932_cannot_hold(self):
        found = csv_file(("団体", "面積"), [("𠮷川町", "5㎥"), ("—葛\U000e0100", "ok")], "cp932")
        assert found.content.decode("cp932") == "団体,面積\r\n〓川町,5m3\r\n―葛,ok\r\n"
        assert [(one.line, one.column, one.character, one.replacement) for one in found.lost] == [
            (2, "団体", "𠮷", "〓"),
            (2, "面積", "㎥", "m3"),
            (3, "団体", "—", "―"),
            (3, "団体", "\U000e0100", ""),
        ]
        report = lost_report(found.lost).decode("utf-8-sig")
        assert "2,団体,𠮷,U+20BB7,〓,𠮷川町" in report

    @given(st.lists(st.tuples(st.text(max_size=20)), max_size=5))
    def test_never_fails(self, rows):
        csv_file(("a",), rows, "cp932")
        json.dumps(csv_file(("a",), rows, "utf-8").content.decode())
