"""When a grant's papers are due: the funder's dates, or days after the end of the project; pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from billing.grant_procedures.steps.rules import Standing


@dataclass(frozen=True, slots=True)
class ProcedureInput:
    """The project's period (事業期間) and its deadlines; ``report_days`` counts from the end of the period."""

    period_from: date | None
    period_to: date | None
    application_due: date | None
    report_days: int | None
    report_date: date | None


@dataclass(frozen=True, slots=True)
class ProcedureView(ProcedureInput):
    """The same as kept; version 0 says that nothing was entered yet."""

    version: int

    @property
    def report_due(self) -> date | None:
        """実績報告期限: the earlier of the two, as grant rules put it.

        Their wording: 「完了の日から30日を経過した日又は4月10日のいずれか早い日」.
        """
        days = None
        if self.period_to is not None and self.report_days is not None:
            days = self.period_to + timedelta(days=self.report_days)
        return min((one for one in (days, self.report_date) if one is not None), default=None)

    def next_due(self, standing: Standing) -> tuple[str, date] | None:
        """What is due next in this standing, and when; None when nothing has a date."""
        if standing.state == "new" and self.application_due:
            return "交付申請", self.application_due
        if standing.state in {"decided", "change_applied"} and self.report_due:
            return "実績報告", self.report_due
        return None


NOTHING_ENTERED = ProcedureView(None, None, None, None, None, 0)
