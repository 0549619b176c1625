"""What a program's 納入通知書 says beside the amounts, and what is still missing before one may be issued; pure.

地方自治法施行令 第154条3項 asks for six items: 所属年度, 歳入科目, 納入すべき金額, 納期限, 納入場所, 納入の請求の事由.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from tenants.directory.rules import TenantKind
from tenants.errors import Invalid

ADDRESSEES: Mapping[str, str] = {
    "head": "長(市町は市町長、企業団は企業長、一部事務組合は管理者)",
    "manager": "事業の管理者(水道事業管理者など)",
}
TAXES: Mapping[str, str] = {"outside": "不課税", "exempt": "非課税", "taxed": "課税"}
STAGES: Mapping[str, str] = {"estimate": "概算", "notice": "通知", "final": "確定", "true_up": "精算"}
LATE_STAGES = ("notice", "final", "true_up")
"""An estimate tells towns what to put into their budgets; money is asked for from the notice on."""
_REGISTRATION = re.compile(r"T[0-9]{13}")
_UNION_COMPANY = "企業団"
_LABELS: Mapping[str, str] = {
    "account": "会計",
    "kan": "款",
    "kou": "項",
    "moku": "目",
    "setsu": "節",
    "place": "納入場所",
    "cause": "納入の請求の事由",
    "issuer": "発行者",
    "department": "所管",
    "phone": "電話番号",
}


@dataclass(frozen=True, slots=True)
class NoticeSetting:
    """What papers of a program say; empty texts are not decided yet. ``stages`` issue notices on approval."""

    account: str = ""
    kan: str = ""
    kou: str = ""
    moku: str = ""
    setsu: str = ""
    place: str = ""
    cause: str = ""
    issuer: str = ""
    department: str = ""
    officer: str = ""
    phone: str = ""
    addressee: str = "head"
    manager_title: str = "水道事業管理者"
    tax_category: str = "outside"
    registration_number: str = ""
    registration_account: str = ""
    stages: tuple[str, ...] = LATE_STAGES

    @property
    def missing(self) -> list[str]:
        """Names of what must be decided before a notice may be issued."""
        names = [label for name, label in _LABELS.items() if not getattr(self, name)]
        if self.addressee == "manager" and not self.manager_title:
            names.append("管理者の職名")
        if self.tax_category == "taxed":
            names += ["登録番号"] if not self.registration_number else []
            names += ["登録を受けた会計"] if not self.registration_account else []
        return names

    @property
    def revenue_item(self) -> str:
        """歳入科目 on one line: 「一般会計 (款)分担金及び負担金 (項)負担金 …」."""
        parts = [("款", self.kan), ("項", self.kou), ("目", self.moku), ("節", self.setsu)]
        return " ".join([self.account, *(f"({word}){text}" for word, text in parts)])

    def addressed_to(self, name: str, kind: TenantKind) -> str:
        """Whom a member's paper is written to: 「豊岡市長」「播磨高原広域事務組合管理者」「○○市水道事業管理者」."""
        if self.addressee == "manager":
            return name + self.manager_title
        if kind is not TenantKind.UNION:
            return name + "長"
        return name + ("企業長" if name.endswith(_UNION_COMPANY) else "管理者")


def corporate_check_digit(twelve: str) -> int:
    """The first digit of a 法人番号 from the twelve behind it (法人番号の指定等に関する省令 第2条)."""
    weighted = sum(int(digit) * (1 if place % 2 == 0 else 2) for place, digit in enumerate(reversed(twelve)))
    return 9 - weighted % 9


def parse_registration(text: str) -> str:
    """An invoice issuer's number as typed: T and thirteen digits. Raises Invalid when the check digit is wrong."""
    number = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    if not _REGISTRATION.fullmatch(number):
        raise Invalid("bad-registration", "登録番号は T と13桁の数字で入力してください(例: T8000020280003)。")
    if corporate_check_digit(number[2:]) != int(number[1]):
        raise Invalid("bad-registration", f"登録番号 {number} の検査数字(T の次の桁)が正しくありません。")
    return number
