"""Writes of what a program's notices say."""

from dataclasses import asdict
from typing import Any

from billing.notices.settings import queries
from billing.notices.settings.rules import NoticeSetting
from billing.notices.settings.tables import NoticeSettingRow
from billing.programs import queries as programs
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.versions import EditedMeanwhile, lock_version


async def save_setting(context: TenantContext, program_id: int, wanted: NoticeSetting, version: int) -> None:
    """Will save what the program's next notices say; issued ones keep what they were issued with.

    ``version`` is what the person saw, 0 for none. Raises NotFound, EditedMeanwhile.
    """
    program = await programs.program(program_id)
    before, present = await queries.setting(program_id)
    if present != version:
        raise EditedMeanwhile
    values = {**asdict(wanted), "stages": list(wanted.stages)}
    if present == 0:
        row = NoticeSettingRow(tenant_id=context.tenant_id, program_id=program_id, version=1, **values)
        await NoticeSettingRow.insert(row)
    else:
        row_id = await queries.row_id(program_id)
        await lock_version(NoticeSettingRow, row_id, version)
        changed: dict[Any, Any] = {**values, "version": version + 1}
        await NoticeSettingRow.update(changed).where(NoticeSettingRow.id == row_id)
    subject = Subject("program", program_id, program.title)
    await record(context, "save_notice_setting", subject, before=asdict(before) if present else None, after=values)
