"""Bases (按分基準): a measured quantity per member with unit, as-of date and source."""
