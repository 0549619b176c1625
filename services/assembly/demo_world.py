"""The demonstration's organisations, people and programs: real names, codes and populations; the rest is synthetic."""

import csv
import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from billing.bases import operations as bases
from billing.bases import queries as basis_queries
from billing.bases.register import operations as register
from billing.bases.rules import BasisInput
from billing.costs import operations as costs
from billing.grants import operations as grants
from billing.grants.rules import GrantInput
from billing.keys import operations as keys
from billing.keys.rules import KeyInput
from billing.programs import operations as programs
from billing.programs.rules import MemberInput, ProgramInput
from services.assembly.demo_year import DUES, plan_year
from tenants.access import operations as access
from tenants.context import PREFECTURE_TENANT_ID, Role, Scope, TenantContext
from tenants.database.transaction import Pool, open_door
from tenants.directory import operations as directory
from tenants.directory.operations import NewTenant
from tenants.directory.rules import TenantKind

_FACTS = Path(__file__).parent / "demo_data" / "hyogo_municipalities.csv"
PREFECTURE_CODE, PREFECTURE_NAME = "280003", "兵庫県"
UNION_CODE, UNION_NAME = "union-mihon", "見本水道企業団"
_SINCE = date(2024, 4, 1)
_CONSULTANT_UNTIL = date(2027, 3, 31)
_POPULATION = BasisInput("人口", "人", date(2023, 12, 1), "兵庫県推計人口(令和5年12月1日現在)")


@dataclass(frozen=True, slots=True)
class Municipality:
    """One line of the public facts: code, name, kana, region, population on 2023-12-01."""

    code: str
    name: str
    kana: str
    region: str
    population: int


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in to the demonstration; the name is a label, no real person's."""

    email: str
    name: str
    roles: tuple[tuple[str, Role], ...]
    """(organisation code, role) in the order they are given."""


_TOWNS = (("281000", "kobe", "神戸"), ("283011", "inagawa", "猪名川"), ("284467", "kamikawa", "神河"))
ACCOUNTS: tuple[Account, ...] = (
    Account("liaison@pref.example.jp", "リエゾン担当A", ((PREFECTURE_CODE, Role.LIAISON),)),
    Account("finance-a@pref.example.jp", "財政担当A", ((PREFECTURE_CODE, Role.PREFECTURE_FINANCE),)),
    Account("finance-b@pref.example.jp", "財政担当B", ((PREFECTURE_CODE, Role.PREFECTURE_FINANCE),)),
    Account("admin@pref.example.jp", "運用管理者A", ((PREFECTURE_CODE, Role.PREFECTURE_ADMIN),)),
    *(
        Account(f"{word}@{place}.example.jp", f"{label}{name}", ((code, role),))
        for code, place, name in (
            ("281000", "kobe", "神戸"),
            ("283011", "inagawa", "猪名川"),
            ("284467", "kamikawa", "神河"),
        )
        for word, label, role in (
            ("staff", "担当者・", Role.TOWN_STAFF),
            ("finance", "財政・", Role.TOWN_FINANCE),
            ("admin", "管理者・", Role.TOWN_ADMIN),
        )
    ),
    Account(
        "both@inagawa.example.jp",
        "水道兼務・猪名川",
        (("283011", Role.TOWN_STAFF), (UNION_CODE, Role.TOWN_FINANCE)),
    ),
    Account("consultant@expert.example.jp", "専門家A", (("283011", Role.CONSULTANT),)),
    Account("crew@survey.example.jp", "調査員A", ((UNION_CODE, Role.FIELD_CREW),)),
)


def municipalities() -> list[Municipality]:
    """The 41 municipalities of 兵庫県 by code."""
    with _FACTS.open(encoding="utf-8", newline="") as lines:
        return [
            Municipality(row["code"], row["name"], row["kana"], row["region"], int(row["population_20231201"]))
            for row in csv.DictReader(lines)
        ]


def password_of(secret_key: str, email: str) -> str:
    """The account's password: the same at every start of one data folder, different in every other."""
    return hmac.new(secret_key.encode(), f"demo:{email}".encode(), hashlib.sha256).hexdigest()[:16]


def founder(role: Role = Role.PREFECTURE_ADMIN) -> TenantContext:
    """Who founds the cell in the trail: the set-up itself, no person."""
    return TenantContext(
        PREFECTURE_TENANT_ID, PREFECTURE_CODE, PREFECTURE_NAME, role, 0, "初期設定", "demo-set-up", "127.0.0.1"
    )


async def found_cell(pool: Pool, secret_key: str, now: datetime) -> dict[str, int]:
    """Registers organisations, entitlements and people; returns the organisations' numbers by code."""
    context, numbers = founder(), {}
    async with open_door(pool, Scope.PREFECTURE, PREFECTURE_TENANT_ID):
        new = [NewTenant(PREFECTURE_CODE, PREFECTURE_NAME, "ひょうごけん", TenantKind.PREFECTURE, "", _SINCE)]
        for one in municipalities():
            kind = TenantKind.CITY if one.name.endswith("市") else TenantKind.TOWN
            new.append(NewTenant(one.code, one.name, one.kana, kind, one.region, _SINCE))
        new.append(NewTenant(UNION_CODE, UNION_NAME, "みほんすいどうきぎょうだん", TenantKind.UNION, "阪神北", _SINCE))
        for tenant in new:
            numbers[tenant.code] = await directory.register_tenant(context, tenant)
            if tenant.kind is not TenantKind.PREFECTURE:
                await directory.entitle(context, numbers[tenant.code], "apportionment")
        for code in ("282171", "283011"):
            await directory.add_union_member(context, numbers[UNION_CODE], numbers[code])
    async with open_door(pool, Scope.IDENTITY):
        for account in ACCOUNTS:
            password = password_of(secret_key, account.email)
            person_id = await access.register_person(context, account.email, account.name, password, now)
            for code, role in account.roles:
                until = _CONSULTANT_UNTIL if role is Role.CONSULTANT else None
                await access.give_role(context, person_id, numbers[code], role, _SINCE, until)
    return numbers


