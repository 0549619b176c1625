"""Reads of what a program's notices say."""

from billing.notices.settings.rules import NoticeSetting
from tenants.database.engine import current_door
from tenants.errors import NotFound

_COLUMNS = ", ".join(NoticeSetting.__dataclass_fields__)


async def setting(program_id: int) -> tuple[NoticeSetting, int]:
    """The program's setting and its version; an empty one of version 0 while nobody has saved it."""
    rows = await current_door().execute(
        f"SELECT {_COLUMNS}, version FROM notice_setting WHERE program_id = $1",  # noqa: S608  (our own columns)
        (program_id,),
    )
    if not rows:
        return NoticeSetting(), 0
    version = int(rows[0].pop("version"))
    return NoticeSetting(**{**rows[0], "stages": tuple(rows[0]["stages"])}), version


async def row_id(program_id: int) -> int:
    """The id of the program's saved setting; raises NotFound."""
    rows = await current_door().execute("SELECT id FROM notice_setting WHERE program_id = $1", (program_id,))
    if not rows:
        raise NotFound
    return int(rows[0]["id"])
