"""What follows the statements of a run: notices, a later run, disputes, charges, receipts, reminders, tax returns.

Every text and sum a town is told in them stands nowhere else; the product's own operations enter them.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing.disputes import operations as disputes
from billing.disputes.operations import Comment
from billing.grant_procedures.evidence.rules import evidence_of
from billing.grant_procedures.tax_returns import operations as tax_returns
from billing.grant_procedures.tax_returns import queries as tax_queries
from billing.grant_procedures.tax_returns.rules import ReturnInput
from billing.grants import queries as grants
from billing.notices.settings import operations as notice_settings
from billing.payments import operations as payments
from billing.payments import queries as payment_queries
from billing.payments.rules import ReceiptInput
from billing.programs import queries as programs
from billing.runs import operations as runs
from billing.statements import queries as statements
from billing.statements.issuing import approve_and_issue
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.storage import Storage
from tests.factories.programs import COMPLETE_NOTICE, found_cost
from tests.factories.workers import work_off
from tests.factories.worlds import World

DUE = date(2027, 3, 31)
LATE = timedelta(days=200)
"""Behind the due date: whoever has not paid by then is reminded."""


@dataclass(frozen=True)
class Followed:
    """Ids of one town's records after the second run."""

    statement_id: int
    dispute_id: int
    message_id: int
    payment_id: int
    receipt_id: int
    tax_request_id: int


def asked_by(place: int) -> str:
    """What the town writes to the prefecture."""
    return f"鳥籠{place:02}からの照会です"


def answered_to(place: int) -> str:
    """What the prefecture writes back."""
    return f"鳥籠{place:02}への県の回答です"


def evidence_name(place: int) -> str:
    """The file the town sends with it."""
    return f"torikago-{place:02}-shorui.png"


def received_yen(place: int) -> int:
    """The part of its instalment the town has paid."""
    return 1_000_003 + place * 15_487


def tax_yen(place: int) -> int:
    """The consumption tax the town reports."""
    return 2_000_003 + place * 17_389


def tax_note(place: int) -> str:
    """What the town writes beside its report."""
    return f"鳥籠{place:02}の申告のメモ"


def told_after(place: int) -> set[str]:
    """All texts and sums above, as files keep them and people read them."""
    sums = {form for yen in (received_yen(place), tax_yen(place)) for form in (str(yen), f"{yen:,}")}
    return {asked_by(place), answered_to(place), evidence_name(place), tax_note(place)} | sums


async def decide_notices(world: World, program_id: int) -> None:
    """Notices go out with every approval from the notice on."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await notice_settings.save_setting(world.finance, program_id, COMPLETE_NOTICE, 0)


async def approved_run(
    world: World, storage: Storage, program_id: int, stage: str, now: datetime, why: str = ""
) -> int:
    """A run that is calculated, approved and issued with all its papers."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        run_id = await runs.start_run(world.finance, program_id, stage, now, why)
    await work_off(world, storage)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await runs.submit_run(world.finance, run_id, now)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await approve_and_issue(world.approver, run_id, now)
    await work_off(world, storage)
    return run_id


async def follow_up(
    world: World, storage: Storage, program_id: int, codes: list[str], now: datetime
) -> dict[str, Followed]:
    """A second run with notices of the difference, and everything a town and the prefecture then do; by code."""
    await found_cost(
        world, program_id, "全団体の追加", 12_345_679, charge_kind="key", key_id=await _a_key(world, program_id)
    )
    run_id = await approved_run(world, storage, program_id, "final", now, "追加の調査")
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        issued = await statements.issued_by_run(run_id)
    talks = {
        code: await _dispute(world, storage, issued[code], place, code, now) for place, code in enumerate(codes, 1)
    }
    paid = await _collect(world, program_id, codes, now)
    taxed = await _report_taxes(world, program_id, codes, now)
    return {code: Followed(issued[code], *talks[code], *paid[code], taxed[code]) for code in codes}


async def _a_key(world: World, program_id: int) -> int:
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True) as door:
        rows = await door.execute("SELECT min(id) AS id FROM cost_key WHERE program_id = $1", (program_id,))
    return int(rows[0]["id"])


async def _dispute(
    world: World, storage: Storage, statement_id: int, place: int, code: str, now: datetime
) -> tuple[int, int]:
    town = world.context(code, Role.TOWN_FINANCE)
    paper = evidence_of(evidence_name(place), b"\x89PNG\r\n\x1a\n" + asked_by(place).encode())
    async with open_door(world.pool, Scope.TOWN, town.tenant_id):
        comment = Comment(asked_by(place), paper)
        dispute_id = await disputes.open_dispute(town, storage, statement_id, "", "objection", comment, now)
    async with open_door(world.pool, Scope.PREFECTURE, 1) as door:
        await disputes.reply(world.finance, storage, dispute_id, Comment(answered_to(place)), now)
        rows = await door.execute("SELECT min(id) AS id FROM dispute_message WHERE dispute_id = $1", (dispute_id,))
    return dispute_id, int(rows[0]["id"])


async def _collect(world: World, program_id: int, codes: list[str], now: datetime) -> dict[str, tuple[int, int]]:
    """Charges everybody, notes a part of every sum as received, and reminds everybody of the rest."""
    kept = {}
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await payments.levy_program(world.finance, program_id, now.date(), "R8-7", now)
        by_code = {one.tenant_code: one.id for one in await payment_queries.payments(program_id) if one.number == 1}
        for place, code in enumerate(codes, 1):
            receipt = ReceiptInput(now.date(), received_yen(place), f"整理-{place:02}", "窓口で収納")
            kept[code] = by_code[code], await payments.note_receipt(world.finance, by_code[code], receipt, now)
        later = now + LATE
        await payments.remind_all(world.finance, program_id, later.date() + timedelta(days=20), later)
    return kept


async def _report_taxes(world: World, program_id: int, codes: list[str], now: datetime) -> dict[str, int]:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        program = await programs.program(program_id)
        grant, *_ = await grants.grants(program_id)
        accounts = {one.tenant_id: "enterprise" for one in await programs.members(program_id)}
        await tax_returns.save_accounts(world.finance, program_id, accounts)
        await tax_returns.ask_members(world.finance, program, grant, date(2027, 6, 30), now)
        asked = {one.code: one.id for one in await tax_queries.requests_of_grant(grant.id)}
    for place, code in enumerate(codes, 1):
        town = world.context(code, Role.TOWN_FINANCE)
        async with open_door(world.pool, Scope.TOWN, town.tenant_id):
            wanted = ReturnInput("all", tax_yen(place), "0", 0, tax_note(place), "")
            await tax_returns.report(town, asked[code], wanted, now)
    return {code: asked[code] for code in codes}
