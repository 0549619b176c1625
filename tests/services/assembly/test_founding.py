"""Founding a real cell: once, whole, and only with a right code and a long password."""

import psycopg
import pytest

from services.assembly.founding import Founding, _found
from tenants.context import Role
from tenants.errors import Conflict, Invalid
from tests.factories.browsers import new_browser, running_app, settings_for
from tests.factories.databases import ClonedDatabase

GOOD = Founding("280003", "兵庫県", "ひょうごけん", "First@pref.example.jp", "管理者", "a long enough password")


class TestFound:
    async def test_lets_the_first_administrator_sign_in(self, empty_database: ClonedDatabase):
        settings = settings_for(empty_database)
        await _found(settings, GOOD)
        async with running_app(settings) as app, new_browser(app) as one:
            assert (await one.sign_in("first@pref.example.jp", GOOD.password)).status_code == 303
            assert Role.PREFECTURE_ADMIN.label in (await one.get("/")).text

    async def test_happens_once(self, empty_database: ClonedDatabase):
        await _found(settings_for(empty_database), GOOD)
        with pytest.raises(Conflict):
            await _found(settings_for(empty_database), GOOD)

    async def test_goes_on_after_an_interruption(self, empty_database: ClonedDatabase):
        with psycopg.connect(empty_database.superuser, autocommit=True) as behind:
            behind.execute(
                "INSERT INTO tenant (id, code, name, kind, active_from) "
                "VALUES (1, '280003', '兵庫県', 'prefecture', '2026-04-01')"
            )
        await _found(settings_for(empty_database), GOOD)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"code": "280004"}, "bad-check-digit"),
            ({"password": "short"}, "short-password"),
            ({"administrator_email": "nobody"}, "bad-email"),
        ],
    )
    async def test_refuses_what_is_wrong_and_stores_nothing(
        self, empty_database: ClonedDatabase, change: dict[str, str], code: str
    ):
        from dataclasses import replace

        with pytest.raises(Invalid) as refused:
            await _found(settings_for(empty_database), replace(GOOD, **change))
        assert refused.value.code == code
        with psycopg.connect(empty_database.superuser) as behind:
            assert behind.execute("SELECT (SELECT count(*) FROM tenant), (SELECT count(*) FROM person)").fetchone() == (
                0,
                0,
            )
