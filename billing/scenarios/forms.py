"""What a scenario is called and copied from: text as typed → frozen input, with a message at every wrong field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from billing.runs.rules import RunHead
from billing.scenarios.rules import LONGEST_NAME, LONGEST_NOTE, ScenarioHead, Source
from tenants.web.form_data import Faults, free_text, one_of, required_text

PROGRAM = "program"
NEW_SCENARIO: Mapping[str, str] = {"source": PROGRAM, "name": "", "note": ""}


@dataclass(frozen=True, slots=True)
class Named:
    """What a scenario is called, and its note."""

    name: str
    note: str


def sources(runs: Sequence[RunHead], scenarios: Sequence[ScenarioHead]) -> list[tuple[str, str]]:
    """What can be copied, as options: the program as it stands, calculated runs, other scenarios."""
    return [
        (PROGRAM, "いまの登録内容"),
        *((f"run:{one.id}", f"計算 {one.stage_label}") for one in runs if one.result_sha256 is not None),
        *((f"scenario:{one.id}", f"試算「{one.name}」") for one in scenarios),
    ]


def named_input(form: Mapping[str, str]) -> Named:
    """The name and the note typed; raises Invalid with every field's message."""
    faults = Faults()
    named = _named(form, faults)
    faults.raise_if_any()
    return named


def copy_input(form: Mapping[str, str], options: Sequence[tuple[str, str]]) -> tuple[Source, Named]:
    """What is copied and how the copy is called; raises Invalid with every field's message."""
    faults = Faults()
    named = _named(form, faults)
    chosen = one_of(form, "source", "写すもの", dict(options), faults)
    faults.raise_if_any()
    kind, _, number = chosen.partition(":")
    if kind == "run":
        return Source(run_id=int(number)), named
    return Source(scenario_id=int(number)) if kind == "scenario" else Source(), named


def _named(form: Mapping[str, str], faults: Faults) -> Named:
    return Named(
        required_text(form, "name", "試算の名前", faults, longest=LONGEST_NAME, one_line=True),
        free_text(form, "note", "メモ", faults, longest=LONGEST_NOTE),
    )
