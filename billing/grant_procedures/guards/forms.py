"""Forms of the guards: the part of a grant that is national money, as typed."""

from fractions import Fraction

from billing.shares import parse_share
from tenants.errors import Invalid


def read_part(text: str) -> Fraction:
    """A share from 0 to 1. Raises Invalid (bad-fraction)."""
    part = parse_share(text)
    if not 0 <= part <= 1:
        raise Invalid("bad-fraction", "国費の割合は 0 から 1 までで入力してください(例: 1/2、50%、0)。")
    return part
