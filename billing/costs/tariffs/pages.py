"""The page of a cost's price list, and what the cost form offers for one; the routes belong to the slice of costs."""

from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.apportionment.terms import EQUAL_BASIS
from billing.bases import queries as bases
from billing.bases.rules import EQUAL_NAME
from billing.costs import queries
from billing.costs.rules import CostInput, CostView
from billing.costs.tariffs import forms
from billing.costs.tariffs.preview import PricesPreview, prices_preview
from billing.costs.tariffs.rules import FORMS, MONTHS, WITHIN, basis_word, tariff_sentence
from billing.programs import queries as programs
from billing.programs.rules import ROUNDING_MODES
from billing.programs.tabs import program_tabs, program_trail
from tenants.context import Role
from tenants.errors import NotFound
from tenants.web.answers import render
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE, page
from tenants.web.visit import visit


@page("/programs/{program_id:str}/costs/{cost_id:str}/prices", roles=PREFECTURE)
async def cost_prices(
    request: Request[Any, Any, Any], program_id: FromPath[str], cost_id: FromPath[str]
) -> Response[Any]:
    """What a cost's tariff charges every member, with the values as they are now."""
    program = await programs.program(positive_id(program_id))
    cost = await queries.cost(program.id, positive_id(cost_id))
    prices = await prices_of(program.id, cost)
    if prices is None or cost.tariff is None:
        raise NotFound
    here = f"/programs/{program.id}/costs"
    names = {one.id: one.name for one in await bases.bases(program.id)}
    may_edit = visit(request).context.role is Role.PREFECTURE_FINANCE
    return render(
        request,
        "costs/prices.html",
        title=f"{cost.name}の料金",
        lead=tariff_sentence(cost.tariff, basis_word(cost.tariff, names)),
        breadcrumb=program_trail(program, ("経費", here), (f"{cost.name}の料金", None)),
        help_page="apportionment",
        tabs=program_tabs(program, "/costs"),
        prices=prices,
        edit_url=f"{here}/{cost.id}/edit" if may_edit else None,
    )


async def prices_of(program_id: int, cost: CostInput | CostView) -> PricesPreview | None:
    """What the tariff charges every member, with the values as they are now; None without a tariff."""
    if cost.tariff is None:
        return None
    members, values = await programs.members(program_id), await bases.basis_values(program_id)
    net_yen = cost.amount_yen - cost.revenue_yen
    return prices_preview(cost.tariff, net_yen, members, await bases.bases(program_id), values)


async def tariff_choices(program_id: int, rows: list[int]) -> dict[str, Any]:
    """What the tariff's part of the form offers."""
    return {
        "rows": rows,
        "may_have_more": len(rows) < len(forms.ROWS),
        "bases": [
            (EQUAL_BASIS, f"{EQUAL_NAME}(どの団体も1)"),
            *((str(one.id), f"{one.name}({one.unit})") for one in await bases.bases(program_id)),
        ],
        "forms": list(FORMS.items()),
        "months": list(MONTHS.items()),
        "within": list(WITHIN.items()),
        "modes": list(ROUNDING_MODES.items()),
        "tax_rates": list(forms.TAX_RATES.items()),
    }
