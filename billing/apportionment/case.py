"""The door to a case: its words, reading a file into it, its canonical bytes and their hash."""

from billing.apportionment.canonical import canonical_json, case_sha256
from billing.apportionment.case_reading import parse_case
from billing.apportionment.problems import CaseRefused, Problem
from billing.apportionment.terms import (
    EQUAL_BASIS,
    FORMAT,
    Basis,
    Case,
    Charge,
    Component,
    Cost,
    Grant,
    Host,
    Instalments,
    Key,
    Member,
    Rounding,
    UnitRounding,
)

__all__ = [
    "EQUAL_BASIS",
    "FORMAT",
    "Basis",
    "Case",
    "CaseRefused",
    "Charge",
    "Component",
    "Cost",
    "Grant",
    "Host",
    "Instalments",
    "Key",
    "Member",
    "Problem",
    "Rounding",
    "UnitRounding",
    "canonical_json",
    "case_sha256",
    "parse_case",
]
