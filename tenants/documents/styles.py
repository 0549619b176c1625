"""The house styles of workbooks: one blue, hairlines, figures to the right; printable in black and white."""

from enum import StrEnum

from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side

FONT_NAME = "BIZ UDPGothic"
"""The universal-design face that Windows brings along and our PDFs embed."""

# Blue 50, 900 and 1000 and the greys of the Digital Agency design system (デザイントークン, MIT).
BLUE_PALE, BLUE, BLUE_DEEP = "E8F1FE", "0017C1", "00118F"
GREY, GREY_LINE, INK = "626264", "B3B3B3", "1A1A1C"
RED = "CE0000"

YEN_FORMAT = '#,##0;"△"#,##0;0'
"""Yen with thousands separators; △ before negative amounts, as budget papers write them."""
EXACT_FORMAT = '#,##0.0000;"△"#,##0.0000;0.0000'
RATIO_FORMAT = "0.000000%"
NUMBER_FORMAT = "#,##0.############"


class Style(StrEnum):
    """A cell's house style; the value is its name in the workbook's style list."""

    TITLE = "yui 表題"
    CAPTION = "yui 副題"
    SECTION = "yui 見出し"
    NOTE = "yui 注記"
    HEADER = "yui 列見出し"
    TEXT = "yui 文字"
    CENTRE = "yui 中央"
    YEN = "yui 金額"
    EXACT = "yui 端数"
    RATIO = "yui 割合"
    NUMBER = "yui 数量"
    SUM_TEXT = "yui 合計名"
    SUM_YEN = "yui 合計"
    SUM_RATIO = "yui 合計割合"
    KEY_TEXT = "yui 要点名"
    KEY_YEN = "yui 要点"
    CHECK = "yui 検算"
    RIGHT = "yui 右寄せ"
    RECIPIENT = "yui 宛名"
    EXTRA = "yui 加算"


_HAIR = Side(style="hair", color=GREY_LINE)
_THIN = Side(style="thin", color=BLUE)
_LINE = Border(bottom=_HAIR)
_SUM_LINE = Border(top=_THIN, bottom=_THIN)
_KEY_LINE = Border(top=Side(style="medium", color=BLUE), bottom=Side(style="medium", color=BLUE))
_PALE = PatternFill("solid", fgColor=BLUE_PALE)

# (points, bold, colour, horizontal, border, filled, number format); text cells wrap, figures never do.
_LOOKS: dict[Style, tuple[float, bool, str, str, Border | None, bool, str]] = {
    Style.TITLE: (18, True, INK, "left", None, False, "@"),
    Style.CAPTION: (10.5, False, INK, "left", None, False, "@"),
    Style.SECTION: (12, True, BLUE_DEEP, "left", Border(bottom=_THIN), False, "@"),
    Style.NOTE: (9, False, GREY, "left", None, False, "@"),
    Style.HEADER: (9.5, True, BLUE_DEEP, "center", Border(top=_THIN, bottom=_THIN), True, "@"),
    Style.TEXT: (10, False, INK, "left", _LINE, False, "@"),
    Style.CENTRE: (10, False, INK, "center", _LINE, False, "@"),
    Style.YEN: (10, False, INK, "right", _LINE, False, YEN_FORMAT),
    Style.EXACT: (10, False, INK, "right", _LINE, False, EXACT_FORMAT),
    Style.RATIO: (10, False, INK, "right", _LINE, False, RATIO_FORMAT),
    Style.NUMBER: (10, False, INK, "right", _LINE, False, NUMBER_FORMAT),
    Style.SUM_TEXT: (10, True, INK, "left", _SUM_LINE, False, "@"),
    Style.SUM_YEN: (10, True, INK, "right", _SUM_LINE, False, YEN_FORMAT),
    Style.SUM_RATIO: (10, True, INK, "right", _SUM_LINE, False, RATIO_FORMAT),
    Style.KEY_TEXT: (12, True, INK, "left", _KEY_LINE, True, "@"),
    Style.KEY_YEN: (14, True, INK, "right", _KEY_LINE, True, YEN_FORMAT),
    Style.RIGHT: (10, False, INK, "right", None, False, "@"),
    Style.RECIPIENT: (14, True, INK, "left", None, False, "@"),
    Style.EXTRA: (10, False, INK, "right", _LINE, False, '"+"#,##0;"△"#,##0;0'),
    Style.CHECK: (10, True, BLUE_DEEP, "center", _LINE, False, "General"),
}
WRAPPING = frozenset(style for style, look in _LOOKS.items() if look[3] != "right" and style is not Style.TITLE)


def points_of(style: Style) -> float:
    """The height of the style's letters, in points."""
    return _LOOKS[style][0]


def named_style(style: Style) -> NamedStyle:
    """A fresh named style for one workbook (openpyxl binds each to its workbook)."""
    points, bold, colour, horizontal, border, filled, number_format = _LOOKS[style]
    return NamedStyle(
        name=style.value,
        font=Font(name=FONT_NAME, size=points, bold=bold, color=colour, charset=128, family=2),
        # Inside a table text and figures of neighbouring columns need air between them.
        alignment=Alignment(
            horizontal=horizontal,
            vertical="center",
            wrap_text=style in WRAPPING,
            indent=1 if border and horizontal != "center" and style is not Style.SECTION else 0,
        ),
        border=border or Border(),
        fill=_PALE if filled else PatternFill(),
        number_format=number_format,
    )