def _settings(title: str, description: str, due_date: date, instalments: int = 1) -> ProgramInput:
    return ProgramInput(
        fiscal_year=2026,
        title=title,
        description=description,
        rounding_stage="cost",
        rounding_unit_yen=1,
        rounding_remainder="largest_remainder",
        rounding_named_id=None,
        national_ceiling="1/2",
        invoice_unit_yen=1,
        invoice_mode="floor",
        instalment_count=instalments,
        instalment_unit_yen=1_000,  # as 地方税法 第20条の4の2第6項 has it: what is below joins the first instalment
        due_date=due_date,
    )


async def survey_program(context: TenantContext, checker: TenantContext, numbers: dict[str, int], now: datetime) -> int:
    """The program that is computed, approved and issued: 均等割3割・人口割7割 over all 41 municipalities.

    The second officer has checked the populations, so that nothing keeps its run from being approved.
    """
    program_id = await programs.create_program(
        context,
        _settings(
            "衛星画像による広域漏水調査支援事業",
            "県が一括して契約し、結果を各団体に渡す調査です(金額は見本)。",
            DUES[0],
            len(DUES),
        ),
    )
    facts = municipalities()
    await programs.choose_members(context, program_id, [MemberInput(numbers[one.code], 12, "1") for one in facts], 1)
    key_id = await _population_key(context, program_id, numbers, now)
    (basis,) = await basis_queries.bases(program_id)
    await register.check_values(checker, program_id, basis.id, None, basis.version, now)
    await _cost(context, program_id, "衛星画像解析業務", 52_000_000, eligible=True, key_id=key_id)
    await _cost(context, program_id, "調査結果の配信・説明会", 3_000_000, eligible=True, key_id=key_id)
    await _cost(context, program_id, "現地確認支援(個別)", 880_000, member_id=numbers["281000"])
    await _cost(context, program_id, "事務局経費", 1_320_000, prefecture=True)
    await grants.create_grant(
        context,
        program_id,
        GrantInput(
            "デジタル田園都市国家構想交付金", "national", "1/2", None, None, None, "included", "program", 1000, "floor"
        ),
    )
    await plan_year(context, program_id)
    return program_id


async def training_program(context: TenantContext, numbers: dict[str, int], now: datetime) -> int:
    """The draft that waits for the visitor: everything is entered, nothing is calculated."""
    program_id = await programs.create_program(
        context,
        _settings(
            "DX推進リーダー研修の共同実施",
            "研修を共同で実施し、人口と均等で分け合います(金額は見本)。計算はまだ行っていません。",
            date(2027, 2, 26),
        ),
    )
    facts = municipalities()
    await programs.choose_members(context, program_id, [MemberInput(numbers[one.code], 12, "1") for one in facts], 1)
    key_id = await _population_key(context, program_id, numbers, now)
    await _cost(context, program_id, "研修業務委託", 8_250_000, eligible=True, key_id=key_id)
    await _cost(context, program_id, "会場・教材", 660_000, key_id=key_id)
    await _priced_accounts(context, program_id)
    return program_id


async def _priced_accounts(context: TenantContext, program_id: int) -> None:
    """A cost by a price list (料金表) over the population: the larger the member, the more people learn."""
    (population,) = await basis_queries.bases(program_id)
    steps = [
        {"below": "30000", "price_yen": 24_000},
        {"below": "100000", "price_yen": 48_000},
        {"price_yen": 96_000},
    ]
    await costs.post_cost(
        context,
        program_id,
        source="demo",
        reference="学習システム利用料",
        name="学習システム利用料(料金表)",
        amount_yen=2_200_000,
        charge_kind="tariff",
        tariff={
            "basis": population.id,
            "steps": steps,
            "months": "part_year",
            "unit_yen": 100,
            "mode": "floor",
            "tax_rate": "10/100",
            "exclude": [],
        },
    )


async def _population_key(context: TenantContext, program_id: int, numbers: dict[str, int], now: datetime) -> int:
    basis_id = await bases.create_basis(context, program_id, _POPULATION)
    values: dict[int, str | None] = {numbers[one.code]: str(one.population) for one in municipalities()}
    version = (await basis_queries.basis(program_id, basis_id)).version
    await bases.save_values(context, program_id, basis_id, values, version, now)
    return await keys.create_key(
        context,
        program_id,
        KeyInput(
            "均等割3割・人口割7割",
            {"components": [{"weight": "3/10", "basis": "equal"}, {"weight": "7/10", "basis": basis_id}]},
        ),
    )


async def _cost(
    context: TenantContext,
    program_id: int,
    name: str,
    amount_yen: int,
    *,
    eligible: bool = False,
    key_id: int | None = None,
    member_id: int | None = None,
    prefecture: bool = False,
) -> None:
    kind = "prefecture" if prefecture else "member" if member_id is not None else "key"
    await costs.post_cost(
        context,
        program_id,
        source="demo",
        reference=name,
        name=name,
        amount_yen=amount_yen,
        charge_kind=kind,
        key_id=key_id,
        member_id=member_id,
        eligible=eligible,
        tax_rate="10/100",
    )
