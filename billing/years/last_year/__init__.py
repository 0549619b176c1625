"""The comparison with the year before (前年との差): the amount a year ago and what its change consists of."""
