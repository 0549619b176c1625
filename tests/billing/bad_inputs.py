"""The bad inputs of the billing pages, one named case each: where, what, and what the person reads."""

from dataclasses import dataclass

BEYOND = str(2**64)
COST = {"name": "解析", "amount_yen": "1000", "revenue_yen": "0", "tax_rate": "10/100", "eligible": "yes",
        "charge_kind": "prefecture"}  # fmt: skip
GRANT = {"name": "交付金", "funder": "national", "rate": "1/2", "counted": "eligible", "tax": "included",
         "level": "program", "rounding_unit_yen": "1", "rounding_mode": "floor"}  # fmt: skip
KEY = {"name": "均等割", "method": "components", "weight-1": "1", "basis-1": "equal"}
FIXED = {"name": "固定", "method": "fixed"}
BASIS = {"name": "世帯数", "unit": "世帯", "as_of": "令和2年10月1日", "source": "国勢調査"}
PROGRAM = {"fiscal_year": "令和8年度", "title": "別の事業", "rounding_stage": "cost", "rounding_unit_yen": "1",
           "rounding_remainder": "largest_remainder", "national_ceiling": "1/2", "invoice_unit_yen": "1",
           "invoice_mode": "floor", "instalment_count": "1", "instalment_unit_yen": "1"}  # fmt: skip


@dataclass(frozen=True)
class Bad:
    """One bad input: where it is sent, as what, and what the person reads; ``field`` names where it stands."""

    name: str
    path: str
    fields: dict[str, str]
    words: str
    field: str = ""
    status: int = 422


_ONE_LINE = (
    ("the title of a program", "!/programs", PROGRAM, "title"),
    ("the name of a basis", "/bases", BASIS, "name"),
    ("the unit of a basis", "/bases", BASIS, "unit"),
    ("the source of a basis", "/bases", BASIS, "source"),
    ("the name of a cost", "/costs", COST, "name"),
    ("the name of a key", "/keys", KEY, "name"),
    ("the name of a grant", "/grants", GRANT, "name"),
)
_BREAKS = {"a line break": "\r\n", "a turned direction of writing": "\u202e"}

