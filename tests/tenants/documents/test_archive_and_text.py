"""Archives with fixed bytes, printable text and ASCII file names."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.documents.archive import zip_files
from tenants.documents.text import file_name, printable, width_of
from tenants.errors import Invalid


class TestZipFiles:
    def test_gives_equal_bytes_for_equal_files(self):
        files = [("a.pdf", b"1"), ("b.xlsx", b"2" * 5000)]
        assert zip_files(files) == zip_files(files)
        with zipfile.ZipFile(io.BytesIO(zip_files(files))) as archive:
            assert [(name, archive.read(name)) for name in archive.namelist()] == files
            assert archive.testzip() is None

    def test_refuses_a_name_twice(self):
        with pytest.raises(ValueError, match="twice"):
            zip_files([("a.pdf", b"1"), ("a.pdf", b"2")])


class TestFileName:
    def test_joins_codes(self):
        assert file_name("r6", "p12", "n1", "283011", "statement", suffix="pdf") == "r6-p12-n1-283011-statement.pdf"

    @pytest.mark.parametrize("part", ["", "猪名川町", "../x", "a b", "a/b", "a\n", "x" * 100, "a.b", "-", "\x00"])
    def test_refuses_what_people_call_things(self, part):
        with pytest.raises(Invalid, match="ファイル名"):
            file_name(part, suffix="pdf")


class TestPrintable:
    @given(st.text(st.characters(exclude_categories=())))
    def test_is_stable_and_encodable(self, text):
        once = printable(text)
        assert printable(once) == once
        once.encode("utf-8")
        assert "\r" not in once

    def test_keeps_japanese_as_it_is(self):
        assert printable("髙﨑①㈱𠮷\n葛󠄀城 ﾊﾝｶｸ") == "髙﨑①㈱𠮷\n葛󠄀城 ﾊﾝｶｸ"

    def test_width_counts_full_width_twice(self):
        assert width_of("人口 5") == 6
        assert width_of("ab\n人口") == 4
        assert width_of("") == 0
