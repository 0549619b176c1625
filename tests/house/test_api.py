"""The API is complete: every route is described with its verb, every act of a page has a counterpart or a reason."""

import re
from pathlib import Path
from typing import Any

import pytest

from services.assembly.app import build_litestar
from tenants.api.description import describe
from tenants.api.problems import CODES
from tenants.api.routes import DESCRIBED, VERSION, api_handlers, verbs_for
from tenants.api.rules import ANY_VERB, verb_labels
from tenants.context import Role
from tenants.web.routes import Entry, audience_of, every_handler
from tests.factories.browsers import settings_for
from tests.factories.databases import ClonedDatabase
from tests.house.sources import ROOT

COUNTERPARTS = {
    "/programs/{program_id:str}/levies": "POST /programs/{program_id:str}/levies",
    "/programs/{program_id:str}/reminders": "POST /programs/{program_id:str}/reminders",
    "/payments/{payment_id:str}/receipts": "POST /payments/{payment_id:str}/receipts",
    "/payments/{payment_id:str}/receipts/{receipt_id:str}/reversal": (
        "POST /payments/{payment_id:str}/receipts/{receipt_id:str}/reversal"
    ),
    "/payments/{payment_id:str}/reminders": "POST /payments/{payment_id:str}/reminders",
    "/programs": "POST /programs",
    "/programs/{program_id:str}": "PUT /programs/{program_id:str}",
    "/programs/{program_id:str}/members": "PUT /programs/{program_id:str}/members",
    "/programs/{program_id:str}/bases": "POST /programs/{program_id:str}/bases",
    "/programs/{program_id:str}/bases/{basis_id:str}": "PUT /programs/{program_id:str}/bases/{basis_id:str}",
    "/programs/{program_id:str}/bases/{basis_id:str}/values": (
        "PUT /programs/{program_id:str}/bases/{basis_id:str}/values"
    ),
    "/programs/{program_id:str}/bases/{basis_id:str}/deletion": (
        "DELETE /programs/{program_id:str}/bases/{basis_id:str}"
    ),
    "/programs/{program_id:str}/bases/{basis_id:str}/register/checks": (
        "POST /programs/{program_id:str}/bases/{basis_id:str}/register/checks"
    ),
    "/programs/{program_id:str}/bases/{basis_id:str}/register/reasons": (
        "PUT /programs/{program_id:str}/bases/{basis_id:str}/register/reasons"
    ),
    "/programs/{program_id:str}/bases/{basis_id:str}/register/previous": (
        "POST /programs/{program_id:str}/bases/{basis_id:str}/register/previous"
    ),
    "/programs/{program_id:str}/register-rule": "POST /programs/{program_id:str}/register-rule",
    "/programs/{program_id:str}/bases/{basis_id:str}/readings": (
        "POST /programs/{program_id:str}/bases/{basis_id:str}/adoptions"
    ),
    "/programs/{program_id:str}/keys": "POST /programs/{program_id:str}/keys",
    "/programs/{program_id:str}/keys/{key_id:str}": "PUT /programs/{program_id:str}/keys/{key_id:str}",
    "/programs/{program_id:str}/keys/{key_id:str}/deletion": "DELETE /programs/{program_id:str}/keys/{key_id:str}",
    "/programs/{program_id:str}/costs": "POST /programs/{program_id:str}/costs",
    "/programs/{program_id:str}/costs/{cost_id:str}": "PUT /programs/{program_id:str}/costs/{cost_id:str}",
    "/programs/{program_id:str}/costs/{cost_id:str}/deletion": "DELETE /programs/{program_id:str}/costs/{cost_id:str}",
    "/programs/{program_id:str}/grants": "POST /programs/{program_id:str}/grants",
    "/programs/{program_id:str}/grants/{grant_id:str}": "PUT /programs/{program_id:str}/grants/{grant_id:str}",
    "/programs/{program_id:str}/grants/{grant_id:str}/position": (
        "POST /programs/{program_id:str}/grants/{grant_id:str}/moves"
    ),
    "/programs/{program_id:str}/grants/{grant_id:str}/deletion": (
        "DELETE /programs/{program_id:str}/grants/{grant_id:str}"
    ),
    "/programs/{program_id:str}/grants/{grant_id:str}/procedure/steps": (
        "POST /programs/{program_id:str}/grants/{grant_id:str}/procedure/steps"
    ),
    "/programs/{program_id:str}/grants/{grant_id:str}/procedure/steps/{step_id:str}/correction": (
        "POST /programs/{program_id:str}/grants/{grant_id:str}/procedure/steps/{step_id:str}/corrections"
    ),
    "/programs/{program_id:str}/grants/{grant_id:str}/procedure/steps/{step_id:str}/confirmation": (
        "POST /programs/{program_id:str}/grants/{grant_id:str}/procedure/steps/{step_id:str}/confirmation"
    ),
    "/programs/{program_id:str}/grants/{grant_id:str}/procedure/lines/{cost_id:str}": (
        "PUT /programs/{program_id:str}/grants/{grant_id:str}/procedure/lines/{cost_id:str}"
    ),
    "/programs/{program_id:str}/grants/{grant_id:str}/procedure/checks": (
        "POST /programs/{program_id:str}/grants/{grant_id:str}/procedure/checks"
    ),
    "/programs/{program_id:str}/grants/{grant_id:str}/procedure/national-part": (
        "PUT /programs/{program_id:str}/grants/{grant_id:str}/procedure/national-part"
    ),
    "/programs/{program_id:str}/grants/{grant_id:str}/procedure/tax-accounts": (
        "POST /programs/{program_id:str}/grants/{grant_id:str}/procedure/tax-accounts"
    ),
    "/programs/{program_id:str}/grants/{grant_id:str}/procedure/tax-requests": (
        "POST /programs/{program_id:str}/grants/{grant_id:str}/procedure/tax-requests"
    ),
    "/tax-returns/{tax_request_id:str}": "POST /tax-returns/{tax_request_id:str}/reports",
    "/tax-returns/{tax_request_id:str}/decision": "POST /tax-returns/{tax_request_id:str}/decision",
    "/programs/{program_id:str}/grants/{grant_id:str}/procedure/deadlines": (
        "PUT /programs/{program_id:str}/grants/{grant_id:str}/procedure/deadlines"
    ),
    "/programs/{program_id:str}/runs": "POST /programs/{program_id:str}/runs",
    "/programs/{program_id:str}/departures": "POST /programs/{program_id:str}/departures",
    "/programs/{program_id:str}/departures/{departure_id:str}/deletion": (
        "POST /programs/{program_id:str}/departures/{departure_id:str}/deletion"
    ),
    "/programs/{program_id:str}/calendar": "PUT /programs/{program_id:str}/calendar",
    "/runs/{run_id:str}/submission": "POST /runs/{run_id:str}/submission",
    "/runs/{run_id:str}/notices": "POST /runs/{run_id:str}/notices",
    "/runs/{run_id:str}/approval": "POST /runs/{run_id:str}/approval",
    "/runs/{run_id:str}/return": "POST /runs/{run_id:str}/return",
    "/runs/{run_id:str}/withdrawal": "POST /runs/{run_id:str}/withdrawal",
    "/statements/{statement_id:str}/disputes": "POST /statements/{statement_id:str}/disputes",
    "/disputes/{dispute_id:str}/replies": "POST /disputes/{dispute_id:str}/replies",
    "/disputes/{dispute_id:str}/closure": "POST /disputes/{dispute_id:str}/closure",
    "/programs/{program_id:str}/scenarios": "POST /programs/{program_id:str}/scenarios",
    "/programs/{program_id:str}/scenarios/{scenario_id:str}": (
        "PUT /programs/{program_id:str}/scenarios/{scenario_id:str}"
    ),
    "/programs/{program_id:str}/scenarios/{scenario_id:str}/parts/{part:str}": (
        "PUT /programs/{program_id:str}/scenarios/{scenario_id:str}"
    ),
    "/programs/{program_id:str}/scenarios/{scenario_id:str}/deletion": (
        "DELETE /programs/{program_id:str}/scenarios/{scenario_id:str}"
    ),
    "/programs/{program_id:str}/scenarios/{scenario_id:str}/adoption": (
        "POST /programs/{program_id:str}/scenarios/{scenario_id:str}/adoption"
    ),
    "/jobs/{job_id:str}/attempts": "POST /jobs/{job_id:str}/attempts",
    "/jobs/{job_id:str}/cancellation": "POST /jobs/{job_id:str}/cancellation",
}
"""Act of a page → the API's operation that does the same."""
PERSONAL = "what a person does for their own account in a browser; a token must never widen or prolong itself"
PEOPLE = "people and their roles are changed by an administrator in a live session with a second factor"
WITHOUT: dict[str, str] = {
    "/programs/{program_id:str}/dispute-period": "how long members may object is decided once a program, by a person",
    "/programs/{program_id:str}/bases/{basis_id:str}/preview": "reads pasted text; a program sends values",
    "/programs/{program_id:str}/bases/{basis_id:str}/paste": "reads pasted text; a program sends values",
    "/programs/{program_id:str}/bases/{basis_id:str}/evidence": (
        "a paper that proves a figure is chosen by somebody who looks at it"
    ),
    "/programs/{program_id:str}/collection": "what a paper says in law is decided by somebody who reads the form",
    "/programs/{program_id:str}/grants/{grant_id:str}/procedure/lines/{cost_id:str}/evidence": (
        "a scanned paper is chosen by somebody who looks at it"
    ),
    "/programs/{program_id:str}/grants/{grant_id:str}/procedure/steps/{step_id:str}/files": (
        "a scanned paper is chosen by somebody who looks at it"
    ),
    "/verify": "anybody who holds a paper checks it without an account; a program compares the hashes the API gives",
    "/sign-in": PERSONAL,
    "/sign-out": PERSONAL,
    "/second-factor": PERSONAL,
    "/organisation": PERSONAL,
    "/me": PERSONAL,
    "/password": PERSONAL,
    "/links": PERSONAL,
    "/tokens": PERSONAL,
    "/notices": PERSONAL,
    "/mailbox": PERSONAL,
    "/drafts": PERSONAL,
    "/people": PEOPLE,
    "/access": PEOPLE,
    "/welcome": PERSONAL,
    "/mails": "a mail that was not delivered is sent again by somebody who has looked at it",
    "/invitations": PEOPLE,
    "/transfers": PEOPLE,
    "/reviews": PEOPLE,
    "/support": "support access needs a person's reason and a live session",
    "/views": "saved views arrange a page",
    "/views/{view_id:str}": "saved views arrange a page",
    "/exports": "large exports are files for people; a program reads the list page by page",
    "/imports": "reads spreadsheets; a program sends values",
    "/files": "files are asked for from pages; a program reads them at once",
    "/tenants/{tenant_id:str}/quota": "an organisation's limit is set by somebody who looks at what it uses",
    "/letterhead": "a picture is chosen by somebody who looks at it",
}
"""Beginning of the address of an act of a page → why programs cannot do it."""


