"""How a burden is carried through its year, page by page: checked, planned, notified, changed, collected, withdrawn."""

import re
from datetime import date, timedelta

from playwright.async_api import expect

from tenants.calendar import japanese_date
from tests.journeys.people import Visitor
from tests.journeys.programs import COMPUTE_SECONDS, Look, pass_by, yen

TODAY = date.today()  # noqa: DTZ011  (the days lie weeks away in every time zone)
_DEADLINES = {"概算": None, "通知": 7, "確定": 90, "精算": 150}
"""How many days from today each stage is to be issued; this burden has no estimate."""
PLACE = "県の指定金融機関、収納代理金融機関"
_COLLECTION = (
    ("会計", "一般会計"),
    ("款", "分担金及び負担金"),
    ("項", "負担金"),
    ("目", "衛生費負担金"),
    ("節", "水道事業負担金"),
    ("納入場所", PLACE),
    ("納入の請求の事由", "水道情報の共同整備に関する協定第5条により、負担金の納入を求めます。"),
    ("発行者", "兵庫県知事"),
    ("所管", "企画部水道見本課"),
    ("担当", "財政係"),
    ("電話番号", "078-000-0000"),
)
"""The revenue item and what else a payment notice says; every text is invented."""


async def check_values(one: Visitor, program: str, *, but: str, look: Look) -> None:
    """The second officer checks every value against its source, except the one of a member still to be looked up."""
    await one.go(f"{program}/bases")
    await one.follow("人口")
    await one.follow("登録簿")
    await look(one, "register-unchecked")
    boxes = one.page.get_by_role("checkbox")
    for box in await boxes.all():
        name = await box.get_attribute("aria-label") or ""
        if not name.startswith(but):
            await box.check()
    await one.press("選んだ値を確認する")
    await expect(one.saying("値を確認済みにしました。")).to_be_visible()
    await look(one, "register-checked")


async def add_evidence(one: Visitor, program: str, paper: bytes) -> None:
    """Keeps the published figures beside the basis."""
    await one.go(f"{program}/bases")
    await one.follow("人口")
    await one.follow("登録簿")
    await one.page.get_by_label("書類の名前").fill("兵庫県推計人口の公表資料")
    file = {"name": "jinkou.pdf", "mimeType": "application/pdf", "buffer": paper}
    await one.page.get_by_label("ファイル", exact=False).set_input_files(file)
    await one.press("証拠書類を登録する")
    await expect(one.saying("証拠書類を登録しました。")).to_be_visible()


async def plan_year(one: Visitor, program: str, dues: tuple[date, ...], look: Look = pass_by) -> None:
    """Decides the deadlines of the stages and when every instalment is due."""
    await one.go(f"{program}/calendar")
    await one.follow("年間予定を決める")
    for stage, days in _DEADLINES.items():
        day = "" if days is None else japanese_date(TODAY + timedelta(days=days))
        await one.page.get_by_role("textbox", name=re.compile(f"^{stage}")).first.fill(day)
    for number, due in enumerate(dues, start=1):
        await one.page.get_by_label(f"第{number}期").fill(japanese_date(due))
    await one.page.get_by_role("radio", name="動かさない").check()
    await look(one, "calendar-edit")
    await one.press("保存する")
    await expect(one.saying("年間予定を保存しました。")).to_be_visible()
    await look(one, "calendar")


async def set_collection(one: Visitor, program: str, look: Look = pass_by) -> None:
    """Says what payment notices say beside the amounts."""
    await one.go(f"{program}/collection")
    await expect(one.saying("納入通知書はまだ発行できません")).to_be_visible()
    for label, text in _COLLECTION:
        await one.page.get_by_role("textbox", name=f"{label} ").first.fill(text)
    await look(one, "collection")
    await one.press("保存する")
    await expect(one.saying("必要な項目がそろっています。")).to_be_visible()


async def wait_for_notices(one: Visitor, run: str) -> None:
    """Until the worker has made every member's payment notice."""
    await one.go(f"{run}/collection")
    await expect(one.page.get_by_role("link", name="すべての書類(ZIP)")).to_be_visible(timeout=COMPUTE_SECONDS * 2000)


async def change_cost(one: Visitor, program: str, name: str, amount: str) -> None:
    """Enters another amount for a cost, as a contract in the middle of the year brings."""
    await one.go(f"{program}/costs")
    await one.follow(name)
    await one.page.get_by_label("経費(税込)").fill(amount)
    await one.press("保存する")
    await expect(one.saying("経費を変更しました。")).to_be_visible()


async def submit(one: Visitor, run: str) -> None:
    """Sends a computed run for approval."""
    await one.go(run)
    await one.press("承認へ送る")
    await expect(one.saying("承認へ送りました。")).to_be_visible()


async def statement_of(one: Visitor, title: str) -> tuple[str, int]:
    """The town's newest statement of a program: its path and its amount."""
    await one.go("/statements")
    await one.page.get_by_role("row").filter(has_text=title).first.get_by_role("link").first.click()
    await one.page.wait_for_load_state()
    amount = yen(await one.page.get_by_role("main").get_by_role("strong").first.inner_text())
    return one.page.url.removeprefix(one.url).split("?")[0], amount


async def levy(one: Visitor, program: str, day: date) -> None:
    """Charges every member what its newest statement says beyond what was charged before."""
    await one.go(f"{program}/payments")
    await one.page.get_by_label("調定日").fill(japanese_date(day))
    await one.press("全団体分を調定する")
    await expect(one.saying("調定しました。")).to_be_visible()
