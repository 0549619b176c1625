"""Wrong input: the page says what is wrong and where, leads to the field, and keeps what was typed."""

from playwright.async_api import Locator, expect

from tests.journeys.people import FINANCE_A, Visitor

DRAFT = "DX推進リーダー研修の共同実施"


async def expect_summary(one: Visitor, *messages: str) -> Locator:
    """The list of what is wrong, with the focus on it, naming exactly these; returns it."""
    summary = one.page.get_by_role("region", name=f"入力内容を確かめてください({len(messages)}件)")
    await expect(summary).to_be_focused()
    for message in messages:
        await expect(summary.get_by_role("link", name=message)).to_be_visible()
    assert (await one.page.title()).startswith("エラー: ")
    return summary


async def expect_led_to(summary: Locator, message: str, field: Locator) -> None:
    """The message's link puts the focus into the field, which is marked and described by its message."""
    await summary.get_by_role("link", name=message).click()
    await expect(field).to_be_focused()
    await expect(field).to_have_attribute("aria-invalid", "true")
    said = message.split(": ", 1)[-1]  # the summary also names the field
    assert said in await field.evaluate("one => document.getElementById(`error-${one.name}`).textContent")


class TestWrongInput:
    async def test_to_a_new_program_is_named_and_kept(self, visitor, take):
        async with visitor() as one:
            page = one.page
            await one.sign_in(FINANCE_A)
            await one.go("/programs/new")
            await page.get_by_label("所属年度").fill("来年度")
            await page.get_by_label("説明").fill("市町に\n伝わる説明")
            await page.get_by_label("納期限").fill("令和9年2月30日")
            await page.get_by_label("納付回数").fill("０")
            await page.get_by_label("端数の行き先").select_option(label="県が負担する")
            await one.press("保存する")
            summary = page.get_by_role("region", name="入力内容を確かめてください(4件)")
            await expect(summary).to_be_focused()
            await take(page, "program-errors", tallest=900)
            links = await summary.get_by_role("link").all_inner_texts()
            for message, label in zip(links, ("所属年度", "事業名", "納付回数", "納期限"), strict=True):
                assert label in message
                await expect_led_to(summary, message, page.get_by_label(label))
            await expect(page.get_by_label("所属年度")).to_have_value("来年度")
            await expect(page.get_by_label("説明")).to_have_value("市町に\n伝わる説明")
            await expect(page.get_by_label("納期限")).to_have_value("令和9年2月30日")
            await expect(page.get_by_label("納付回数")).to_have_value("０")
            await expect(page.get_by_label("端数の行き先")).to_have_value("prefecture")

    async def test_to_a_cost_is_named_and_kept(self, visitor):
        async with visitor() as one:
            page = one.page
            await one.sign_in(FINANCE_A)
            await one.follow("事業と負担金")
            await one.follow(DRAFT)
            await one.follow("経費")
            await one.follow("経費を登録する")
            await page.get_by_label("経費の名前").fill("会場費")
            await page.get_by_label("経費(税込)").fill("およそ五万円")
            await page.get_by_role("radio", name="按分する").check()
            await one.press("保存する")
            summary = page.get_by_role("region", name="入力内容を確かめてください")
            await expect(summary).to_be_focused()
            message = await page.get_by_label("経費(税込)").evaluate(
                "one => document.getElementById(`error-${one.name}`).querySelector('span').lastChild.textContent.trim()"
            )
            await expect_led_to(summary, message, page.get_by_label("経費(税込)"))
            await expect(page.get_by_label("経費の名前")).to_have_value("会場費")
            await expect(page.get_by_label("経費(税込)")).to_have_value("およそ五万円")
            await expect(page.get_by_role("radio", name="按分する")).to_be_checked()
            await expect(page.get_by_role("radio", name="補助対象")).not_to_be_checked()

    async def test_among_pasted_lines_is_shown_beside_the_good_ones(self, visitor, take):
        async with visitor() as one:
            page = one.page
            await one.sign_in(FINANCE_A)
            await one.follow("事業と負担金")
            await one.follow(DRAFT)
            await one.follow("按分基準")
            await one.follow("人口")
            await one.follow("Excelから貼り付ける")
            pasted = "神戸市\t１，５００，０００\n神戸村\t12\n282014\t約五十万"
            await page.get_by_label("団体と値").fill(pasted)
            await one.press("内容を確かめる")
            await expect(one.saying("読み取れなかった行 2行")).to_be_visible()
            await expect(page.get_by_role("row").filter(has_text="神戸村")).to_be_visible()
            await expect(one.row("神戸市")).to_contain_text("1,500,000")
            await expect(page.get_by_label("団体と値")).to_have_value(pasted)
            await take(page, "basis-bad-lines")

    async def test_that_is_missing_altogether_is_listed_with_the_place_to_mend_it(self, visitor, take):
        async with visitor() as one:
            page = one.page
            await one.sign_in(FINANCE_A)
            await one.go("/programs/new")
            await page.get_by_label("所属年度").fill("令和8年度")
            await page.get_by_label("事業名").fill("見本の空の事業")
            await one.press("保存する")
            await one.follow("計算と承認")
            await page.get_by_role("radio", name="通知").check()
            await one.press("内容を固定して計算する")
            table = page.get_by_role("table", name="直すところ")
            await expect(table).to_be_visible()
            await expect(
                table.get_by_text("「構成団体」の画面で、参加する団体を1つ以上選んで保存してください。")
            ).to_be_visible()
            await expect(page.get_by_role("radio", name="通知")).to_be_checked()
            await take(page, "run-problems", tallest=900)
            await table.get_by_role("link", name="構成団体").first.click()
            await expect(page.get_by_role("heading", level=1)).to_contain_text("構成団体")

    async def test_at_sign_in_says_nothing_about_who_exists_and_keeps_the_address(self, visitor, take):
        async with visitor() as one:
            page = one.page
            await one.go("/")
            await take(page, "sign-in")
            await page.get_by_label("メールアドレス").fill(FINANCE_A)
            await page.get_by_label("パスワード").fill("ちがうパスワード")
            await one.press("サインイン")
            await expect(page.get_by_label("メールアドレス")).to_have_value(FINANCE_A)
            await expect(page.get_by_label("パスワード")).to_have_value("")
            known = await page.get_by_role("main").inner_text()
            await page.get_by_label("メールアドレス").fill("nobody@pref.example.jp")
            await page.get_by_label("パスワード").fill("ちがうパスワード")
            await one.press("サインイン")
            assert await page.get_by_role("main").inner_text() == known