@pytest.fixture
def litestar(empty_database: ClonedDatabase) -> Any:
    """The application, not running."""
    return build_litestar(settings_for(empty_database))


class TestTheDescription:
    def test_holds_every_route_with_its_verb(self, litestar: Any):
        document = litestar.state.api_document
        handlers = api_handlers(litestar)
        assert len(handlers) > 50
        for handler in handlers:
            audience = audience_of(handler)
            path = re.sub(r"\{(\w+):str\}", r"{\1}", min(handler.paths))
            one = document["paths"][path][min(handler.http_methods - {"HEAD", "OPTIONS"}).lower()]
            assert one["security"] == [{"token": [audience.verb] if audience.verb else []}]
            assert one["x-roles"] == [role.value for role in Role if role in audience.roles]
            assert re.search(r"[ぁ-んァ-ヶ一-龠]", one["summary"])
            described = handler.opt[DESCRIBED]
            assert (described.body is None) == ("requestBody" not in one)
            assert described.body is None or one["requestBody"]["content"]["application/json"]["example"]
        counted = sum(len(methods) for methods in document["paths"].values())
        assert counted == len(handlers)

    def test_is_the_only_way_below_the_api(self, litestar: Any):
        for handler in every_handler(litestar):
            below = any(path.startswith("/api") for path in handler.paths)
            assert below == (DESCRIBED in handler.opt) == (audience_of(handler).entry is Entry.TOKEN), handler

    def test_is_the_same_every_time_and_leads_nowhere_wrong(self, litestar: Any):
        document = litestar.state.api_document
        assert describe(litestar, document["info"]["version"]) == document
        names = set(re.findall(r"#/components/(\w+/[\w.-]+)", str(document)))
        for name in names:
            group, one = name.split("/")
            assert one in document["components"][group], name
        ids = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
        assert len(ids) == len(set(ids))

    def test_knows_acts_by_their_method(self, litestar: Any):
        for handler in api_handlers(litestar):
            described, method = handler.opt[DESCRIBED], min(handler.http_methods - {"HEAD", "OPTIONS"})
            assert described.once == (method == "POST"), handler
            assert described.if_match == (method in {"PUT", "DELETE"}), handler


