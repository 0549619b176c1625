"""Tariffs (料金表): a cost that every member pays by a price list, instead of a split; entering and previewing them."""
