"""How a finance officer of the prefecture sets up, computes, sends and approves a program, page by page."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from playwright.async_api import expect

from services.assembly.demo_world import Municipality
from tests.journeys.people import Visitor

KEY = "均等割3割・人口割7割"
COMPUTE_SECONDS = 30  # the worker needs less than a second; a busy machine gets the rest
PAPERS_SECONDS = 120  # some 0.3 seconds for each member on two processors
MAIN_COST, DIRECT_COST, PREFECTURE_COST = "衛星画像解析業務", "現地確認支援(個別)", "事務局経費"
COSTS = (
    (MAIN_COST, "５２，０００，０００円", "補助対象", "按分する"),
    (DIRECT_COST, "８８０，０００円", "対象外", "1団体の個別負担"),
    (PREFECTURE_COST, "1,320,000", "対象外", "県が負担する"),
)
"""Name, amount as typed, whether grants count it, who bears it."""
GRANT = "見本デジタル推進交付金"
FULL_WIDTH = str.maketrans("0123456789,", "0123456789,")

Look = Callable[[Visitor, str], Awaitable[None]]


async def pass_by(_one: Visitor, _name: str) -> None:
    """Takes no picture."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is typed. ``population`` holds lines as they are copied from Excel, the way people write them; without it
    nothing is apportioned, and one member bears the only cost, which is enough where the calculation is not the point.
    """

    title: str
    due_date: str
    members: Sequence[str]
    direct_member: str
    """As the list shows it: name and code."""
    population: str = ""
    grant: str = GRANT
    description: str = ""
    instalments: int = 1


def as_copied_from_excel(members: Sequence[Municipality]) -> str:
    """Two columns with a heading and a sum; figures as people leave them: full-width, with commas, with the unit."""
    lines = ["団体名\t人口"]
    for number, one in enumerate(members):
        figure = f"{one.population:,}"
        shown = (figure.translate(FULL_WIDTH), f"{figure}人", f" {figure} ")[number % 3]
        lines.append(f"{(one.code, one.name)[number % 2]}\t{shown}")
    return "\n".join([*lines, f"合計\t{sum(one.population for one in members):,}"])


def yen(text: str) -> int:
    """「2,310,000円」 as a number."""
    return int(text.replace(",", "").replace("円", ""))


async def text_of(one: Visitor) -> str:
    """What stands in the page's main part, on one line."""
    return " ".join((await one.page.get_by_role("main").inner_text()).split())


async def set_up(one: Visitor, plan: Plan, look: Look = pass_by) -> str:
    """Sets a program up from nothing; returns its path (``/programs/7``)."""
    await _register(one, plan, look)
    program = one.page.url.removeprefix(one.url).split("/members")[0]
    await _choose_members(one, plan, look)
    if plan.population:
        await _enter_population(one, plan, look)
        await _define_key(one, look)
    await _enter_costs(one, plan, look)
    await _enter_grant(one, plan, look)
    return program


async def turn_to_part(one: Visitor, name: str) -> None:
    """Goes to another part of the program by its tabs."""
    await one.follow(name, inside=one.page.get_by_role("navigation", name="事業の内容"))


async def _register(one: Visitor, plan: Plan, look: Look) -> None:
    page = one.page
    await one.follow("事業と負担金")
    await one.follow("事業を登録する")
    await page.get_by_label("所属年度").fill("令和8年度")
    await page.get_by_label("事業名").fill(plan.title)
    await page.get_by_label("説明").fill(plan.description)
    await page.get_by_label("納期限").fill(plan.due_date)
    await page.get_by_label("納付回数").fill(str(plan.instalments))
    await look(one, "program-new")
    await one.press("保存する")


async def _choose_members(one: Visitor, plan: Plan, look: Look) -> None:
    await expect(one.page.get_by_role("heading", level=1)).to_contain_text("構成団体")
    for name in plan.members:
        await one.page.get_by_role("checkbox", name=f"{name}が参加する", exact=True).check()
    await look(one, "members")
    await one.press("保存する")
    await expect(one.saying(f"いま {len(plan.members)} 団体を選んでいます。")).to_be_visible()


