"""Pages of readings: what services measured beside the values that stand, and taking it over."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.bases import queries as bases
from billing.bases.pages import EDITORS, program_and_basis
from billing.bases.readings import operations, queries
from billing.bases.readings.rules import Offer, Series, offers, proposed
from billing.bases.rules import BasisView
from billing.bases.tabs import basis_views
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from tenants.calendar import japanese_date
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, status_of
from tenants.web.modules import Module
from tenants.web.rendering import percent
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.visit import visit

_READINGS = "/programs/{program_id:str}/bases/{basis_id:str}/readings"
say_when_done(
    {
        "readings-adopted": "計測値を取り込みました。別の担当者が登録簿で確認してください。",
        "readings-same": "選んだ計測値は、すでに取り込まれています。",
    }
)


@page(_READINGS, roles=PREFECTURE)
async def reading_list(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Readings in the basis's unit beside the values."""
    program, basis = await program_and_basis(program_id, basis_id)
    return await _readings(request, program, basis, request.query_params.get("series", ""))


@act(_READINGS, roles=EDITORS)
async def adopt_readings(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Makes the readings ticked the values of their members."""
    form, here = await read_form(request), visit(request)
    program, basis = await program_and_basis(program_id, basis_id)
    try:
        async with savepoint():
            ids = [positive_id(text) for text in form.all("reading")]
            version = positive_id(form.get("version", ""))
            changed = await operations.adopt_readings(here.context, program.id, basis.id, ids, version, here.now)
    except (Invalid, Conflict) as refused:
        return await _readings(request, program, basis, form.get("series", ""), form.all("reading"), refused)
    where = f"/programs/{program.id}/bases/{basis.id}"
    return see_other(
        f"{where}/{'register' if changed else 'readings'}", done=f"readings-{'adopted' if changed else 'same'}"
    )


async def _readings(
    request: Request[Any, Any, Any],
    program: ProgramView,
    basis: BasisView,
    wanted: str,
    ticked: Collection[str] | None = None,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    series = await queries.series(basis.unit)
    chosen = next((one for one in series if one.key == wanted), None) or proposed(series, basis.name, basis.as_of)
    values = await bases.member_values(program.id, basis.id)
    readings = await queries.current_readings(chosen.quantity, chosen.unit, chosen.as_of) if chosen else {}
    here = f"/programs/{program.id}/bases"
    return render(
        request,
        "readings/page.html",
        title=f"{basis.name} 計測値",
        lead="業務のシステムから届いた数量です。選んで取り込むと、この按分基準の値になります。",
        breadcrumb=program_trail(program, ("按分基準", here), (basis.name, f"{here}/{basis.id}"), ("計測値", None)),
        help_page="basis-register",
        status=status_of(refused),
        errors=field_messages(refused),
        tabs=program_tabs(program, "/bases"),
        views=basis_views(program.id, basis.id, "/readings"),
        here=f"{here}/{basis.id}/readings",
        basis=basis,
        may_edit=visit(request).context.role in EDITORS,
        series=[(one.key, _words(one)) for one in series],
        chosen=chosen,
        other_day=chosen is not None and chosen.as_of != basis.as_of,
        rows=[_row(one, ticked) for one in offers(values, readings)],
    )


def _words(one: Series) -> str:
    return f"{one.quantity}({one.unit}) {japanese_date(one.as_of)}現在 {one.members}団体"


def _row(offer: Offer, ticked: Collection[str] | None) -> dict[str, Any]:
    reading, rate = offer.reading, offer.rate
    adoptable = reading is not None and not offer.is_adopted
    return {
        "name": offer.value.name,
        "shown": offer.value.shown or None,
        "reading": reading,
        "change": None if rate is None else f"{'+' if rate > 0 else ''}{percent(rate, 1)}",
        "is_adopted": offer.is_adopted,
        "ticked": adoptable if ticked is None else reading is not None and str(reading.id) in ticked,
    }


MODULE = Module(
    name="readings",
    handlers=(reading_list, adopt_readings),
    templates=Path(__file__).parent / "templates",
    action_labels={"post_reading": "計測値を受信"},
)
