"""A prefecture's year with 41 organisations, synthetic, of every kind of charge; and its result."""

import copy
import json
from datetime import date

from billing.apportionment.calculation import apportion
from billing.apportionment.case import canonical_json, parse_case
from billing.apportionment.result import result_document
from billing.statements.rules import StatementMeta

LONG_NAME = "播磨高原広域事務組合企業団"
META = StatementMeta(
    program_title="衛星画像による広域漏水調査支援事業",
    fiscal_year=2024,
    stage_label="通知",
    run_number=2,
    document_number="R6-P12-2-283011",
    issued_on=date(2024, 11, 5),
    prefecture_name="兵庫県",
    input_sha256="3f9a" * 16,
    result_sha256="c07d" * 16,
    approved_by="財政課長",
    contact="市町振興課 DX推進班",
    due_dates=(date(2024, 11, 29), date(2025, 2, 28)),
    sample_note="このデータは見本です。実在の団体の負担額ではありません。",
)


def codes(count):
    """Municipality codes with right check digits, from 28001 on."""
    made = []
    for number in range(28301, 28301 + count):
        digits = [int(sign) for sign in str(number)]
        made.append(f"{number}{(11 - sum(d * w for d, w in zip(digits, (6, 5, 4, 3, 2), strict=True)) % 11) % 10}")
    return made


def sample_case(members=41, costs=5, **fields):
    """The case file as a dictionary; ``fields`` replace top-level fields."""
    all_codes = codes(members)
    first, second = all_codes[0], all_codes[-1]
    people = {code: str(29680 + 7919 * place * place) for place, code in enumerate(all_codes)}
    pipes = {code: str(120 + 37 * place) + ".25" for place, code in enumerate(all_codes)}
    keys = [
        {"id": "k1", "name": "均等割3割・人口割7割", "components": [
            {"weight": "3/10", "basis": "equal"},
            {"weight": "7/10", "basis": "population", "factors": {second: "1/2"}, "exclude": all_codes[1:2]}]},
        {"id": "k2", "name": "管路延長割", "components": [{"weight": "1", "basis": "pipe"}]},
        {"id": "k3", "name": "所在地5割・残り均等", "host": {"code": first, "share": "1/2"},
         "components": [{"weight": "1", "basis": "equal"}]},
        {"id": "k4", "name": "単価方式(人口1人当たり)", "unit_price_decimals": 4,
         "components": [{"weight": "1", "basis": "population"}]},
        {"id": "k5", "name": "固定割合", "fixed": {first: "3/5", second: "2/5"}},
    ]  # fmt: skip
    names = ["衛星画像解析業務", "現地確認支援業務(管路延長割)", "研修会場借上料", "システム利用料", "共同調達事務費"]
    made = [
        {"id": f"c{place:02}", "name": names[place % 5] + (f" その{place // 5 + 1}" if costs > 5 else ""),
         "amount_yen": 52_000_000 - 1_234_567 * place, "eligible": place % 5 < 2, "revenue_yen": 120_000 * (place % 2),
         "charge": {"key": f"k{place % 5 + 1}"}}
        for place in range(costs)
    ]  # fmt: skip
    made.append({"id": "d1", "name": "現地確認支援(個別)", "amount_yen": 880_000, "charge": {"member": first}})
    made.append({"id": "p1", "name": "事務局経費", "amount_yen": 1_200_000, "charge": {"prefecture": True}})
    case = {
        "format": "yui-apportionment/1",
        "fiscal_year": 2024,
        "title": META.program_title,
        "members": [
            {"code": code, "name": LONG_NAME if place == members - 1 else f"見本{place + 1}町",
             "months": 9 if place == members - 1 else 12}
            for place, code in enumerate(all_codes)
        ],
        "bases": [
            {"id": "population", "name": "人口", "unit": "人", "as_of": "2020-10-01",
             "source": "令和2年国勢調査", "values": people},
            {"id": "pipe", "name": "管路延長", "unit": "km", "as_of": "2024-03-31",
             "source": "水道統計(令和5年度)", "values": pipes},
        ],
        "keys": keys,
        "costs": made,
        "grants": [
            {"id": "g1", "name": "デジタル田園都市国家構想交付金", "rate": "1/2",
             "rounding": {"unit_yen": 1000, "mode": "floor"}}
        ],
        "instalments": {"count": 2, "unit_yen": 1000},
        "issued_yen": {first: 1_000_000},
    }  # fmt: skip
    return copy.deepcopy(case | fields)


def run_of(case):
    """The canonical case document and the result document, as plain JSON."""
    parsed = parse_case(case)
    return json.loads(canonical_json(parsed)), json.loads(json.dumps(result_document(apportion(parsed))))
