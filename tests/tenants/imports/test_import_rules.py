"""Rules of imports: headings and columns, the fate of every row, moves of states, files that come back."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tenants.migrations.m0017_imports as migration
from tenants.context import Role
from tenants.errors import Invalid
from tenants.imports.checking import check_rows, counts_of, digest_of, told
from tenants.imports.exports import REASON, ROW_NUMBER, rejected_rows, template_workbook
from tenants.imports.matching import (
    find_heading,
    heading_fingerprint,
    match_columns,
    missing_columns,
    row_values,
    unused_headings,
)
from tenants.imports.reading import Table, TableRow
from tenants.imports.rules import (
    MOVES,
    Checked,
    ImportColumn,
    ImportKind,
    NotNow,
    Outcome,
    State,
    check_move,
)
from tenants.imports.storing import packed, preview_facts, table_facts, table_of, unpacked

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
COLUMNS = (
    ImportColumn("code", "コード", ("団体コード",), required=True),
    ImportColumn("name", "団体名", ("名称", "市町村名")),
    ImportColumn("value", "値", ("人口",), required=True, example="1", hint="数"),
)


def _table(*rows: tuple[str, ...]) -> Table:
    numbered = tuple(TableRow(number, cells) for number, cells in enumerate(rows, start=1) if any(cells))
    return Table(numbered, "csv", "utf-8", "", (), ())


def _check(row: Any, present: Any) -> Checked:
    """A kind of rows: a value of digits is good, 「計」 is a sum, a known value is the same."""
    if row["code"] == "計":
        return Checked(Outcome.SKIPPED, "計")
    if not row["value"].isdigit():
        raise Invalid("bad", "だめ", {"value": "数字ではありません。"})
    before = present.get(row["code"])
    outcome = Outcome.NEW if before is None else Outcome.SAME if before == row["value"] else Outcome.CHANGE
    return Checked(outcome, row["code"], row["code"], {"value": row["value"]}, (("値", before or "", row["value"]),))


async def _nothing(*_: Any) -> Any:
    raise NotImplementedError


KIND = ImportKind("plain", "見本", "", frozenset(Role), _nothing, _nothing, _check, _nothing, _nothing)
MAPPING = {"code": 0, "name": 1, "value": 2}


class TestHeadings:
    @pytest.mark.parametrize(
        "headings",
        [
            ("コード", "団体名", "値"),
            ("団体コード", "名称", "人口"),
            ("ｺｰﾄﾞ", " 団体 名 ", "人口(人)"),
            ("コード※必須", "市町村名", "値(必須)"),
            ("CODE", "name", "Value"),
        ],
    )
    def test_are_known_however_they_are_written(self, headings: tuple[str, ...]):
        assert match_columns(headings, COLUMNS) == MAPPING

    def test_stand_below_titles(self):
        rows = [("令和6年 団体の値",), ("出典 見本",), ("団体コード", "名称", "人口"), ("281000", "神戸市", "1")]
        assert find_heading(rows, COLUMNS) == 2

    def test_nobody_knows_are_the_first_row_of_several_cells(self):
        assert find_heading([("題名",), ("甲", "乙"), ("1", "2")], COLUMNS) == 1
        assert find_heading([("ひとつ",)], COLUMNS) == 0

    def test_serve_one_column_each(self):
        assert match_columns(("人口", "値", "コード"), COLUMNS) == {"code": 2, "value": 0}
        assert [one.key for one in missing_columns({"name": 0}, COLUMNS)] == ["code", "value"]
        assert unused_headings(("人口", "備考", ""), {"value": 0}) == ["備考"]

    def test_have_the_same_fingerprint_when_they_read_the_same(self):
        assert heading_fingerprint("a", ["ｺｰﾄﾞ", "値 "]) == heading_fingerprint("a", ["コード", "値"])
        assert heading_fingerprint("a", ["コード"]) != heading_fingerprint("b", ["コード"])
        assert heading_fingerprint("a", ["コード", "値"]) != heading_fingerprint("a", ["値", "コード"])

    def test_lead_to_trimmed_values_even_beyond_a_short_row(self):
        assert row_values((" 281000　",), MAPPING) == {"code": "281000", "name": "", "value": ""}


class TestRows:
    def test_each_have_one_fate(self):
        table = _table(
            ("題名",), ("コード", "団体名", "値"), ("1", "", "5"), ("2", "", "6"), ("3", "", "x"), ("4", "", "7"),
            ("4", "", "8"), ("計", "", "26"), ("5", "", "9"),
        )  # fmt: skip
        results = check_rows(table, 1, MAPPING, KIND, {"2": "6", "5": "1"})
        assert [(one.number, one.outcome.value) for one in results] == [
            (3, "new"), (4, "same"), (5, "wrong"), (6, "wrong"), (7, "wrong"), (8, "skipped"), (9, "change"),
        ]  # fmt: skip
        assert told(results[3].faults, COLUMNS) == ["4は7行目にもあります。どれか1行にしてください。"]
        assert told(results[2].faults, COLUMNS) == ["値: 数字ではありません。"]
        counts = counts_of(table, 1, results)
        assert counts.balanced
        assert (counts.rows, counts.above, counts.heading, counts.good, counts.wrong) == (9, 1, 1, 2, 3)

    @given(st.lists(st.tuples(st.sampled_from("12計x"), st.sampled_from(["", "a"]), st.sampled_from(["", "5", "x"]))))
    def test_are_all_accounted_for(self, rows: list[tuple[str, str, str]]):
        table = _table(("コード", "団体名", "値"), *rows)
        results = check_rows(table, 0, MAPPING, KIND, {"1": "5"})
        assert counts_of(table, 0, results).balanced
        assert [one.number for one in results] == [row.number for row in table.rows[1:]]

    def test_change_their_digest_with_what_they_would_do(self):
        table = _table(("コード", "団体名", "値"), ("1", "", "5"))
        digests = {digest_of(check_rows(table, 0, MAPPING, KIND, present)) for present in ({}, {"1": "5"}, {"1": "6"})}
        assert len(digests) == 3
        assert digest_of(check_rows(table, 0, MAPPING, KIND, {})) in digests

    def test_are_kept_as_they_came(self):
        table = _table(("コード", "値"), ("1\n2", "=1"), ("", "𠮷"))
        assert table_of(packed(table_facts(table))) == table
        assert packed(table_facts(table)) == packed(table_facts(table))
        results = check_rows(table, 0, {"code": 0, "value": 1}, KIND, {})
        facts = unpacked(packed(preview_facts(table, 0, results, COLUMNS, MAPPING)))
        assert facts["shown"]["wrong"][0][:2] == [2, "1\n2、=1"]


class TestStates:
    def test_move_in_the_database_as_they_do_here(self):
        pairs = set(re.findall(r"\('([a-z]+)', '([a-z]+)'\)", migration._MOVES))
        assert pairs == {(one.value, to.value) for one, all_to in MOVES.items() for to in all_to}

    def test_have_words_and_ends(self):
        assert all(one.status.label for one in State)
        assert {one for one in State if not MOVES[one]} == {State.REFUSED, State.UNDONE, State.DISCARDED}
        check_move(State.CHECKED, State.APPLYING)
        with pytest.raises(NotNow, match="取り込み済み"):
            check_move(State.APPLIED, State.APPLYING)


class TestReturnedRows:
    def test_hold_every_cell_as_text_and_no_formula(self):
        table = _table(("コード", "団体名", "値"), ("=1+1", "+81", "@x"), ("1", "ok", "5"))
        content = rejected_rows("見本", table.rows[0].cells, MAPPING, COLUMNS, check_rows(table, 0, MAPPING, KIND, {}))
        assert content is not None
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        cells = list(sheet.iter_rows())
        assert [one.value for one in cells[0]] == [ROW_NUMBER, "コード", "団体名", "値", REASON]
        assert [one.value for one in cells[1]] == [2, "=1+1", "+81", "@x", "値: 数字ではありません。"]
        assert {one.data_type for one in cells[1][1:]} == {"s"}
        assert len(cells) == 2

    def test_can_be_sent_again_without_growing(self):
        head = (ROW_NUMBER, "コード", "団体名", "値", REASON)
        table = _table(head, ("2", "1", "", "x", "値: 数字ではありません。"))
        mapping = match_columns(head, COLUMNS)
        results = check_rows(table, 0, mapping, KIND, {})
        content = rejected_rows("見本", head, mapping, COLUMNS, results)
        assert content is not None
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        assert [one.value for one in next(sheet.iter_rows())] == list(head)

    def test_are_none_when_nothing_is_wrong(self):
        table = _table(("コード", "団体名", "値"), ("1", "", "5"))
        results = check_rows(table, 0, MAPPING, KIND, {})
        assert rejected_rows("見本", table.rows[0].cells, MAPPING, COLUMNS, results) is None

    def test_come_from_a_template_whose_headings_are_known(self, tmp_path: Path):
        path = tmp_path / "template.xlsx"
        path.write_bytes(template_workbook("見本", COLUMNS))
        book = openpyxl.load_workbook(path)
        headings = [str(one.value) for one in next(book.worksheets[0].iter_rows())]
        assert match_columns(headings, COLUMNS) == MAPPING
        assert book.worksheets[1]["A2"].value == "コード"
