"""Shares, weights and rates as people type them: 3/10, 0.3, 30%, 3割; always exact."""

import re
import unicodedata
from fractions import Fraction

from tenants.errors import Invalid

_LONGEST = 30
_FRACTION = re.compile(r"([0-9]{1,12})/([0-9]{1,12})")
_DECIMAL = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,12})?)(%|割)?")
_DIVISOR = {None: 1, "%": 100, "割": 10}


def parse_share(text: str) -> Fraction:
    """A non-negative exact number from ``3/10``, ``0.3``, ``30%`` or ``3割``, full-width signs allowed.

    Raises Invalid (bad-fraction) with a sentence that shows how to write it.
    """
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").strip()
    if not plain:
        raise Invalid("bad-fraction", "割合を入力してください(例: 3/10、0.3、30%、3割)。")
    if len(plain) <= _LONGEST:
        if fraction := _FRACTION.fullmatch(plain):
            if int(fraction[2]) == 0:
                raise Invalid("bad-fraction", "分母が0の割合は使えません。")
            return Fraction(int(fraction[1]), int(fraction[2]))
        if decimal := _DECIMAL.fullmatch(plain):
            return Fraction(decimal[1]) / _DIVISOR[decimal[2]]
    raise Invalid("bad-fraction", "割合は 3/10、0.3、30%、3割 のように入力してください。")