class TestVerbs:
    def test_are_the_ones_the_routes_ask_for(self, litestar: Any):
        asked = {audience_of(one).verb for one in api_handlers(litestar)} - {ANY_VERB}
        assert asked == set(verb_labels())
        free = {min(one.paths) for one in api_handlers(litestar) if audience_of(one).verb == ANY_VERB}
        assert free == {f"{VERSION}/token", f"{VERSION}/openapi.json"}

    def test_are_offered_to_those_who_can_use_them(self, litestar: Any):
        assert "runs:decide" in verbs_for(litestar, Role.PREFECTURE_FINANCE)
        assert verbs_for(litestar, Role.TOWN_FINANCE) == {
            "statements:read",
            "disputes:read",
            "disputes:write",
            "taxreturns:read",
            "taxreturns:write",
            "jobs:read",
            "jobs:write",
        }
        assert verbs_for(litestar, Role.CONSULTANT) == frozenset()


class TestEveryActOfAPage:
    def test_has_a_counterpart_or_a_reason(self, litestar: Any):
        operations = {
            f"{method} {path.removeprefix(VERSION)}"
            for one in api_handlers(litestar)
            for path in one.paths
            for method in one.http_methods
        }
        assert sorted(set(COUNTERPARTS.values()) - operations) == []
        acts = {
            path
            for handler in every_handler(litestar)
            if audience_of(handler).entry is not Entry.TOKEN and "POST" in handler.http_methods
            for path in handler.paths
        }
        assert sorted(COUNTERPARTS.keys() - acts) == []
        alone = {path for path in acts - COUNTERPARTS.keys() if not path.startswith(tuple(WITHOUT))}
        assert sorted(alone) == [], "give it an operation of the API, or say here why programs cannot do it"


class TestCodes:
    def test_stand_in_the_manual(self):
        page = Path(ROOT / "docs/manual/61-errors.md").read_text(encoding="utf-8")
        assert [code for code in CODES if f"`{code}`" not in page] == []
