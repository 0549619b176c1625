"""Reading what people paste from a spreadsheet: every line is taken, skipped or told with a reason."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from billing.bases.pasted import Pasted, read_pasted, total_after
from billing.bases.rules import ValueView
from tenants.errors import Invalid

KOBE = ValueView(2, "281000", "神戸市", "1525152", "", None)
INAGAWA = ValueView(3, "283011", "猪名川町", None, "", None)
UNION = ValueView(5, "union-harima", "播磨東部 広域水道企業団", None, "", None)
SAPPORO = ValueView(6, "011002", "札幌市", None, "", None)
MEMBERS = (SAPPORO, KOBE, INAGAWA, UNION)

_FULL_WIDTH = str.maketrans("0123456789,.", "０１２３４５６７８９，．")


def read(text: str, unit: str = "人") -> Pasted:
    return read_pasted(text, MEMBERS, unit)


def taken(text: str, unit: str = "人") -> dict[str, str]:
    pasted = read(text, unit)
    assert not pasted.bad, pasted.bad
    return {one.code: one.new for one in pasted.changes}


def reason(line: str) -> str:
    pasted = read(line)
    assert len(pasted.bad) == 1, pasted
    assert not pasted.changes
    return pasted.bad[0].reason


class TestReadPasted:
    @pytest.mark.parametrize(
        "text",
        [
            "283011\t29680",
            "283011,29680",
            "283011,29,680",
            "283011, 29,680 人",
            "283011 29680",
            "283011　２９，６８０人",
            "２８３０１１\t２９６８０",
            "猪名川町\t29680",
            "猪名川町 29,680",
            "猪名川町，29680",
            "283011\t猪名川町\t29,680",
            "283011 猪名川町 29,680",
            "283011,猪名川町,29680",
            '283011,"29,680"',
            '"283011"\t"29,680"\t',
            "283011\t29680\t人",
            "  283011   29680  ",
            "\r\n283011\t29680\r\n\r\n",
        ],
    )
    def test_takes_every_way_of_writing_one_line(self, text: str):
        assert taken(text) == {"283011": "29680"}

    def test_takes_names_with_blanks_and_codes_without_digits(self):
        assert taken("播磨東部 広域水道企業団 12") == {"union-harima": "12"}
        assert taken("播磨東部広域水道企業団\t12") == {"union-harima": "12"}
        assert taken("UNION-HARIMA\t12") == {"union-harima": "12"}

    def test_keeps_decimals_exactly_and_zero_as_a_value(self):
        assert taken("283011\t12.345\n281000\t0", "km") == {"283011": "2469/200", "281000": "0"}

    def test_orders_by_code_whatever_the_order_pasted(self):
        assert [one.code for one in read("283011\t1\n281000\t2\n011002\t3").changes] == ["011002", "281000", "283011"]

    def test_skips_one_heading_and_every_sum(self):
        pasted = read("団体名\t令和2年国勢調査人口\n神戸市\t10\n猪名川町\t5\n合計\t15\n計 15")
        assert [one.number for one in pasted.skipped] == [1, 4, 5]
        assert not pasted.bad
        assert len(pasted.changes) == 2

    def test_skips_no_heading_further_down(self):
        pasted = read("神戸市\t10\n団体名\t人口")
        assert [one.number for one in pasted.bad] == [2]

    def test_never_takes_a_wrong_code_for_a_heading(self):
        assert [one.number for one in read("28301\t-\n281000\t5").bad] == [1]

    def test_counts_lines_as_the_field_shows_them(self):
        pasted = read("\n281000\t5\n\n28301\t7\n")
        assert [one.number for one in pasted.bad] == [4]
        assert pasted.remaining_text == "28301\t7"

    def test_knows_old_values_and_how_far_they_move(self):
        (change,) = read("281000\t1,372,636.8").changes
        assert (change.old, change.rate, change.is_remarkable) == ("1525152", Fraction(-1, 10), False)
        assert read("281000\t152515").changes[0].is_remarkable
        assert read("283011\t5").changes[0].rate is None

    def test_adds_up_what_will_stand_after_saving(self):
        assert total_after(MEMBERS, read("283011\t0.5").changes) == Fraction("1525152.5")


class TestReasons:
    def test_tells_a_code_without_check_digit(self):
        assert reason("28301\t5") == (
            "「28301」は団体コードではありません。6桁で入力してください。「283011」(猪名川町)のことですか。"
        )

    def test_tells_a_code_that_lost_its_leading_zero(self):
        assert "「011002」(札幌市)のことですか" in reason("11002\t5")
        assert "「011002」(札幌市)のことですか" in reason("1100\t5")

    def test_tells_a_wrong_check_digit(self):
        assert reason("283012\t5") == (
            "「283012」の検査数字(6桁目)が正しくありません。「283011」(猪名川町)のことですか。"
        )

    def test_tells_an_organisation_that_takes_no_part(self):
        assert reason("284467\t5") == "「284467」は、この事業の構成団体にありません。"
        assert reason("神河町\t5") == "「神河町」は、この事業の構成団体にありません。"

    def test_suggests_the_one_name_meant(self):
        assert "「猪名川町」のことですか" in reason("猪名川\t5")
        assert "「神戸市」のことですか" in reason("兵庫県神戸市\t5")

    @pytest.mark.parametrize("line", ["281000\t", "281000", "281000\t-", "281000\t…", "281000 ***", "神戸市"])
    def test_tells_a_line_without_a_value(self, line: str):
        assert reason(line) == "値がありません。"

    @pytest.mark.parametrize("line", ["281000\t1\t2", "281000 1 2", "281000\t神戸市\t1\t2"])
    def test_never_joins_two_columns_into_one_number(self, line: str):
        assert "値が2つ以上あります" in reason(line)

    @pytest.mark.parametrize("value", ["-5", "△5", "1e5", "abc", "5世帯", "1,52", "=SUM(A1)", "#REF!", "9" * 30, "1/3"])
    def test_tells_values_that_are_none(self, value: str):
        assert reason(f"281000\t{value}")

    def test_refuses_a_member_that_stands_there_twice(self):
        pasted = read("281000\t5\n283011\t6\n神戸市\t7")
        assert [one.code for one in pasted.changes] == ["283011"]
        assert [(one.number, one.reason) for one in pasted.bad] == [
            (1, "神戸市が3行目にもあります。どれか1行にしてください。"),
            (3, "神戸市が1行目にもあります。どれか1行にしてください。"),
        ]

    def test_asks_for_the_code_where_a_name_is_borne_twice(self):
        twins = (ValueView(2, "132063", "府中市", None, "", None), ValueView(3, "342084", "府中市", None, "", None))
        assert "132063、342084" in read_pasted("府中市\t5", twins, "人").bad[0].reason
        (change,) = read_pasted("342084\t府中市\t5", twins, "人").changes
        assert change.tenant_id == 3

    def test_tells_a_line_that_is_far_too_long(self):
        assert "長すぎます" in reason("281000\t" + "あ" * 300)

    @pytest.mark.parametrize("text", ["", " \n\t\r\n", "　\n,,,\n"])
    def test_refuses_nothing_at_all(self, text: str):
        with pytest.raises(Invalid) as refused:
            read(text)
        assert refused.value.code == "blank-paste"
        assert "rows" in refused.value.fields

    def test_refuses_a_whole_register(self):
        with pytest.raises(Invalid) as refused:
            read("281000\t1\n" * 4001)
        assert refused.value.code == "too-many-lines"


class TestAnyText:
    @given(st.text(max_size=400))
    @example("281000\t\ud800")
    @example("²\t²")
    @example("٢٨١٠٠٠\t٥")
    def test_comes_to_lines_or_is_refused(self, text: str):
        try:
            pasted = read(text)
        except Invalid:
            return
        members = {one.code for one in MEMBERS}
        assert {one.code for one in pasted.changes} <= members
        assert len({one.code for one in pasted.changes}) == len(pasted.changes)
        assert all(one.reason for one in pasted.bad)
        assert all(Fraction(one.new) >= 0 for one in pasted.changes)

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["281000", "283011", "神戸市", "札幌市", "28301", "999999", "union-harima"]),
                st.sampled_from(["\t", ",", " ", "　", ", "]),
                st.one_of(
                    st.integers(0, 10**15 - 1).map(str),
                    st.integers(0, 10**15 - 1).map("{:,}".format),
                    st.decimals(0, 10**6, places=3).map(str),
                    st.just("-"),
                ),
            ),
            min_size=1,
            max_size=6,
        )
    )
    def test_reads_full_width_like_half_width(self, lines: list[tuple[str, str, str]]):
        half = "\n".join(who + cut + value for who, cut, value in lines)
        one, other = read(half), read(half.translate(_FULL_WIDTH))
        assert one.changes == other.changes
        assert [bad.number for bad in one.bad] == [bad.number for bad in other.bad]
        assert [skipped.number for skipped in one.skipped] == [skipped.number for skipped in other.skipped]

    @given(st.lists(st.sampled_from(["281000\t5", "x y", "28301\t1", "神戸市 1", "合計 9", "", "\t\t7"]), max_size=12))
    def test_loses_no_line(self, lines: list[str]):
        text = "\n".join(lines)
        try:
            pasted = read(text)
        except Invalid:
            return
        filled = sum(1 for line in lines if line.strip())
        assert len(pasted.changes) + len(pasted.bad) + len(pasted.skipped) == filled
