"""Stale edits: a form carries the version it was made from; somebody else's change in between is a Conflict."""

from piccolo.columns import Integer
from piccolo.table import Table

from tenants.database.engine import current_door
from tenants.errors import Conflict, NotFound


class EditedMeanwhile(Conflict):
    """Somebody changed the record after the form was opened."""

    def __init__(self) -> None:
        super().__init__(
            "edited-meanwhile",
            "この画面を開いたあとに、ほかの人が内容を変更しました。最新の内容を確かめてから、もう一度入力してください。",
        )


async def lock_version(table: type[Table], record_id: int, version: int) -> None:
    """Will lock the record until the end of the transaction.

    Raises NotFound when there is none for this tenant, EditedMeanwhile when its version is another.
    """
    if not isinstance(getattr(table, "version", None), Integer):
        raise TypeError(f"{table.__name__} has no version")
    rows = await current_door().execute(
        f"SELECT version FROM {table._meta.tablename} WHERE id = $1 FOR UPDATE",  # noqa: S608, SLF001  (our own table)
        (record_id,),
    )
    if not rows:
        raise NotFound
    if rows[0]["version"] != version:
        raise EditedMeanwhile
