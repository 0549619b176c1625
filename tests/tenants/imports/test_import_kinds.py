"""The first kinds of import: what each row of organisations, people and basis values comes to."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from billing.bases import operations as bases
from billing.bases import queries as basis_queries
from billing.bases.imports import BASIS_VALUES
from billing.bases.rules import BasisInput
from tenants.context import Role, Scope
from tenants.database.transaction import Pool, open_door
from tenants.directory.imports import TENANTS
from tenants.errors import Conflict, Invalid, NotFound
from tenants.imports.rules import ImportKind, Outcome
from tenants.people.imports import PEOPLE
from tenants.people.invitations import operations as inviting
from tenants.people.invitations import queries as invitations
from tests.factories import programs
from tests.factories.worlds import World
from tests.tenants.imports.sending import ADMIN

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TODAY = NOW.date()
TOWN_ADMIN = ("281000", Role.TOWN_ADMIN)


def _faults(kind: ImportKind, row: Mapping[str, str], present: Any) -> set[str]:
    with pytest.raises(Invalid) as refused:
        kind.check(row, present)
    assert all(message for message in refused.value.fields.values())
    return set(refused.value.fields)


class TestOrganisations:
    async def test_are_new_changed_the_same_or_wrong(self, world: World, pool: Pool):
        context = world.context(*ADMIN)
        async with open_door(pool, Scope.PREFECTURE, 1):
            present = await TENANTS.present(context, "", TODAY)
        new = TENANTS.check({"code": "２８２０１４", "name": "姫路市"}, present)
        assert (new.outcome, new.values["kind"], new.values["active_from"]) == (Outcome.NEW, "city", "2026-11-20")
        union = TENANTS.check({"code": "X-KIGYO", "name": "見本水道企業団"}, present)
        assert union.values["kind"] == "union"
        assert TENANTS.check({"code": "", "name": "合 計"}, present).outcome is Outcome.SKIPPED
        known = present[0]["281000"]
        assert TENANTS.check({"code": "281000", "name": known.name}, present).outcome is Outcome.SAME
        changed = TENANTS.check({"code": "281000", "name": known.name, "region": "別の圏域"}, present)
        assert changed.outcome is Outcome.CHANGE
        assert [one[0] for one in changed.differences] == ["圏域"]

    @pytest.mark.parametrize(
        ("row", "wrong"),
        [
            ({"code": "282021", "name": "西宮市"}, {"code"}),
            ({"code": "28201", "name": "姫路市"}, {"code"}),
            ({"code": "", "name": ""}, {"code", "name", "kind"}),
            ({"code": "282014", "name": "姫路市", "kind": "区"}, {"kind"}),
            ({"code": "282014", "name": "姫路"}, {"kind"}),
            ({"code": "282014", "name": "姫路市", "active_from": "去年"}, {"active_from"}),
            ({"code": "280003", "name": "兵庫県", "kind": "市"}, {"code"}),
            ({"code": "282014", "name": "姫\n路市"}, {"name"}),
            ({"code": "282014", "name": "市" * 61}, {"name"}),
        ],
    )
    async def test_say_which_cell_is_wrong(self, world: World, pool: Pool, row: dict[str, str], wrong: set[str]):
        async with open_door(pool, Scope.PREFECTURE, 1):
            present = await TENANTS.present(world.context(*ADMIN), "", TODAY)
        assert _faults(TENANTS, row, present) == wrong


class TestPeople:
    async def test_are_invited_and_the_invitations_withdrawn_again(self, world: World, pool: Pool):
        context = world.context(*TOWN_ADMIN)
        rows = [
            {"name": "見本 太郎", "email": "Taro@Example.lg.jp", "role": "町の担当者", "valid_from": "令和9年4月1日"},
            {"name": "見本 花子", "email": "ｈａｎａ@example.lg.jp", "role": "", "valid_to": ""},
        ]
        label = Role.TOWN_STAFF.label
        rows[0]["role"], rows[1]["role"] = label, f"{label}、{Role.TOWN_FINANCE.label}"
        async with open_door(pool, Scope.TOWN, context.tenant_id):
            present = await PEOPLE.present(context, "", TODAY)
            checked = [PEOPLE.check(row, present) for row in rows]
            assert [one.outcome for one in checked] == [Outcome.NEW] * 2
            assert checked[1].identity == "hana@example.lg.jp"
            references = await PEOPLE.apply(context, "", checked, NOW)
            again = await PEOPLE.present(context, "", TODAY)
            assert PEOPLE.check(rows[0], again).outcome is Outcome.SAME
            assert _faults(PEOPLE, {**rows[0], "role": Role.TOWN_FINANCE.label}, again) == {"role"}
        async with open_door(pool, Scope.TOWN, context.tenant_id):
            await PEOPLE.undo(context, "", references, NOW)
            assert await invitations.open_invitations(context.tenant_id) == []

    async def test_who_accepted_are_not_taken_back(self, world: World, pool: Pool):
        context = world.context(*TOWN_ADMIN)
        row = {"name": "見本 太郎", "email": "taro@example.lg.jp", "role": Role.TOWN_STAFF.label}
        async with open_door(pool, Scope.TOWN, context.tenant_id):
            checked = PEOPLE.check(row, await PEOPLE.present(context, "", TODAY))
            references = await PEOPLE.apply(context, "", [checked], NOW)
        async with open_door(pool, Scope.TOWN, context.tenant_id):
            one = await invitations.invitation(context.tenant_id, references[0]["invitation_id"])
            accepted = "state = 'accepted', ended_at = $3, person_id = $4"
            await inviting._move(context, one, accepted, (NOW, context.person_id))
            with pytest.raises(Conflict, match="見本 太郎さん"):
                await PEOPLE.undo(context, "", references, NOW)
            await inviting.record(context, "accept_invitation", inviting.Subject("invitation", one.id))

    async def test_say_which_cell_is_wrong(self, world: World, pool: Pool):
        context = world.context(*TOWN_ADMIN)
        async with open_door(pool, Scope.TOWN, context.tenant_id):
            present = await PEOPLE.present(context, "", TODAY)
        good = {"name": "見本 太郎", "email": "taro@example.lg.jp", "role": Role.TOWN_STAFF.label}
        here = world.people[TOWN_ADMIN][1]
        assert _faults(PEOPLE, {"name": "", "email": "", "role": ""}, present) == {"name", "email", "role"}
        assert _faults(PEOPLE, {**good, "email": "taro"}, present) == {"email"}
        assert _faults(PEOPLE, {**good, "role": "県リエゾン"}, present) == {"role"}
        assert _faults(PEOPLE, {**good, "role": Role.CONSULTANT.label}, present) == {"valid_to"}
        assert _faults(PEOPLE, {**good, "valid_from": "いつか"}, present) == {"valid_from"}
        assert _faults(PEOPLE, {**good, "valid_to": "2026-01-01"}, present) == {"valid_to"}
        assert _faults(PEOPLE, {**good, "email": here}, present) == {"role"}
        same = PEOPLE.check({**good, "email": here, "role": Role.TOWN_ADMIN.label}, present)
        assert same.outcome is Outcome.SAME


@pytest.fixture
async def target(world: World, pool: Pool) -> str:
    program_id = await programs.found_program(world, "漏水調査")
    async with open_door(pool, Scope.PREFECTURE, 1):
        population = BasisInput("人口", "人", date(2020, 10, 1), "令和2年国勢調査")
        basis_id = await bases.create_basis(world.finance, program_id, population)
    return f"{program_id}-{basis_id}"


class TestBasisValues:
    async def test_are_read_as_statistics_write_them(self, world: World, pool: Pool, target: str):
        async with open_door(pool, Scope.PREFECTURE, 1):
            present = await BASIS_VALUES.present(world.finance, target, TODAY)
        first = BASIS_VALUES.check({"code": "281000", "name": "神戸市", "value": "１，５２５，１５２ 人"}, present)
        assert (first.outcome, first.values["new"]) == (Outcome.NEW, "1525152")
        by_name = BASIS_VALUES.check({"code": "", "name": "猪名川町", "value": "29,680"}, present)
        assert by_name.subject == "猪名川町"
        assert BASIS_VALUES.check({"name": "合 計", "value": "1"}, present).outcome is Outcome.SKIPPED
        assert BASIS_VALUES.remarks is not None
        assert "猪名川町" in BASIS_VALUES.remarks([first], present)[0]
        assert list(BASIS_VALUES.remarks([first, by_name], present)) == []
        for row, wrong in (
            ({"code": "282014", "value": "1"}, {"code"}),
            ({"code": "281000", "name": "猪名川町", "value": "1"}, {"name"}),
            ({"code": "281000", "value": "…"}, {"value"}),
            ({"code": "281000", "value": "-3"}, {"value"}),
            ({"code": "", "name": "", "value": ""}, {"name", "value"}),
            ({"name": "どこか町", "value": "多い"}, {"name", "value"}),
        ):
            assert _faults(BASIS_VALUES, row, present) == wrong, row

    async def test_go_in_together_and_come_back_unless_somebody_changed_one(
        self, world: World, pool: Pool, target: str
    ):
        program_id, basis_id = (int(part) for part in target.split("-"))
        rows = [{"code": "281000", "value": "1525152"}, {"name": "猪名川町", "value": "29680"}]
        async with open_door(pool, Scope.PREFECTURE, 1):
            present = await BASIS_VALUES.present(world.finance, target, TODAY)
            checked = [BASIS_VALUES.check(row, present) for row in rows]
            references = await BASIS_VALUES.apply(world.finance, target, checked, NOW)
        async with open_door(pool, Scope.PREFECTURE, 1):
            values = (await basis_queries.basis_values(program_id))[basis_id]
            assert sorted(values.values()) == ["1525152", "29680"]
            present = await BASIS_VALUES.present(world.finance, target, TODAY)
            assert BASIS_VALUES.check(rows[0], present).outcome is Outcome.SAME
            changed = BASIS_VALUES.check({"code": "281000", "value": "9"}, present)
            assert "大きく変わります" in changed.differences[0][2]
        async with open_door(pool, Scope.PREFECTURE, 1):
            later = await BASIS_VALUES.apply(world.finance, target, [changed], NOW)
            with pytest.raises(Conflict, match="取り込みのあとに変わっている"):
                await BASIS_VALUES.undo(world.finance, target, references, NOW)
            await BASIS_VALUES.undo(world.finance, target, later, NOW)
            await BASIS_VALUES.undo(world.finance, target, references, NOW)
            assert (await basis_queries.basis_values(program_id))[basis_id] == {}

    @pytest.mark.parametrize("target", ["", "1", "1-", "-1", "1-999", "x-y", "999-1", "1-1-1"])
    async def test_go_nowhere_else(self, world: World, pool: Pool, target: str):
        async with open_door(pool, Scope.PREFECTURE, 1, read_only=True):
            with pytest.raises(NotFound):
                await BASIS_VALUES.place(world.finance, target)
