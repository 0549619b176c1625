"""Runs as people see them: stages, states, who may do what next, and the figures of the table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing.programs.rules import ProgramName
from tenants.calendar import fiscal_year_code
from tenants.errors import Conflict
from tenants.web.rendering import Status

STAGES: Mapping[str, str] = {"estimate": "概算", "notice": "通知", "final": "確定", "true_up": "精算"}
"""The stages of a yearly run: planned amounts, notice, final notice, true-up."""

STATES: Mapping[str, Status] = {
    "": Status("未計算", "neutral"),
    "computing": Status("計算中", "progress"),
    "refused": Status("計算できません", "danger"),
    "computed": Status("計算済み", "neutral"),
    "submitted": Status("承認待ち", "warning"),
    "approved": Status("承認済み", "success"),
    "withdrawn": Status("取消し", "danger"),
}
OPEN_STATES = frozenset({"computed", "submitted"})
"""Somebody must still send or decide such a run."""


@dataclass(frozen=True, slots=True)
class RunHead:
    """One run without its documents, which are some hundred kilobytes and which few pages read."""

    id: int
    program_id: int
    number: int
    stage: str
    state: str
    fiscal_year: int
    title: str
    due_date: date | None
    case_sha256: str
    result_sha256: str | None
    problems: tuple[Mapping[str, str], ...]
    return_reason: str
    document_number: str
    compute_job_id: int | None
    issue_job_id: int | None
    prepared_by_id: int
    prepared_by: str
    prepared_at: datetime
    submitted_by_id: int | None
    submitted_by: str
    submitted_at: datetime | None
    approved_by_id: int | None
    approved_by: str
    approved_at: datetime | None
    shares_published: bool
    """The program's 「按分表を構成団体に公開」 when the run was made; approval then shows every member all values."""

    @property
    def stage_label(self) -> str:
        """The stage in Japanese, with the run's number: 通知(第2回)."""
        return f"{STAGES[self.stage]}(第{self.number}回)"

    @property
    def status(self) -> Status:
        """Word and shape for people."""
        return STATES[self.state]

    @property
    def told_problems(self) -> list[tuple[str, str, str]]:
        """(pointer, message, code) of everything that kept the case from being calculated."""
        return [(one["pointer"], one["message"], one["code"]) for one in self.problems]


@dataclass(frozen=True, slots=True)
class RunView(RunHead):
    """One run; ``case_json`` is the frozen case document, ``result_json`` the result document or None."""

    case_json: str
    result_json: str | None


@dataclass(frozen=True, slots=True)
class RunSurroundings:
    """What a run's page shows around the run: its program as it is called now, and the prefecture's papers."""

    program: ProgramName
    papers: frozenset[str]
    """Kinds of the prefecture's stored papers: summary, archive. The archive is made last, from all others."""
    is_newest: bool
    """Whether no later run of the program is approved and stands."""


class NotInThisState(Conflict):
    """Somebody else decided meanwhile, or the run is not that far."""

    def __init__(self, run: RunHead) -> None:
        super().__init__(
            "wrong-state",
            f"この計算は「{run.status.label}」になっています。画面を開き直して、最新の状態を確かめてください。",
        )


class SamePerson(Conflict):
    """Two different people prepare and approve."""

    def __init__(self) -> None:
        super().__init__(
            "same-person",
            "計算した人・承認へ送った人は承認できません。別の担当者が内容を確かめて承認してください。",
        )


def can_submit(run: RunHead) -> bool:
    """Whether the run may be sent for approval."""
    return run.state == "computed"


def check_can_submit(run: RunHead) -> None:
    """Raises NotInThisState unless the run may be sent for approval."""
    if not can_submit(run):
        raise NotInThisState(run)


def prepared_by_same(run: RunHead, person_id: int) -> bool:
    """Whether this person prepared or submitted the run."""
    return person_id in {run.prepared_by_id, run.submitted_by_id}


def can_decide(run: RunHead, person_id: int) -> bool:
    """Whether this person may approve the run now."""
    return run.state == "submitted" and not prepared_by_same(run, person_id)


def check_can_approve(run: RunHead, person_id: int) -> None:
    """Raises NotInThisState or SamePerson unless this person may approve the run now."""
    if run.state != "submitted":
        raise NotInThisState(run)
    if prepared_by_same(run, person_id):
        raise SamePerson


