"""The workbooks of one run: one per member, or with the same two sheets for all where the program publishes them."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from billing.apportionment.problems import CaseRefused
from billing.statements.rules import StatementMeta, StatementView
from billing.statements.statement_workbook import STATEMENT, statement_sheet
from billing.statements.workbook.figures import NoFormulas
from billing.statements.workbook.frozen import Frozen, frozen
from billing.statements.workbook.inputs import SHEET
from billing.statements.workbook.shown import Shown, shown_of
from billing.statements.workbook.steps import STEPS, Steps, write_steps
from tenants.calendar import fiscal_year_label
from tenants.documents.live_workbook import live_xlsx
from tenants.documents.pressed import Pressed


class RunWorkbooks:
    """Makes the workbooks of one run from its frozen case and result (documents as plain JSON).

    ``published`` is the program's setting 「按分表を構成団体に公開」 as it was when the run was made: every member
    then sees the inputs and steps of all.
    """

    def __init__(self, case: Mapping[str, Any], result: Mapping[str, Any], *, published: bool) -> None:
        self._case = case
        self._result = result
        self._published = published
        self._shared: tuple[Steps, tuple[Pressed, Pressed]] | None = None

    def xlsx(self, view: StatementView, meta: StatementMeta) -> bytes:
        """One member's statement; with values only, and a sentence that says so, where formulas are not possible."""
        title = f"{STATEMENT} {fiscal_year_label(meta.fiscal_year)} {view.member_name}"
        try:
            steps, (computed, entered) = self._steps(view, meta)
        except NoFormulas as error:
            sheet = statement_sheet(view, meta, Shown(), str(error))
            return live_xlsx(title, [(STATEMENT, sheet.pressed(1))])
        sheet = statement_sheet(view, meta, shown_of(steps, view.member_code), "")
        return live_xlsx(title, [(STATEMENT, sheet.pressed(1)), (STEPS, computed), (SHEET, entered)])

    @cached_property
    def _run(self) -> Frozen | NoFormulas:
        try:
            return frozen(self._case, self._result)
        except NoFormulas as error:
            return error
        except CaseRefused:
            return NoFormulas("入力を読み直せないため、計算式を入れていません。")

    def _steps(self, view: StatementView, meta: StatementMeta) -> tuple[Steps, tuple[Pressed, Pressed]]:
        run = self._run
        if isinstance(run, NoFormulas):
            raise run
        footer = f"{meta.document_number} {view.title} {meta.sample_note}".strip()
        if not self._published:
            return _pressed(write_steps(run, run.place(view.member_code), footer))
        if self._shared is None:
            try:
                self._shared = _pressed(write_steps(run, None, footer))
            except NoFormulas:  # too much for all together may still be little for one
                self._published = False
                return self._steps(view, meta)
        return self._shared


def _pressed(steps: Steps) -> tuple[Steps, tuple[Pressed, Pressed]]:
    return steps, (steps.steps.pressed(2), steps.inputs.pressed(3))
