"""The summary of errors names each fault's field once."""

from tenants.web.field_names import naming_fields
from tenants.web.rendering import create_environment

PAGE = """
{% import "macros/forms.html" as forms %}
{{ forms.error_summary(errors) }}
{{ forms.number("count", "納付回数", "0", errors) }}
{{ forms.text("title", "事業名", "", errors) }}
{{ forms.radios("stage", "<段階>", [("a", "試算")], "", errors) }}
{{ forms.bare_text("months-7", "猪名川町の月数", "13", errors) }}
"""


def summary(errors: dict[str, str]) -> str:
    """The part above the fields."""
    template = create_environment().from_string(PAGE)
    return naming_fields(template, {"errors": errors}).split("</section>")[0]


class TestSummary:
    def test_names_the_field_of_a_message_that_does_not(self):
        text = summary({"count": "1から12までの整数で入力してください。"})
        assert '<a href="#field-count">納付回数: 1から12までの整数で入力してください。</a>' in text

    def test_leaves_a_message_that_names_its_field(self):
        assert '<a href="#field-title">事業名を入力してください。</a>' in summary(
            {"title": "事業名を入力してください。"}
        )

    def test_names_groups_by_their_legend_and_cells_by_their_label(self):
        text = summary({"stage": "選んでください。", "months-7": "12までです。"})
        assert "&lt;段階&gt;: 選んでください。" in text
        assert "猪名川町の月数: 12までです。" in text

    def test_leaves_a_message_about_the_whole_and_a_field_nobody_drew(self):
        text = summary({"": "保存できませんでした。", "elsewhere": "誤りです。"})
        assert "<li>保存できませんでした。</li>" in text
        assert '<a href="#field-elsewhere">誤りです。</a>' in text

    def test_knows_nothing_of_another_page(self):
        summary({"count": "誤りです。"})
        assert "納付回数" not in naming_fields(
            create_environment().from_string(
                '{% import "macros/forms.html" as forms %}{{ forms.error_summary(errors) }}'
            ),
            {"errors": {"count": "誤りです。"}},
        )
