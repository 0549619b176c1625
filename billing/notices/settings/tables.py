"""The table of what a program's notices say."""

from piccolo.columns import Array, BigInt, Integer, Text

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class NoticeSettingRow(PrefectureTable, tablename="notice_setting", prefecture="SIU"):
    """歳入科目, 納入場所, 事由, 宛名, 所管, 税区分, 発行者 of one program."""

    program_id = BigInt()
    account = Text()
    kan = Text()
    kou = Text()
    moku = Text()
    setsu = Text()
    place = Text()
    cause = Text()
    issuer = Text()
    department = Text()
    officer = Text()
    phone = Text()
    addressee = Text()
    manager_title = Text()
    tax_category = Text()
    registration_number = Text()
    registration_account = Text()
    stages = Array(base_column=Text())
    version = Integer()


explain(
    "notice_setting_once",
    Complaint("changed-meanwhile", "同時に別の人が設定を登録しました。もう一度お試しください。", conflict=True),
)
