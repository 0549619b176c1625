"""Costs (経費・費目): amounts in yen, their revenue (特定財源), tax, eligibility and charge."""