CASES = (
    *(
        Bad(f"{what} in {where}", path, {**fields, field: f"甲{sign}乙"}, "改行や制御文字は使えません", field)
        for where, path, fields, field in _ONE_LINE
        for what, sign in _BREAKS.items()
    ),
    Bad("a wrong check digit in a key", "/keys", {**FIXED, "fixed": "281001\t1"}, "「281001」", "fixed"),
    Bad("a wrong check digit in a pasted list", "/bases/{basis}/paste", {"rows": "281001\t5", "version": "2"},
        "検査数字(6桁目)が正しくありません"),
    Bad("an unknown member in a fixed share", "/keys", {**FIXED, "fixed": "姫路市\t1"},
        "構成団体ではありません", "fixed"),
    Bad("an unknown member in a weight", "/keys", {**KEY, "members-1": "姫路市\t1/2"},
        "構成団体ではありません", "members-1"),
    Bad("an unknown member in a pasted list", "/bases/{basis}/paste", {"rows": "姫路市\t5", "version": "2"},
        "構成団体にありません"),
    Bad("a direct charge to a town that takes no part", "/costs",
        {**COST, "charge_kind": "member", "member_id": "{stranger}"}, "負担する団体を選んでください", "member_id"),
    Bad("a host that takes no part", "/keys", {**KEY, "host_code": "284467", "host_share": "1/2"},
        "構成団体ではありません", "host_code"),
    Bad("weights that add to less than one", "/keys", {**KEY, "weight-1": "9/10"},
        "割合の合計が 1 になりません", "weight-1"),
    Bad("weights that add to more than one", "/keys", {**KEY, "weight-2": "0.1", "basis-2": "{basis}"},
        "いまの合計 11/10", "weight-2"),
    Bad("fixed shares that do not add to one", "/keys", {**FIXED, "fixed": "神戸市\t1/3\n猪名川町\t1/3"},
        "割合の合計が 1 になりません", "fixed"),
    Bad("a key whose members are all excluded", "/keys", {**KEY, "members-1": "神戸市\t除外\n猪名川町\t0"},
        "対象になる団体が残りません", "members-1"),
    Bad("a negative net", "/costs", {**COST, "revenue_yen": "1,001"}, "特定財源が経費", "revenue_yen"),
    Bad("a negative amount", "/costs", {**COST, "amount_yen": "△1"}, "0円から", "amount_yen"),
    Bad("a grant over the national ceiling", "/grants", {**GRANT, "rate": "2/3"}, "国費の上限", "rate"),
    Bad("a grant of more than everything", "/grants", {**GRANT, "rate": "101%"}, "1 以下", "rate"),
    Bad("a town twice in a fixed share", "/keys", {**FIXED, "fixed": "神戸市\t1/2\n281000\t1/2"},
        "2回以上", "fixed"),
    Bad("a town twice in a pasted list", "/bases/{basis}/paste", {"rows": "神戸市\t5\n281000\t6", "version": "2"},
        "2行目にもあります"),
    Bad("a program under a title used before", "!/programs", {**PROGRAM, "title": "漏水調査"},
        "同じ名前の事業", "title"),
    Bad("a basis under a name used before", "/bases", {**BASIS, "name": "人口"}, "同じ名前", "name"),
    Bad("a binary fraction as an amount", "/costs", {**COST, "amount_yen": "0.1"}, "1円単位の整数", "amount_yen"),
    Bad("an exponent as an amount", "/costs", {**COST, "amount_yen": "1e3"}, "金額として読めません", "amount_yen"),
    Bad("an exponent as a weight", "/keys", {**KEY, "weight-1": "1e0"}, "割合は 3/10", "weight-1"),
    Bad("a number that is none", "/bases/{basis}/values", {"value-{kobe}": "NaN", "version": "2"},
        "数", "value-{kobe}"),
    Bad("an amount in a basis of persons", "/bases/{basis}/values", {"value-{kobe}": "１，０００円", "version": "2"},
        "単位は「人」", "value-{kobe}"),
    Bad("two cells pasted into one", "/costs", {**COST, "amount_yen": "1,000\t2,000"},
        "金額として読めません", "amount_yen"),
    Bad("commas at the wrong places", "/costs", {**COST, "amount_yen": "1,00,000"},
        "金額として読めません", "amount_yen"),
    Bad("an amount beyond 64 bits", "/costs", {**COST, "amount_yen": BEYOND}, "以下で入力", "amount_yen"),
    Bad("a cap beyond 64 bits", "/grants", {**GRANT, "cap_yen": BEYOND}, "以下で入力", "cap_yen"),
    Bad("a value beyond 64 bits", "/bases/{basis}/values", {"value-{kobe}": BEYOND, "version": "2"},
        "桁数が多すぎます", "value-{kobe}"),
    Bad("months beyond 64 bits", "/members", {"members": "{kobe}", "months-{kobe}": BEYOND, "version": "2"},
        "0から12まで", "months-{kobe}"),
    Bad("a year beyond 64 bits", "!/programs", {**PROGRAM, "fiscal_year": BEYOND}, "年度", "fiscal_year"),
    Bad("a key beyond 64 bits", "/costs", {**COST, "charge_kind": "key", "key_id": BEYOND},
        "按分方法を選んで", "key_id"),
    Bad("a version beyond 64 bits", "/members", {"members": "{kobe}", "version": BEYOND}, "見つかりません", status=404),
    Bad("an address beyond 64 bits", "/costs/" + BEYOND, COST, "見つかりません", status=404),
    Bad("a NUL byte in a cost", "/costs", {**COST, "name": "解\0析"}, "使えない文字"),
    Bad("a NUL byte in a key", "/keys", {**FIXED, "fixed": "神戸市\0\t1"}, "使えない文字"),
    Bad("a NUL byte in a pasted list", "/bases/{basis}/preview", {"rows": "神戸市\t5\0"}, "使えない文字"),
    Bad("a NUL byte in the name of a field", "/costs", {**COST, "na\0me": "x"}, "使えない文字"),
    Bad("a NUL byte in an address", "/costs/1%00", COST, "見つかりません", status=404),
    Bad("a stage of calculation nobody knows", "/runs", {"stage": "<b>"}, "段階を選んで", "stage"),
    Bad("a basis of another program in a key", "/keys", {**KEY, "basis-1": "{other_basis}"}, "選び直して", "basis-1"),
    Bad("a key of another program in a cost", "/costs", {**COST, "charge_kind": "key", "key_id": "{other_key}"},
        "按分方法を選んで", "key_id"),
    Bad("a cost of another program in a grant", "/grants", {**GRANT, "counted": "listed", "cost_ids": "{other_cost}"},
        "この事業にありません", "cost_ids"),
    Bad("a cost of another program in the address", "/costs/{other_cost}", {**COST, "version": "1"},
        "見つかりません", status=404),
    Bad("a basis of another program in the address", "/bases/{other_basis}/values", {"version": "2"},
        "見つかりません", status=404),
    Bad("a key of another program in the address", "/keys/{other_key}", {**KEY, "version": "1"},
        "見つかりません", status=404),
    Bad("a version of yesterday", "/members", {"members": "{kobe}", "version": "1"}, "変更", status=409),
)  # fmt: skip
