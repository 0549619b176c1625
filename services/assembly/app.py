"""The web application: middleware, guards, routes, static files, put together from the list of slices."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import CacheControlHeader, State
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp

import tenants.web
from services.assembly.broker import sender
from services.assembly.manual import HANDLERS as MANUAL_HANDLERS
from services.assembly.modules import MODULES, action_labels, entitlement_labels, load_tables
from services.assembly.settings import Settings, file_policy, read_environment
from tenants.access.rules import SessionLimits
from tenants.api.description import describe
from tenants.api.rate import RateLimit
from tenants.audit.labels import learn_labels
from tenants.database.pool import create_pool
from tenants.files.policy import follow_policy
from tenants.storage import connect_storage
from tenants.web.headers import with_headers
from tenants.web.middleware import DoorMiddleware
from tenants.web.refusals import EXCEPTION_HANDLERS
from tenants.web.rendering import create_environment
from tenants.web.routes import AUDIENCE, Audience, Entry, audience_of, check_declared, guard
from tenants.web.visit import Site

_STATIC = Path(tenants.web.__file__).parent / "static"
_LARGEST_BODY = 2_000_000
"""Bytes of one form: a pasted table of 1,741 members stays below a tenth of it. Routes that take a file
add the longest file to it."""
_COLLECT_AFTER = (10_000, 20, 20)
"""New objects before the youngest are looked through, and how many such looks before the next older ones: a page makes
some thousands and drops nearly all by itself, so the interpreter's own 700 looks several times at each page."""
_STATIC_SECONDS = 31_536_000
"""A year: static addresses carry the hash of their content; a font that changes gets another name."""


def create_app() -> ASGIApp:
    """The application with the settings of the process environment; what the server starts."""
    app = build_app(read_environment())
    _settle_memory()
    return app


def _settle_memory() -> None:
    """Takes what stands for the life of the process out of the collector's sight, and lets it look less often.

    The modules, routes and models are some hundred thousand objects that never become garbage; walking them again
    and again cost requests several milliseconds now and then (``docs/performance.md``).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def build_app(settings: Settings) -> ASGIApp:
    """The application for ``settings``, inside the layer that puts security headers on every answer."""
    return with_headers(build_litestar(settings), secure=settings.secure_cookies)


def build_litestar(settings: Settings, *, extra_handlers: tuple[Any, ...] = ()) -> Litestar:
    """The Litestar application itself; ``extra_handlers`` let tests plant a route."""
    load_tables()
    learn_labels(action_labels())
    follow_policy(file_policy(settings))
    app = Litestar(
        route_handlers=[
            *_with_room(settings),
            *MANUAL_HANDLERS,
            *_static_files(),
            *extra_handlers,
        ],
        middleware=[DoorMiddleware()],
        guards=[guard],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[_pool],
        openapi_config=None,  # the description is made from our own declarations (tenants.api)
        request_max_body_size=_LARGEST_BODY,
        state=State(
            {
                "site": _site(settings),
                "templates": create_environment([one.templates for one in MODULES if one.templates]),
                "modules": MODULES,
                "navigation": tuple(entry for one in MODULES for entry in one.navigation),
                "module_labels": entitlement_labels(),
                "action_labels": action_labels(),
                "token_rate": RateLimit(),
            }
        ),
        debug=False,
    )
    check_declared(app)
    app.state.api_document = describe(app, version("yui"))
    return app


def _with_room(settings: Settings) -> list[Any]:
    """Every slice's handlers; where a path takes a file, all of that path stand in a router with room for one."""
    handlers = [handler for one in MODULES for handler in one.handlers]
    roomy = {path for one in handlers if audience_of(one).uploads for path in one.paths}
    large = [one for one in handlers if one.paths & roomy]
    room = settings.upload_max_bytes + _LARGEST_BODY
    plain = [one for one in handlers if not one.paths & roomy]
    return [*plain, Router("/", route_handlers=large, request_max_body_size=room)] if large else plain


@asynccontextmanager
async def _pool(app: Litestar) -> AsyncIterator[None]:
    """Opens the pool in the server's event loop and closes it at the end."""
    site: Site = app.state.site
    await site.pool.open()
    try:
        yield
    finally:
        await site.pool.close()


def _site(settings: Settings) -> Site:
    """What this process knows about its deployment; nothing is contacted yet."""
    return Site(
        pool=create_pool(settings.database_url, settings.pool_size),
        send=sender(settings.broker_url),
        storage=connect_storage(
            settings.s3_endpoint,
            settings.s3_region,
            settings.s3_access_key,
            settings.s3_secret_key,
            settings.s3_bucket,
        ),
        limits=SessionLimits(timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)),
        secret_key=settings.secret_key,
        secure_cookies=settings.secure_cookies,
        prefecture_name=settings.prefecture_name,
        is_demo=settings.sample_data,
        version=version("yui"),
    )


def _static_files() -> tuple[Router, ...]:
    """The product's own files and fonts; their addresses carry no secrets and open to anybody."""
    options: dict[str, Any] = {
        "opt": {AUDIENCE: Audience(Entry.OPEN)},
        "cache_control": CacheControlHeader(public=True, max_age=_STATIC_SECONDS),
        "include_in_schema": False,
        "send_as_attachment": False,
    }
    return (create_static_files_router(path="/static", directories=[_STATIC], **options),)
