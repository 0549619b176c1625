"""What is no case file at all, exact numbers, and values nobody expected."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.apportionment.calculation import apportion
from billing.apportionment.case import CaseRefused, parse_case
from billing.apportionment.result import result_json
from tests.billing.apportionment.full_case import DELETE, REFUSALS, changed, full_case, problems_of
from tests.billing.apportionment.small_cases import A, small_case


class TestReadDocument:
    @pytest.mark.parametrize(
        ("document", "pointer", "code"),
        [
            (b"\xff\xfe", "", "not-utf8"),
            ("人口".encode("cp932"), "", "not-utf8"),
            (b"", "", "not-json"),
            (b"{", "", "not-json"),
            (b"{} x", "", "not-json"),
            (b"[]", "", "not-object"),
            (b"null", "", "not-object"),
            (b"1", "", "not-object"),
            (b"[" * 200_000, "", "too-deep"),
            (b'{"title": NaN}', "/title", "not-text"),
            (b'{"fiscal_year": Infinity}', "/fiscal_year", "not-integer"),
            (b'{"fiscal_year": 2024.0}', "/fiscal_year", "not-integer"),
            (b'{"fiscal_year": 2e3}', "/fiscal_year", "not-integer"),
            (b'{"fiscal_year": ' + b"9" * 5000 + b"}", "/fiscal_year", "out-of-range"),
            (b'{"title": "a", "title": "b"}', "/title", "duplicate-name"),
            (b'{"issued_yen": {"a": 1, "a": 2}}', "/issued_yen/a", "duplicate-name"),
            (b'{"title": "\\ud800"}', "/title", "bad-text"),
            (b'{"title": "\\u0000"}', "/title", "bad-text"),
            (b'{"\\ud800": 1}', "/\ud800", "unknown-field"),
        ],
    )
    def test_refuses_what_is_no_case_file(self, document, pointer, code):
        assert (pointer, code) in problems_of(document)

    def test_refuses_a_number_that_is_written_as_a_binary_fraction(self):
        text = json.dumps(changed(f"/bases/0/values/{A}", "50")).replace(f'"{A}": "50"', f'"{A}": 50.0')
        assert (f"/bases/0/values/{A}", "bad-fraction") in problems_of(text)

    def test_reads_bytes_text_and_objects_alike(self):
        text = json.dumps(full_case(), ensure_ascii=False)
        byte_order_mark = b"\xef\xbb\xbf"
        read = [
            parse_case(document) for document in (full_case(), text, text.encode(), byte_order_mark + text.encode())
        ]
        assert all(case == read[0] for case in read)

    @given(st.binary(max_size=200))
    def test_answers_any_bytes_with_a_refusal(self, document):
        with pytest.raises(CaseRefused):
            parse_case(document)

    JSON = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
        max_leaves=10,
    )

    @settings(max_examples=300)
    @given(st.sampled_from(sorted({path for path, value, *_ in REFUSALS if value is not DELETE})), JSON)
    def test_survives_any_value_at_any_place(self, path, value):
        try:
            result_json(apportion(parse_case(changed(path, value))))
        except CaseRefused as refused:
            messages = [problem.message for problem in refused.problems]
        else:
            messages = ["。"]
        assert messages
        assert all(message.endswith("。") for message in messages)


class TestFractions:
    @pytest.mark.parametrize("text", ["50", "50.0", "100/2", "050", "50/1"])
    def test_reads_every_exact_spelling(self, text):
        assert parse_case(changed(f"/bases/0/values/{A}", text)) == parse_case(full_case())

    @pytest.mark.parametrize(
        "text",
        ["", " 1", "1 ", "+1", "1e3", "1.", ".5", "1/0", "1/-2", "1/2/3", "0.5/2", "NaN", "inf", "１", "1,000", "0x10",
         "1_000", "1" * 41, "1/" + "3" * 40, "0." + "1" * 30, "1\n", "-", "/", "٣"],
    )  # fmt: skip
    def test_refuses_every_other_spelling(self, text):
        assert (f"/bases/0/values/{A}", "bad-fraction") in problems_of(changed(f"/bases/0/values/{A}", text))

    def test_refuses_denominators_beyond_every_real_quantity(self):
        primes = [n for n in range(10**9, 10**9 + 4000) if all(n % d for d in range(2, 31623))][:150]
        case = small_case(1000)
        case["members"] = [{"code": f"m{prime}", "name": "x"} for prime in primes]
        case["bases"][0]["values"] = {f"m{prime}": f"1/{prime}" for prime in primes}
        with pytest.raises(CaseRefused) as refused:
            apportion(parse_case(case))
        assert [(p.pointer, p.code) for p in refused.value.problems] == [("/keys/0", "too-precise")]
