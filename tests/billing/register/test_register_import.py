"""The import of values also carries a note on the source and a reason; both are taken back with the values."""

from datetime import date

import pytest

from billing.bases import queries as basis_queries
from billing.bases.imports import BASIS_VALUES
from billing.bases.register import queries
from billing.bases.register.rules import RegisterView
from billing.programs.rules import ProgramView
from tenants.context import Scope
from tenants.database.transaction import open_door
from tenants.errors import Invalid
from tenants.imports.rules import Checked, Outcome
from tests.billing.register.conftest import TODAY
from tests.factories.worlds import World

DAY = date(2026, 11, 20)


async def checked(world: World, target: str, **row: str) -> Checked:
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        present = await BASIS_VALUES.present(world.finance, target, DAY)
    return BASIS_VALUES.check({"code": "281000", **row}, present)


async def shown(world: World, program: ProgramView, basis_id: int) -> RegisterView:
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        return await queries.register(program, await basis_queries.basis(program.id, basis_id))


class TestImport:
    async def test_carries_note_and_reason_and_takes_them_back(self, world: World, program: ProgramView, basis_id: int):
        target = f"{program.id}-{basis_id}"
        row = await checked(world, target, value="180", note="速報値", reason="団地が完成した")
        assert row.outcome is Outcome.CHANGE
        assert [label for label, _, _ in row.differences] == ["値", "出典の補足", "増減の理由"]
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            references = await BASIS_VALUES.apply(world.finance, target, [row], TODAY)
        kobe = (await shown(world, program, basis_id)).lines[0]
        assert kobe.reason is not None
        assert (kobe.value.value, kobe.value.origin.note, kobe.reason.text) == ("180", "速報値", "団地が完成した")
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await BASIS_VALUES.undo(world.finance, target, references, TODAY)
        kobe = (await shown(world, program, basis_id)).lines[0]
        assert (kobe.value.value, kobe.value.origin.note, kobe.reason) == ("150", "", None)

    async def test_is_the_same_without_anything_new(self, world: World, program: ProgramView, basis_id: int):
        assert (await checked(world, f"{program.id}-{basis_id}", value="150")).outcome is Outcome.SAME

    async def test_says_what_is_too_long_at_its_column(self, world: World, program: ProgramView, basis_id: int):
        with pytest.raises(Invalid) as refused:
            await checked(world, f"{program.id}-{basis_id}", value="150", note="あ" * 201, reason="い" * 301)
        assert sorted(refused.value.fields) == ["note", "reason"]
