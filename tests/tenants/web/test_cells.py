"""Cells written outside the templates escape as the templates do."""

from dataclasses import dataclass
from datetime import date

import pytest

from tenants.web.rendering import Column, create_environment

HOSTILE = '<script>alert("1")</script>'


@dataclass(frozen=True)
class Row:
    """A row as an object."""

    name: object
    yen: object = 1234
    url: object = None


def cell(row: object, column: object) -> str:
    environment = create_environment()
    ((_, one),) = environment.filters["laid_out"]([column])
    return str(environment.filters["plain_cell"](row, one))


class TestPlainCell:
    @pytest.mark.parametrize("name", [HOSTILE, [HOSTILE, "b"]])
    def test_escapes_text_lines_and_links(self, name: object):
        text = cell(Row(name, url='"><script>'), {"key": "name", "label": "名", "url_key": "url"})
        assert "<script" not in text
        assert "&lt;script&gt;" in text

    def test_writes_objects_and_mappings_alike(self):
        column = {"key": "yen", "label": "額", "kind": "yen", "row_header": True}
        written = '<th scope="row" class="cell cell--yen">△1,234</th>'
        assert cell(Row("a", -1234), column) == cell({"yen": -1234}, column) == written
        assert cell(Row("a", -1234), Column("yen", "額", "yen", row_header=True)) == written

    def test_shows_nothing_as_a_dash(self):
        assert "—" in cell({"at": None}, {"key": "at", "label": "日", "kind": "date"})
        assert "令和6年4月1日" in cell({"at": date(2024, 4, 1)}, {"key": "at", "label": "日", "kind": "date"})

    def test_refuses_a_row_without_the_column(self):
        with pytest.raises(KeyError):
            cell({}, {"key": "yen", "label": "額", "kind": "yen"})
