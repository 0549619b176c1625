"""The year of the demonstration's program: by when its stages are issued and paid, and what its notices say."""

from datetime import date

from billing.notices.settings import operations as notice_settings
from billing.notices.settings.rules import NoticeSetting
from billing.years.calendar import operations as calendars
from billing.years.calendar.rules import PROPOSAL, Calendar
from tenants.context import TenantContext

NOTICE = NoticeSetting(
    account="一般会計",
    kan="分担金及び負担金",
    kou="負担金",
    moku="総務費負担金",
    setsu="情報化推進費負担金",
    place="見本県の指定金融機関",
    cause="漏水調査の共同実施に関する協定書(見本)による負担金",
    issuer="見本県知事",
    department="見本県デジタル担当課",
    phone="000-000-0000",
)
"""Whoever prints a paper of the demonstration sees on its face that nobody has to pay it."""
DUES = (date(2026, 12, 18), date(2027, 2, 28))
"""Before the offices close for the year, and the end of February: a Sunday, printed as the Monday after it."""
YEAR = Calendar(
    estimate_by=None,  # this program starts with its notice
    notice_by=date(2026, 11, 27),  # three weeks before the first instalment is due
    final_by=date(2027, 2, 10),  # the difference joins the second instalment with nearly the first one's notice
    true_up_by=date(2027, 4, 30),  # a month before the year's books are closed
    due_dates=DUES,
    settlement_due=date(2027, 5, 31),  # 地方自治法 第235条の5: the books are closed
    holiday_rule="after",
    leaving_rule="renormalise",
    reason_required=True,
    last_year_program_id=None,
)


async def plan_year(context: TenantContext, program_id: int) -> None:
    """Will plan the year of a program that pays in two instalments, and say what its notices need beside amounts."""
    await notice_settings.save_setting(context, program_id, NOTICE, 0)
    await calendars.save_calendar(context, program_id, YEAR, PROPOSAL)
