"""Compares the engine with the naive second implementation on many random cases.

``python tests/billing/apportionment/compare_implementations.py --cases 100000 --seed 1 --format 2``
"""

import argparse
import collections
import copy
import json
import random
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from billing.apportionment.calculation import apportion
from billing.apportionment.case import CaseRefused, parse_case
from billing.apportionment.result import result_document
from tests.billing.apportionment.naive_apportionment import Refused, apportion_naively
from tests.billing.apportionment.random_cases import random_case
from tests.billing.apportionment.random_version_two import random_case_2


class Disagreement(Exception):  # noqa: N818
    """The two implementations answer differently."""


def compare(case):
    """Calculate a case both ways; returns "agreed" or the common refusal, raises ``Disagreement`` otherwise."""
    untouched = copy.deepcopy(case)
    try:
        expected = apportion_naively(case)
    except Refused as refused:
        expected = refused.args[0]
    try:
        found = result_document(apportion(parse_case(case)))
        found.pop("input_sha256")
    except CaseRefused as refused:
        codes = sorted({problem.code for problem in refused.problems})
        if expected in codes:
            return expected
        found = codes
    if case != untouched:
        raise Disagreement("a calculation changed its input")
    if found != expected:
        told = json.dumps({"case": case, "engine": found, "naive": expected}, ensure_ascii=False, indent=1)
        raise Disagreement(told)
    return "agreed"


def compare_many(cases, seed, make=random_case):
    """Compare ``cases`` random cases; returns how often each outcome came."""
    outcomes = collections.Counter()
    for number in range(cases):
        outcomes[compare(make(random.Random(f"{seed}/{number}")))] += 1  # noqa: S311
    return outcomes


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", type=int, choices=(1, 2), default=1)
    arguments = parser.parse_args()
    make = random_case if arguments.format == 1 else random_case_2
    try:
        outcomes = compare_many(arguments.cases, arguments.seed, make)
    except Disagreement as found:
        sys.exit(f"seed {arguments.seed}: the implementations disagree\n{found}")
    told = ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items()))
    sys.stdout.write(f"seed {arguments.seed}, {arguments.cases} cases: no disagreement; {told}\n")


if __name__ == "__main__":
    main()
