"""The fonts of pages: the faces of documents, compressed, with nothing left out."""

import hashlib
import re

import pytest
from fontTools.ttLib import TTFont

from tenants.web.rendering import STATIC

TTF = STATIC.parents[1] / "documents" / "fonts"
FACES = {"regular": "BIZUDPGothic-Regular.ttf", "bold": "BIZUDPGothic-Bold.ttf"}


def face_of(weight: str) -> str:
    """The file name of a weight on pages."""
    return f"biz-udpgothic-{weight}-1051.woff2"


class TestFontsOfPages:
    @pytest.mark.parametrize("weight", FACES)
    def test_keep_every_character_and_glyph_of_the_documents_face(self, weight: str):
        with TTFont(STATIC / face_of(weight)) as page, TTFont(TTF / FACES[weight]) as paper:
            assert page.getBestCmap() == paper.getBestCmap()
            assert page.getGlyphOrder() == paper.getGlyphOrder()
            assert page["name"].getDebugName(5) == paper["name"].getDebugName(5)
            assert "1.051" in page["name"].getDebugName(5)

    @pytest.mark.parametrize("weight", FACES)
    def test_are_the_ones_written_down(self, weight: str):
        file = STATIC / face_of(weight)
        assert hashlib.sha256(file.read_bytes()).hexdigest() in (STATIC / "README.md").read_text(encoding="utf-8")

    def test_stand_where_the_style_sheets_look_for_them(self):
        for sheet in STATIC.glob("*.css"):
            for name in re.findall(r'url\("?([^")]+\.(?:woff2|ttf))', sheet.read_text(encoding="utf-8")):
                assert (STATIC / name).is_file(), name
