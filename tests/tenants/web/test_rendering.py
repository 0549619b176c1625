"""Figures, dates and the page frame as people read them."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import html5lib
import pytest
from jinja2 import Environment, UndefinedError

from tenants.web.rendering import (
    STATIC,
    Column,
    NavigationItem,
    Notice,
    Page,
    Status,
    Viewer,
    create_asset,
    create_environment,
    figure,
    jst,
    percent,
    yen,
)

NOW = datetime(2024, 11, 18, 5, 5, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\"' onmouseover=x"


@pytest.fixture(scope="module")
def environment() -> Environment:
    return create_environment()


def frame_of(**changes: object) -> dict[str, object]:
    return {
        "page": Page("今週やること", NOW, "一文", [("今週やること", "/"), ("いま", None)]),
        "viewer": Viewer("見本 花子", "市町 財政担当", "猪名川町", "token", can_switch=True),
        "navigation": [NavigationItem("負担金", "/statements", current=True)],
        "notices": [Notice("success", "保存しました。")],
        "prefecture_name": "兵庫県",
        "request_id": "R-1",
        "support_until": None,
        "is_demo": True,
        "help_url": None,
        **changes,
    }


def drawn(environment: Environment, source: str, **variables: object) -> str:
    imports = "".join(f'{{% import "macros/{name}.html" as {name} %}}' for name in ("forms", "tables", "parts"))
    return environment.from_string(imports + source).render(variables)


def parsed(text: str) -> None:
    html5lib.HTMLParser(strict=True).parse(text)
    ids = re.findall(r'\sid="([^"]*)"', text)
    assert len(ids) == len(set(ids))


class TestFigure:
    def test_separates_thousands(self) -> None:
        assert figure(57200000) == "57,200,000"

    def test_puts_a_triangle_before_negatives(self) -> None:
        assert figure(-211205) == "△211,205"

    @pytest.mark.parametrize("value", [1.5, True, "1", None])
    def test_refuses_what_is_no_exact_number(self, value: object) -> None:
        with pytest.raises(TypeError):
            figure(value)  # type: ignore[arg-type]


class TestYen:
    def test_writes_the_unit(self) -> None:
        assert (yen(0), yen(1234), yen(-1234)) == ("0円", "1,234円", "△1,234円")

    def test_takes_whole_decimals_and_refuses_fractions_of_a_yen(self) -> None:
        assert yen(Decimal("1234.0")) == "1,234円"
        with pytest.raises(ValueError, match="whole number"):
            yen(Decimal("0.5"))


class TestPercent:
    def test_writes_an_exact_share(self) -> None:
        assert percent(Fraction(123, 15142)) == "0.8123 %"
        assert percent("123/15142") == "0.8123 %"

    def test_rounds_half_up(self) -> None:
        assert percent(Fraction(5, 10**7)) == "0.0001 %"
        assert percent(Fraction(4, 10**7)) == "0.0000 %"

    def test_takes_the_number_of_digits(self) -> None:
        assert (percent("1/2", 0), percent("0.279", 1), percent(1, 2)) == ("50 %", "27.9 %", "100.00 %")

    def test_marks_negatives_unless_they_round_to_nothing(self) -> None:
        assert percent(Fraction(-1, 8), 1) == "△12.5 %"
        assert percent(Fraction(-1, 10**9)) == "0.0000 %"

    def test_refuses_floats(self) -> None:
        with pytest.raises(TypeError):
            percent(0.5)  # type: ignore[arg-type]


class TestJst:
    def test_writes_the_clock_of_japan(self) -> None:
        assert jst(NOW) == "令和6年11月18日 14:05"
        assert jst(datetime(2024, 12, 31, 15, 0, tzinfo=UTC)) == "令和7年1月1日 00:00"

    def test_refuses_a_moment_without_a_zone(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            jst(NOW.replace(tzinfo=None))


class TestAsset:
    def test_carries_the_hash_of_the_bytes(self, tmp_path: Path) -> None:
        (tmp_path / "a.css").write_text("a")
        before = create_asset(tmp_path)("a.css")
        (tmp_path / "a.css").write_text("b")
        assert re.fullmatch(r"/static/a\.css\?v=[0-9a-f]{12}", before)
        assert create_asset(tmp_path)("a.css") != before

    def test_refuses_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            create_asset(tmp_path)("missing.css")


class TestEnvironment:
    def test_compiles_every_template(self, environment: Environment) -> None:
        names = environment.list_templates()
        assert {"frame.html", "home.html", "macros/forms.html"} <= set(names)
        for name in names:
            environment.get_template(name)

    def test_raises_on_undefined_names_and_escapes_everything(self, environment: Environment) -> None:
        with pytest.raises(UndefinedError):
            environment.from_string("{{ nothing }}").render()
        assert environment.from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"

    def test_finds_a_slices_own_templates_around_the_frame(self, tmp_path: Path) -> None:
        (tmp_path / "slice").mkdir()
        (tmp_path / "slice" / "page.html").write_text('{% extends "frame.html" %}{% block content %}ここ{% endblock %}')
        assert "ここ" in create_environment([tmp_path]).get_template("slice/page.html").render(frame_of())


class TestFrame:
    def test_is_valid_html_for_every_kind_of_viewer(self, environment: Environment) -> None:
        for viewer in (None, frame_of()["viewer"]):
            parsed(environment.get_template("frame.html").render(frame_of(viewer=viewer)))

    def test_says_where_one_is_and_for_whom(self, environment: Environment) -> None:
        text = environment.get_template("frame.html").render(frame_of())
        assert '<html lang="ja">' in text
        assert '<a href="/statements" aria-current="page">負担金</a>' in text
        assert "猪名川町" in text
        assert "この画面のデータは見本です。" in text

    def test_loads_nothing_from_outside_and_holds_nothing_inline(self) -> None:
        sources = [path.read_text() for path in (STATIC.parent / "templates").rglob("*.html")]
        assert sources
        for source in sources:
            assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|https?://|javascript:", source)
        for sheet in STATIC.glob("*.css"):
            assert not re.search(r"@import|url\((?![\"']?(?:data:|biz-udpgothic-|yui-figures))", sheet.read_text())

    def test_keeps_hostile_words_as_words(self, environment: Environment) -> None:
        viewer = Viewer(HOSTILE, HOSTILE, HOSTILE, HOSTILE, can_switch=True)
        page = Page(HOSTILE, NOW, HOSTILE, [(HOSTILE, "/"), (HOSTILE, None)])
        text = environment.get_template("frame.html").render(
            frame_of(page=page, viewer=viewer, notices=[Notice("error", HOSTILE)], request_id=HOSTILE)
        )
        parsed(text)
        assert "<script>" not in text


class TestForms:
    errors: Mapping[str, str] = {"amount": "金額を入力してください。", "": "保存できませんでした。"}

    def test_leads_from_the_summary_to_the_field(self, environment: Environment) -> None:
        text = drawn(
            environment,
            "{{ forms.error_summary(errors) }}"
            "{{ forms.yen('amount', '経費', '5x', errors, required=true, hint='税込み') }}",
            errors=self.errors,
        )
        assert '<a href="#field-amount">金額を入力してください。</a>' in text
        assert 'aria-describedby="hint-amount error-amount" aria-invalid="true"' in text
        assert 'value="5x"' in text
        assert "※必須" in text
        parsed("<!DOCTYPE html><title>x</title>" + text)

    def test_sends_the_token_and_the_idempotency_key(self, environment: Environment) -> None:
        text = drawn(environment, "{% call forms.form('/costs', 'T', idempotency_key='K') %}x{% endcall %}")
        assert '<input type="hidden" name="csrf_token" value="T">' in text
        assert '<input type="hidden" name="idempotency_key" value="K">' in text

    def test_shows_choices_again_and_names_each_once(self, environment: Environment) -> None:
        text = drawn(
            environment,
            "{{ forms.radios('a', '意向', [(1, 'する'), (2, 'しない')], 2) }}"
            "{{ forms.checkboxes('b', '業務', [('x', '相談'), ('y', '研修')], ['y']) }}"
            "{{ forms.select('c', '年度', [(2024, '令和6年度'), (2025, '令和7年度')], '2025') }}",
        )
        assert 'value="2" checked' in text
        assert 'value="y" checked' in text
        assert 'value="2025" selected' in text
        parsed("<!DOCTYPE html><title>x</title>" + text)

    def test_keeps_hostile_values_as_values(self, environment: Environment) -> None:
        fields = "".join(
            f"{{{{ forms.{name}('{name}', x, x, {{'{name}': x}}, hint=x) }}}}"
            for name in ("text", "textarea", "number", "yen", "date", "paste")
        )
        text = drawn(environment, fields, x=HOSTILE)
        parsed("<!DOCTYPE html><title>x</title>" + text)
        assert "<script>" not in text

    def test_keeps_the_first_empty_line_of_a_text(self, environment: Environment) -> None:
        assert ">\n\n一行目</textarea>" in drawn(environment, "{{ forms.textarea('a', 'b', x) }}", x="\n一行目")


class TestTables:
    columns = (
        Column("name", "団体", row_header=True, url_key="url"),
        Column("share", "按分率", "percent"),
        Column("burden", "負担金", "yen"),
        Column("state", "状態", "status"),
        Column("due", "納期限", "date"),
    )

    def test_writes_rows_sums_and_units(self, environment: Environment) -> None:
        row = {
            "name": "神戸市",
            "url": "/x",
            "share": Fraction(1, 3),
            "burden": -1234,
            "state": Status("確定", "success"),
            "due": date(2024, 11, 29),
        }
        text = drawn(
            environment,
            "{{ tables.table('負担金', columns, rows, sum_row={'name': '合計', 'burden': -1234}) }}",
            columns=self.columns,
            rows=[row, {**row, "url": None, "burden": None}],
        )
        assert '<a href="/x">神戸市</a>' in text
        assert "33.3333 %" in text
        assert "△1,234" in text
        assert "(円)" in text
        assert "令和6年11月29日" in text
        assert 'aria-label="なし"' in text
        assert text.count("<tfoot>") == 1
        parsed("<!DOCTYPE html><title>x</title>" + text)

    def test_says_the_next_step_when_there_is_nothing(self, environment: Environment) -> None:
        text = drawn(
            environment,
            "{{ tables.table('経費', columns, [], empty=empty) }}",
            columns=self.columns,
            empty={"text": "経費がありません。", "url": "/n", "label": "登録する"},
        )
        assert "<table" not in text
        assert '<a class="button button--secondary" href="/n">登録する</a>' in text


class TestParts:
    def test_says_a_state_in_word_shape_and_colour(self, environment: Environment) -> None:
        text = drawn(environment, "{{ parts.status(s) }}", s=Status("承認待ち", "progress"))
        assert "承認待ち" in text
        assert "<svg" in text
        assert "status--progress" in text

    @pytest.mark.parametrize(("matches", "words"), [(True, "検算一致"), (False, "検算が合いません")])
    def test_repeats_the_answer_of_the_sum_check(self, environment: Environment, matches: bool, words: str) -> None:
        source = "{{ parts.sum_check('総事業費', 3, [('構成団体', 2), ('県', 1)], matches) }}"
        assert words in drawn(environment, source, matches=matches)

    def test_draws_bars_in_proportion_without_dividing_by_nothing(self, environment: Environment) -> None:
        source = "{{ parts.bar_chart('負担金', bars, label_heading='団体', value_heading='負担金') }}"
        bars = [{"label": "a", "value": 200}, {"label": "b", "value": -50}]
        text = drawn(environment, source, bars=bars)
        assert 'width="100.0%"' in text
        assert 'class="bar--minus" width="25.0%"' in text
        assert 'width="0%"' in drawn(environment, source, bars=[{"label": "a", "value": 0}])


class TestJobProgress:
    def test_asks_again_only_while_the_job_runs(self, environment: Environment) -> None:
        none = dict.fromkeys(("result_url", "result_label", "result_text", "error_text", "cancelled"))
        state = Status("処理中", "progress")
        job = {"title": "作成", "state": state, "done": 1, "total": 41, "message": "", "finished": False, **none}
        template = environment.get_template("_job_progress.html")
        assert 'hx-trigger="every 1s"' in template.render(job=job)
        done = template.render(job={**job, "finished": True, "result_url": "/r", "result_label": "受け取る"})
        assert "hx-trigger" not in done
        assert 'href="/r"' in done
