"""Routes, jobs, actions, errors: what is declared is what exists."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from services.assembly.app import build_litestar
from services.assembly.commands import QUEUES
from services.assembly.modules import JOB_MODULES, MODULES, TABLE_MODULES, action_labels, load_jobs
from tenants.api.routes import VERSION
from tenants.context import Role
from tenants.jobs import runner
from tenants.jobs.rules import Queue
from tenants.web.modules import current_entry
from tenants.web.routes import AUDIENCE, EVERYBODY, WITH_ROLE, Audience, Entry, every_handler, reach
from tests.factories.browsers import settings_for
from tests.factories.databases import ClonedDatabase
from tests.house.sources import argument, called, modules, nodes, text_of

LONGEST_JOB_SECONDS = 1_800
"""The worker's own outer bound."""
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ERRORS = {"YuiError", "NotFound", "NotAllowed", "Conflict", "Invalid", "Complaint"}
STABLE_CODES = {
    "already-exists",
    "already-posted",
    "bad-idempotency-key",
    "bad-text",
    "bad-value",
    "changed-meanwhile",
    "duplicate-code",
    "duplicate-name",
    "duplicate-title",
    "edited-meanwhile",
    "email-taken",
    "forged-request",
    "idempotency-key-reused",
    "negative-net",
    "not-allowed",
    "not-found",
    "required",
    "role-taken",
    "same-person",
    "sign-in-refused",
    "still-in-use",
    "too-long",
}
"""Codes that machines may already rely on: a code may be added, none may change or go."""


@pytest.fixture
def litestar(empty_database: ClonedDatabase) -> Any:
    """The application, not running."""
    return build_litestar(settings_for(empty_database))


class TestRoutes:
    def test_say_who_may_use_them(self, litestar: Any):
        handlers = every_handler(litestar)
        assert len(handlers) > 20
        for handler in handlers:
            audience = handler.opt.get(AUDIENCE)
            assert isinstance(audience, Audience), handler
            assert (audience.entry in WITH_ROLE) == bool(audience.roles), handler
            assert (audience.entry is Entry.TOKEN) == any(path.startswith(VERSION) for path in handler.paths), handler

    def test_read_with_get_and_act_with_post(self, litestar: Any):
        for handler in every_handler(litestar):
            methods = handler.http_methods - {"OPTIONS", "HEAD"}
            if handler.opt[AUDIENCE].entry is Entry.TOKEN:
                assert methods in ({"GET"}, {"POST"}, {"PUT"}, {"DELETE"}), (handler, methods)
                continue
            assert methods in ({"GET"}, {"POST"}, set()), (handler, methods)
            if methods == {"POST"}:
                assert handler.status_code == 303, handler

    def test_that_are_the_frameworks_own_only_name_methods(self, litestar: Any):
        for route in litestar.routes:
            for handler in getattr(route, "route_handlers", []):
                if getattr(handler, "http_methods", set()) == {"OPTIONS"}:
                    assert handler.fn.__module__ == "litestar.routes.http", handler

    def test_are_all_listed_by_a_slice(self, litestar: Any):
        listed = {id(handler.fn) for one in MODULES for handler in one.handlers}
        strangers = [handler for handler in every_handler(litestar) if id(handler.fn) not in listed]
        outside = {handler.fn.__module__ for handler in strangers}
        assert outside <= {"services.assembly.manual", "litestar.static_files.config"}, outside

    def test_of_every_page_module_are_listed(self):
        """A handler that was written and not listed does not exist."""
        declared = [
            f"{path}:{node.name}"
            for path, node in nodes(ast.AsyncFunctionDef)
            for decorator in node.decorator_list
            if isinstance(decorator, ast.Call)
            and called(decorator) in {"page", "act", "open_page", "open_act", "api_read", "api_act"}
        ]
        listed = {handler.fn.__qualname__ for one in MODULES for handler in one.handlers}
        forgotten = [one for one in declared if one.split(":")[1] not in listed and "assembly/manual" not in one]
        assert forgotten == []
        assert len(declared) > 20

    def test_open_without_a_session_are_few_and_known(self, litestar: Any):
        open_paths = {
            path
            for handler in every_handler(litestar)
            if handler.opt[AUDIENCE].entry not in WITH_ROLE
            for path in handler.paths
        }
        assert open_paths <= {
            "/sign-in",
            "/welcome/{token:str}",
            "/invitations",
            "/invitations/{token:str}",
            "/status",
            "/verify",
            "/verify/file",
            "/manual",
            "/manual/{name:str}",
            "/manual/pictures/{name:str}",
            "/static/{file_path:path}",
            "/{file_path:path}",
            "/",
        }, "a page that anybody may open: add it here on purpose"

    def test_let_every_role_come_home_and_leave(self, litestar: Any):
        audiences = {(next(iter(one.paths)), *one.http_methods): one.opt[AUDIENCE] for one in every_handler(litestar)}
        for role in Role:
            reached = {key[0] for key, audience in audiences.items() if reach(audience, role)}
            assert {"/", "/sign-out", "/organisation"} <= reached, role
        assert frozenset(Role) == EVERYBODY

    def test_stand_behind_every_line_of_the_navigation(self, litestar: Any):
        pages = {
            path: one.opt[AUDIENCE]
            for one in every_handler(litestar)
            if "GET" in one.http_methods
            for path in one.paths
        }
        for module in MODULES:
            for entry in module.navigation:
                assert entry.url in pages, entry
                assert entry.roles <= pages[entry.url].roles, entry

    def test_of_money_each_belong_to_a_line_of_the_navigation_of_their_readers(self, litestar: Any):
        entries = [entry for module in MODULES for entry in module.navigation]
        without = {
            (path, role)
            for one in every_handler(litestar)
            if "GET" in one.http_methods and one.fn.__module__.startswith("billing.")
            for path in one.paths
            if not path.startswith(("/api/", "/verify"))  # programs have no navigation; strangers check papers
            for role in one.opt[AUDIENCE].roles
            if current_entry([entry for entry in entries if role in entry.roles], path) is None
        }
        assert not without


