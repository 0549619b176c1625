"""納入・収納の設定: what papers say, kept with a version, checked digit by digit, open to officers alone."""

from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.notices.settings.rules import NoticeSetting, corporate_check_digit, parse_registration
from tenants.context import Role
from tenants.directory.rules import TenantKind
from tenants.errors import Invalid
from tests.factories.browsers import Browser, new_browser
from tests.factories.programs import found_program
from tests.factories.worlds import World

EVIL = '=HYPERLINK("http://x")<b>'


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "account": "一般会計",
        "kan": "分担金及び負担金",
        "kou": "負担金",
        "moku": "総務費負担金",
        "setsu": "情報化推進費負担金",
        "place": "県の指定金融機関",
        "cause": "協定書第6条の規定による負担金",
        "issuer": "兵庫県知事",
        "department": "デジタル戦略課",
        "phone": "078-000-0000",
        "addressee": "head",
        "manager_title": "水道事業管理者",
        "tax_category": "outside",
        "stages": ["notice", "final"],
        **changes,
    }


class TestRegistration:
    def test_takes_the_published_number_of_a_prefecture_however_it_is_typed(self):
        # Hyogo Prefecture, as the tax agency publishes it.
        assert parse_registration(" ｔ8000-0202-80003 ") == "T8000020280003"

    @given(st.text("0123456789", min_size=12, max_size=12), st.integers(1, 9))
    def test_takes_one_first_digit_of_nine(self, twelve: str, first: int):
        right = corporate_check_digit(twelve)
        assert 1 <= right <= 9
        if first == right:
            assert parse_registration(f"T{first}{twelve}") == f"T{first}{twelve}"
        else:
            with pytest.raises(Invalid):
                parse_registration(f"T{first}{twelve}")

    @pytest.mark.parametrize("text", ["", "T123", "8000020280003", "T80000202800031", "T800002028000٣"])
    def test_refuses_anything_else(self, text: str):
        with pytest.raises(Invalid):
            parse_registration(text)


class TestAddressee:
    @pytest.mark.parametrize(
        ("name", "kind", "written"),
        [
            ("豊岡市", TenantKind.CITY, "豊岡市長"),
            ("香美町", TenantKind.TOWN, "香美町長"),
            ("西播磨水道企業団", TenantKind.UNION, "西播磨水道企業団企業長"),
            ("播磨高原広域事務組合", TenantKind.UNION, "播磨高原広域事務組合管理者"),
        ],
    )
    def test_is_the_head(self, name: str, kind: TenantKind, written: str):
        assert NoticeSetting().addressed_to(name, kind) == written

    def test_is_the_manager_where_an_enterprise_pays(self):
        setting = NoticeSetting(addressee="manager", manager_title="水道事業管理者")
        assert setting.addressed_to("豊岡市", TenantKind.CITY) == "豊岡市水道事業管理者"


class TestThePage:
    async def test_saves_what_was_decided_and_says_what_is_missing(self, finance: Browser, world: World):
        program = await found_program(world, "共同調査")
        path = f"/programs/{program}/collection"
        assert "まだ決まっていないもの: 会計、款" in (await finance.get(path)).text
        answer = await finance.post(path, typed(place="", issuer=EVIL))
        assert answer.status_code == 303, answer.text
        page = (await finance.get(path)).text
        assert "まだ決まっていないもの: 納入場所。" in page
        assert EVIL not in page
        assert (await finance.post(path, typed(version="1"))).status_code == 303
        assert "必要な項目がそろっています" in (await finance.get(path)).text

    async def test_gives_the_form_back_filled_when_something_is_wrong(self, finance: Browser, world: World):
        path = f"/programs/{await found_program(world, '共同調査')}/collection"
        for changes, message in (
            ({"tax_category": "taxed", "registration_number": "T9000020280003"}, "検査数字"),
            ({"registration_number": "T8000020280003"}, "税区分が「課税」のときだけ"),
            ({"registration_account": "水道会計"}, "税区分が「課税」のときだけ"),
            ({"place": "一行目\n二行目"}, "1行で入力してください"),
            ({"kan": "あ" * 61}, "60文字まで"),
            ({"addressee": "nobody"}, "宛名を選んでください"),
        ):
            answer = await finance.post(path, typed(**changes))
            assert answer.status_code == 422, changes
            assert message in answer.text, changes
            assert "情報化推進費負担金" in answer.text

    async def test_shows_both_values_after_a_colleague_saved(self, finance: Browser, world: World):
        path = f"/programs/{await found_program(world, '共同調査')}/collection"
        assert (await finance.post(path, typed())).status_code == 303
        late = await finance.post(path, typed(setsu="遅れた入力"))
        assert late.status_code == 409
        assert "いまの内容" in late.text
        assert "遅れた入力" in late.text
        assert (await finance.post(path, typed(version="x"))).status_code == 404

    async def test_is_read_by_the_prefecture_and_saved_by_finance(self, world: World, app: Any):
        path = f"/programs/{await found_program(world, '共同調査')}/collection"
        async with new_browser(app, world.people["280003", Role.LIAISON][1]) as one:
            assert (await one.get(path)).status_code == 200
            assert (await one.post(path, typed())).status_code == 403
        async with new_browser(app, world.people["281000", Role.TOWN_FINANCE][1]) as one:
            assert (await one.get(path)).status_code == 403

    async def test_keeps_a_number_only_of_who_is_taxed(
        self, finance: Browser, world: World, behind: psycopg.Connection
    ):
        path = f"/programs/{await found_program(world, '共同調査')}/collection"
        account = {"registration_number": "T8000020280003", "registration_account": "工業用水道事業会計"}
        assert (await finance.post(path, typed(tax_category="taxed", **account))).status_code == 303
        with pytest.raises(psycopg.errors.CheckViolation):
            behind.execute("UPDATE notice_setting SET tax_category = 'outside'")
