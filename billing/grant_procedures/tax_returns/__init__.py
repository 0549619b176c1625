"""Consumption-tax returns (消費税仕入控除税額の報告・返還): every member reports, also zero; what is due goes back."""