class TestModules:
    def test_list_every_file_of_tables_and_jobs(self):
        files = {path.removesuffix(".py").replace("/", ".") for path in modules()}
        tables = {
            path.removesuffix(".py").replace("/", ".")
            for path in modules()
            if Path(path).name == "tables.py" and path != "tenants/database/tables.py"
        }
        assert set(TABLE_MODULES) == tables
        jobs = {
            path.removesuffix(".py").replace("/", ".")
            for path, node in nodes((ast.FunctionDef, ast.AsyncFunctionDef))
            for decorator in node.decorator_list
            if isinstance(decorator, ast.Call) and called(decorator) == "job"
        }
        assert set(JOB_MODULES) == jobs
        assert set(JOB_MODULES) <= files

    def test_give_every_action_of_the_trail_a_japanese_word(self):
        actions = {
            text: path
            for path, node in nodes(ast.Call)
            if called(node) == "record" and (text := text_of(argument(node, 1, "action"))) is not None
        }
        assert len(actions) > 8
        labels = action_labels()
        assert {action: path for action, path in actions.items() if action not in labels} == {}
        assert all(re.search(r"[ぁ-んァ-ヶ一-龠]", label) for label in labels.values())


class TestJobs:
    def test_have_a_queue_that_is_consumed_and_a_limit(self):
        load_jobs()
        assert set(QUEUES) == {queue.value for queue in Queue}
        for name, definition in runner.definitions().items():
            assert re.fullmatch(r"[a-z_]+(\.[a-z_]+){2}", name), name
            assert definition.queue.value in QUEUES, name
            assert 0 < definition.time_limit_seconds <= LONGEST_JOB_SECONDS, name

    def test_asked_for_by_name_exist(self):
        load_jobs()
        asked = {
            text: path
            for path, node in nodes(ast.Call)
            if called(node) == "enqueue" and (text := text_of(argument(node, 1, "name"))) is not None
        }
        assert {name: path for name, path in asked.items() if name not in runner.definitions()} == {}

    def test_are_declared_once(self):
        async def work(_: Any) -> None: ...

        runner.job("tests.house.once", queue=Queue.QUICK, time_limit_seconds=1)(work)
        try:
            with pytest.raises(ValueError, match="declared twice"):
                runner.job("tests.house.once", queue=Queue.QUICK, time_limit_seconds=1)(work)
        finally:
            runner._DEFINITIONS.pop("tests.house.once")


class TestSteppingAside:
    def test_is_for_the_slices_that_administer_people(self):
        callers = {path for path, node in nodes(ast.Call) if called(node) == "as_identity"}
        allowed = tuple(f"tenants/{slice_}/" for slice_ in STEPPING_ASIDE)
        assert {path for path in callers if not path.startswith(allowed)} == set()


STEPPING_ASIDE = ("access", "second_factor", "people", "transfers", "reviews", "api", "mail", "support")
"""Slices whose operations reach people and sessions from a tenant's transaction (``as_identity``)."""


class TestErrors:
    def test_carry_codes_that_stay(self):
        codes = _codes()
        assert {code: path for code, path in codes.items() if not _CODE.fullmatch(code)} == {}
        assert sorted(set(STABLE_CODES) - codes.keys()) == []

    def test_are_of_four_kinds(self):
        kinds = {
            node.name
            for _, node in nodes(ast.ClassDef)
            if any(isinstance(base, ast.Name) and base.id == "YuiError" for base in node.bases)
        }
        assert kinds == {"NotFound", "NotAllowed", "Conflict", "Invalid"}


def _codes() -> dict[str, str]:
    """Every literal code of an error or complaint, with a module that uses it."""
    found: dict[str, str] = {}
    for path, node in nodes(ast.Call):
        if called(node) in _ERRORS or called(node) == "note":
            code = text_of(argument(node, 2 if called(node) == "note" else 0, "code"))
            if code:
                found.setdefault(code, path)
    for path, node in nodes(ast.ClassDef):
        for call in (one for one in ast.walk(node) if isinstance(one, ast.Call) and called(one) == "__init__"):
            code = text_of(argument(call, 0, "code"))
            if code and node.bases and path != "tenants/errors.py":
                found.setdefault(code, path)
    found.setdefault("not-found", "tenants/errors.py")
    found.setdefault("not-allowed", "tenants/errors.py")
    return found
