"""Grants (交付金・補助金): rate, cap, rounding, level and eligible costs."""
