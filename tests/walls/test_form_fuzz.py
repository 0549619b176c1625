"""Every POST form of every page, sent with hostile values field by field.

``YUI_FORM_PROBES`` is how many are sent (the default takes about a minute), ``YUI_FUZZ_SEED`` repeats a run.
"""

import os
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import psycopg
import pytest

from billing.bases import operations as bases
from billing.bases.rules import BasisInput
from billing.runs import operations as runs
from billing.runs import queries as run_queries
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.factories.browsers import InvalidHtmlError, check_html, running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.programs import POPULATIONS, found_calculable
from tests.factories.workers import storage_of, storage_settings, work_off
from tests.factories.worlds import NOW, World
from tests.walls.after_issue import approved_run, decide_notices, follow_up
from tests.walls.asgi import Answer, Client
from tests.walls.field import app_of, signed_in, token_in
from tests.walls.found_forms import Form, forms_of, read_page
from tests.walls.hostile_values import Probe, body_of, chosen, probes_of
from tests.walls.records import PEOPLE
from tests.walls.scorecard import tell

PROBES = int(os.environ.get("YUI_FORM_PROBES", "3200"))
SEED = int(os.environ.get("YUI_FUZZ_SEED", str(random.SystemRandom().randrange(10**9))))
FEWEST_PROBES, FEWEST_FORMS = 3_000, 40
BEHIND_A_RUN = {
    "/disputes/#/closure",
    "/disputes/#/replies",
    "/payments/#/receipts",
    "/payments/#/receipts/#/reversal",
    "/programs/#/bases/#/register/checks",
    "/programs/#/calendar",
    "/programs/#/collection",
    "/programs/#/departures",
    "/programs/#/dispute-period",
    "/programs/#/grants/#/procedure/steps",
    "/runs/#/approval",
    "/runs/#/notices",
    "/runs/#/withdrawal",
    "/statements/#/disputes",
    "/tax-returns/#",
    "/tax-returns/#/decision",
}
"""Forms that stand only behind an approved run or something registered: without them the fixture shows too little."""
_REFUSED = range(400, 500)
_LEAVES = ("/sign-out", "/me/sessions", "/support/closing")
"""Acts after which the person is outside; each is tried last and signs in again."""
_UNSEEN = ("session", "attempt_count", "kept_draft", "answered_request", "kept_person", "kept_membership")
"""Tables that a refusal may write: when a session was last used, how often somebody failed, what was typed too late.
Answers kept for a repeated request are whole pages; reading them after every probe would take most of the time."""
_RESTORE = """
SET session_replication_role = replica;
DELETE FROM attempt_count; DELETE FROM second_factor; DELETE FROM factor_policy;
UPDATE person p SET password_hash = k.password_hash, disabled_at = NULL, email = k.email
  FROM kept_person k WHERE k.id = p.id AND (p.password_hash, p.email) IS DISTINCT FROM (k.password_hash, k.email);
UPDATE membership m SET valid_to = k.valid_to, paused_from = NULL, paused_to = NULL, suspended_at = NULL,
  suspended_reason = '' FROM kept_membership k WHERE k.id = m.id;
SET session_replication_role = origin;
"""
"""Whoever was shut out by an earlier probe comes in again."""
_JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]{4}")
_CONTROLS = re.compile("[\x01-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_FAULT = re.compile(r'id="error-summary"|role="alert"|class="lead"|class="error"')
_CHECKED_EVERY = 10
"""Reading a page's HTML takes longer than the probe: one page in ten, and always a form's first of each status."""


@dataclass
class Attack:
    """The application, who is signed in, and what came of it."""

    app: Any
    world: World
    connection: psycopg.Connection
    clients: dict[Role | None, Client] = field(default_factory=dict)
    forms: dict[Role | None, dict[str, Form]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    probes: int = 0
    _sql: str = ""

    async def enter(self, role: Role | None) -> Client:
        """A fresh session of the role; before signing in, a fresh entrance."""
        client = Client(self.app)
        self.connection.execute(_RESTORE)
        if role is None:
            client.csrf_token = token_in(await client.send("GET", "/sign-in", remember=True))
        else:
            client = await signed_in(self.app, self.world.people[PEOPLE[role], role][1])
        self.clients[role] = client
        return client

    def written(self) -> int:
        """A fingerprint over every table a refusal must leave alone."""
        if not self._sql:
            names = self.connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
                "AND relname <> ALL(%s) ORDER BY 1",
                (list(_UNSEEN),),
            ).fetchall()
            each = " UNION ALL ".join(f"SELECT '{name}' AS o, t::text AS row FROM {name} t" for (name,) in names)
            self._sql = (
                f"SELECT coalesce(sum(hashtextextended(o || row, 0)::numeric), 0)::text FROM ({each}) everything"
            )
        row = self.connection.execute(self._sql).fetchone()
        return hash(row)


@pytest.fixture
async def attack(database: ClonedDatabase, world: World, bucket: Any) -> AsyncIterator[Attack]:
    """A program with everything in it, one run to send and one to decide, and a person of every role."""
    storage = storage_of(bucket)
    program_id = await found_calculable(world)
    today = NOW.astimezone(JST)
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("UPDATE program SET instalment_count = 1")  # notices need a day for every instalment
    noticed = await approved_run(world, storage, program_id, "notice", today)
    await follow_up(world, storage, program_id, list(POPULATIONS), today)
    await decide_notices(world, program_id)
    async with open_door(world.pool, Scope.PREFECTURE, 1):  # nobody may check what they entered themselves
        counted = BasisInput("確かめる前の人口", "人", date(2020, 10, 1), "令和2年国勢調査")
        basis_id = await bases.create_basis(world.approver, program_id, counted)
        values: dict[int, str | None] = {world.tenants[code]: value for code, value in POPULATIONS.items()}
        await bases.save_values(world.approver, program_id, basis_id, values, 1, NOW)
    for _ in range(2):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            run_id = await runs.start_run(world.approver, program_id, "final", today, "試験の変更")
    await work_off(world, storage)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await runs.submit_run(world.approver, run_id, today)
        every_run = [f"/runs/{one.id}" for one in await run_queries.runs(program_id)]
    settings = settings_for(database, **storage_settings(bucket))
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept_person AS TABLE person")
        connection.execute("CREATE TABLE kept_membership AS TABLE membership")
        async with running_app(settings) as app:
            state = app_of(app).state
            state.site = replace(state.site, send=lambda *_: None)  # no broker is asked
            found = Attack(app, world, connection)
            for role in (None, *PEOPLE):
                client = await found.enter(role)
                starts = ("/sign-in",) if role is None else ("/", "/me")
                if role is Role.PREFECTURE_FINANCE:  # each run stands in another state and offers other forms
                    program = f"/programs/{program_id}"
                    starts += (*every_run, f"/runs/{noticed}/collection", f"{program}/payments")
                    starts += (f"{program}/bases/{basis_id}/register",)
                found.forms[role] = await forms_of(client, starts=starts)
            yield found


class TestEveryForm:
    async def test_refuses_in_words_and_never_fails(self, attack: Attack):
        started = time.monotonic()
        by_kind = {kind: form for forms in attack.forms.values() for kind, form in forms.items()}
        assert len(by_kind) >= FEWEST_FORMS
        assert set(by_kind) >= BEHIND_A_RUN
        everything = sum(1 for form in by_kind.values() for _ in probes_of(form))
        fields = sum(len({one.name for one in form.controls}) for form in by_kind.values())
        groups: dict[tuple[Role | None, str], list[Probe]] = {}
        draw = random.Random(SEED)  # noqa: S311
        for probe in chosen(by_kind, PROBES, SEED):
            role = draw.choice([role for role, forms in attack.forms.items() if probe.form in forms])
            groups.setdefault((role, probe.form), []).append(probe)
        for (role, kind), probes in sorted(groups.items(), key=lambda one: (_leaves(one[0][1]), str(one[0]))):
            await _attack_form(attack, role, attack.forms[role][kind], probes)
        tell(
            "form fuzz",
            probes=attack.probes,
            of=everything,
            forms=len(by_kind),
            fields=fields,
            statuses=dict(sorted(attack.statuses.items())),
            wrong=len(attack.wrong),
            seconds=round(time.monotonic() - started, 1),
            seed=SEED,
        )
        assert attack.wrong == []
        assert attack.probes >= min(FEWEST_PROBES, everything)


def _leaves(kind: str) -> bool:
    return kind.startswith(_LEAVES) or "password" in kind or "second-factor" in kind


async def _attack_form(attack: Attack, role: Role | None, form: Form, probes: list[Probe]) -> None:
    """All probes of one form; after every success the page is loaded again, as its record may have changed."""
    fresh, before, checked = await _fresh(attack, role, form), attack.written(), set[int]()
    for number, probe in enumerate(probes):
        body, kind = body_of(fresh, probe)
        answer = await attack.clients[role].send("POST", fresh.action, body, {"content-type": kind}, remember=True)
        attack.probes += 1
        attack.statuses[answer.status] += 1
        place = f"{role} {form.kind} {probe.field} {probe.what}: {answer.status}"
        if answer.status >= 500:
            attack.wrong.append(place)
        if answer.status in _REFUSED:
            attack.wrong += [f"{place} {why}" for why in _faults_of(answer)]
            if attack.written() != before:
                attack.wrong.append(f"{place} has written")
                before = attack.written()
        if answer.header("content-type").startswith("text/html") and (
            answer.status not in checked or number % _CHECKED_EVERY == 0
        ):
            checked.add(answer.status)
            attack.wrong += _invalid(place, probe, answer)
        if answer.status not in _REFUSED:
            fresh = await _fresh(attack, role, form)
            before = attack.written()


async def _fresh(attack: Attack, role: Role | None, form: Form) -> Form:
    """The form as its page shows it now; as it was found when its record is gone."""
    answer = await attack.clients[role].send("GET", form.page)
    if answer.status == 303:
        answer = await (await attack.enter(role)).send("GET", form.page)
    found = {one.kind: one for one in read_page(form.page, answer).forms}
    if form.kind in found:
        return found[form.kind]
    token = attack.clients[role].csrf_token
    for control in form.controls:
        control.value = token if control.name == "csrf_token" else control.value
    return form


def _faults_of(answer: Answer) -> Iterator[str]:
    """What a refusal leaves unsaid."""
    text = answer.body.decode("utf-8")
    main = text.split("<main", 1)[-1].split("</main>", 1)[0]
    if not _JAPANESE.search(main):
        yield "says nothing in Japanese"
    if answer.status == 422 and not _FAULT.search(main):
        yield "names no fault"


def _invalid(place: str, probe: Probe, answer: Answer) -> list[str]:
    text = answer.body.decode("utf-8")
    if probe.what == "control characters":  # the form shows again what was typed, as it was typed
        text = _CONTROLS.sub("", text)
    try:
        check_html(text)
    except (InvalidHtmlError, UnicodeDecodeError) as error:
        return [f"{place} {error}"]
    return []
