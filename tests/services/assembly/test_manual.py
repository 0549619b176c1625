"""The manual's pages hold nothing that the policy of the pages would refuse."""

import re

from services.assembly.manual import MANUAL, _pages

FIGURES = re.compile(r"\|\s*:?-+:\s*\|")


def test_no_page_writes_a_style_of_its_own():
    assert [name for name, (_, body) in _pages().items() if " style=" in body] == []


def test_columns_of_figures_stand_to_the_right():
    with_figures = {
        path.stem.split("-", 1)[1] for path in MANUAL.glob("*.md") if FIGURES.search(path.read_text("utf-8"))
    }
    assert with_figures
    assert {name for name, (_, body) in _pages().items() if 'class="cell--figure"' in body} == with_figures


def test_whatever_may_be_wider_than_the_window_takes_the_focus():
    bodies = "".join(body for _, body in _pages().values())
    assert bodies.count("<table") == bodies.count('<table tabindex="0">') > 0
    assert bodies.count("<pre") == bodies.count('<pre tabindex="0">')
