"""Runs (按分計算): a frozen case, its result, and the two people who prepared and approved it."""