async def _enter_population(one: Visitor, plan: Plan, look: Look) -> None:
    page = one.page
    await turn_to_part(one, "按分基準")
    await one.follow("按分基準を登録する")
    await page.get_by_label("名前").fill("人口")
    await page.get_by_label("単位").fill("人")
    await page.get_by_label("いつの時点の数値か").fill("令和5年12月1日")
    await page.get_by_label("出典").fill("兵庫県推計人口(令和5年12月1日現在)")
    await one.press("保存する")
    await one.follow("Excelから貼り付ける")
    await page.get_by_label("団体と値").fill(plan.population)
    await look(one, "basis-paste")
    await one.press("内容を確かめる")
    await expect(one.saying(f"{len(plan.members)}団体(うち変わるもの {len(plan.members)}団体)")).to_be_visible()
    await look(one, "basis-preview")
    await one.press("この内容で保存")


async def _define_key(one: Visitor, look: Look) -> None:
    page = one.page
    await turn_to_part(one, "按分方法")
    await one.follow("按分方法を登録する")
    await page.get_by_label("名前").fill(KEY)
    await page.get_by_label("基準1の割合").fill("3割")
    await page.get_by_label("基準1の按分基準").select_option(label="均等(どの団体も1)")
    await page.get_by_label("基準2の割合").fill("7割")
    await page.get_by_label("基準2の按分基準").select_option(label="人口(人)")
    await look(one, "key-new")
    await one.press("保存する")
    await expect(page.get_by_role("heading", level=2, name="団体ごとの割合")).to_be_visible()
    await look(one, "key-shares")


async def _enter_costs(one: Visitor, plan: Plan, look: Look) -> None:
    page = one.page
    await turn_to_part(one, "経費")
    for name, amount, eligible, charge in COSTS if plan.population else COSTS[1:2]:
        await one.follow("経費を登録する")
        await page.get_by_label("経費の名前").fill(name)
        await page.get_by_label("経費(税込)").fill(amount)
        await page.get_by_role("radio", name=eligible, exact=True).check()
        await page.get_by_role("radio", name=charge, exact=True).check()
        if charge == "按分する":
            await page.get_by_label("按分方法", exact=True).select_option(label=KEY)
            await look(one, "cost-new")
        elif charge == "1団体の個別負担":
            await page.get_by_label("負担する団体", exact=True).select_option(label=plan.direct_member)
        await one.press("保存する")
    await look(one, "costs")


async def _enter_grant(one: Visitor, plan: Plan, look: Look) -> None:
    page = one.page
    await turn_to_part(one, "交付金")
    await one.follow("交付金を登録する")
    await page.get_by_label("名前").fill(plan.grant)
    await page.get_by_label("率").first.fill("1/2")
    await page.get_by_label("端数の単位").fill("1,000")
    await look(one, "grant-new")
    await one.press("保存する")


async def check_population(one: Visitor, program: str, look: Look = pass_by) -> None:
    """The second officer compares what the first one entered with its source."""
    await one.go(f"{program}/bases")
    await one.follow("人口")
    await one.follow("登録簿")
    await look(one, "basis-register")
    await one.page.get_by_role("button", name="すべて確認する").click()
    await expect(one.saying("値を確認済みにしました。")).to_be_visible()


async def start(one: Visitor, program: str, look: Look = pass_by, *, stage: str = "通知", reason: str = "") -> None:
    """Freezes what was entered and starts a calculation; one that follows another says why."""
    await one.go(f"{program}/runs")
    await one.page.get_by_role("radio", name=stage, exact=True).check()
    if reason:
        await one.page.get_by_label("変更の理由").fill(reason)
    await look(one, "run-start")
    await one.press("内容を固定して計算する")


async def compute(one: Visitor, program: str, look: Look = pass_by, *, stage: str = "通知", reason: str = "") -> str:
    """Starts a calculation; returns the run's path once its result stands there."""
    await start(one, program, look, stage=stage, reason=reason)
    await expect(one.saying("検算一致")).to_be_visible(timeout=COMPUTE_SECONDS * 1000)
    return one.page.url.removeprefix(one.url).split("?")[0]


async def approve(one: Visitor) -> None:
    """Approves the run on the page."""
    await one.press("承認する")


async def wait_for_papers(one: Visitor, members: int) -> None:
    """Until the page says that the worker has made every member's statement."""
    done = one.saying(f"{members} 団体の負担金算定書(Excel・PDF)を発行しました。")
    await expect(done).to_be_visible(timeout=PAPERS_SECONDS * 1000)