def check_can_return(run: RunHead) -> None:
    """Raises NotInThisState unless the run waits for approval."""
    if run.state != "submitted":
        raise NotInThisState(run)


def document_number(fiscal_year: int, program_id: int, number: int) -> str:
    """The number printed on every paper of a run: R8-12-1 (fiscal year, program, run)."""
    return f"{fiscal_year_code(fiscal_year).upper()}-{program_id}-{number}"


def paper_number(run_number: str, member_code: str, instalment: int | None = None) -> str:
    """The number printed on one member's paper of a run: R8-12-1-281000, of an instalment's notice R8-12-1-281000-2.

    A hyphen within a member's code is printed as a full stop, which no code has: AB-1 is never AB's first instalment.
    """
    end = "" if instalment is None else f"-{instalment}"
    return f"{run_number}-{member_code.replace('-', '.')}{end}"


PROGRAM_OF_STATEMENT = "split_part(s.document_number, '-', 2)::bigint"
"""The program of a statement ``s`` in SQL, from the number printed on it: a town reads no run and no program."""


@dataclass(frozen=True, slots=True)
class MemberFigures:
    """One member's line of the run's table, in yen."""

    code: str
    name: str
    keyed_yen: int
    direct_yen: int
    gross_yen: int
    grant_yen: int
    burden_yen: int
    invoice_yen: int
    issued_yen: int
    difference_yen: int


@dataclass(frozen=True, slots=True)
class RunFigures:
    """The table of a run with its sums and the sum check; all in yen."""

    members: tuple[MemberFigures, ...]
    sums: MemberFigures
    net_yen: int
    revenue_yen: int
    prefecture_gross_yen: int
    prefecture_grant_yen: int
    prefecture_burden_yen: int
    undistributed_yen: int
    grants: tuple[tuple[str, str, int], ...]
    """(name, rate as a fraction, yen given to members and prefecture together)"""

    @property
    def adds_up(self) -> bool:
        """Whether every net yen is borne by a member, the prefecture, or shown as undistributed."""
        return self.net_yen == self.sums.gross_yen + self.prefecture_gross_yen + self.undistributed_yen


def figures(case: Mapping[str, Any], result: Mapping[str, Any]) -> RunFigures:
    """The table of a result document; direct charges and prices are told apart by the frozen case."""
    direct = {cost["id"] for cost in case["costs"] if cost["charge"].keys() & {"member", "tariff"}}
    issued = case.get("issued_yen", {})
    members = tuple(_member(one, direct, issued.get(one["code"], 0)) for one in result["members"])
    prefecture, totals = result["prefecture"], result["totals"]
    return RunFigures(
        members=members,
        sums=_sums(members),
        net_yen=totals["net_yen"],
        revenue_yen=totals["revenue_yen"],
        prefecture_gross_yen=prefecture["gross_yen"],
        prefecture_grant_yen=sum(prefecture["grants"].values()),
        prefecture_burden_yen=prefecture["burden_yen"],
        undistributed_yen=result["undistributed_yen"],
        grants=tuple(
            (
                grant["name"],
                grant["rate"],
                totals["grants"].get(grant["id"], 0) + prefecture["grants"].get(grant["id"], 0),
            )
            for grant in case["grants"]
        ),
    )


def _member(member: Mapping[str, Any], direct: set[str], issued_yen: int) -> MemberFigures:
    own = sum(line["share_yen"] or 0 for line in member["lines"] if line["cost"] in direct)
    if any(line["cost"] in direct and line["share_yen"] is None for line in member["lines"]):
        own = sum(int(line["exact"]) for line in member["lines"] if line["cost"] in direct)
    return MemberFigures(
        code=member["code"],
        name=member["name"],
        keyed_yen=member["gross_yen"] - own,
        direct_yen=own,
        gross_yen=member["gross_yen"],
        grant_yen=sum(member["grants"].values()),
        burden_yen=member["burden_yen"],
        invoice_yen=member["invoice_yen"],
        issued_yen=issued_yen,
        difference_yen=member["difference_yen"],
    )


def _sums(members: Sequence[MemberFigures]) -> MemberFigures:
    names = [name for name in MemberFigures.__dataclass_fields__ if name.endswith("_yen")]
    return MemberFigures(code="", name="合計", **{name: sum(getattr(one, name) for one in members) for name in names})
