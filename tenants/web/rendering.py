"""Page rendering: the Jinja environment, how figures and dates are written, and what the page frame needs.

Every page extends ``frame.html`` and is rendered with these variables (the file repeats them at its top):

``page``             a `Page`: title, lead sentence, breadcrumb, the time of rendering
``viewer``           a `Viewer`, or None before sign-in
``navigation``       a sequence of `NavigationItem`, the modules the organisation is entitled to
``notices``          a sequence of `Notice` (what just happened), shown above the content
``prefecture_name``  e.g. 兵庫県
``request_id``       the number a person quotes when asking for help
``is_demo``          True shows the strip saying that the data are samples
``help_url``         the manual page that explains this page, or None
``unread``           optional: how many announcements are unread (0 or absent shows nothing)

A page with a form also passes ``errors``, a mapping of field name to message (`YuiError.fields`); the macros
in ``templates/macros/`` say at their top what they take. All objects may be any with these attributes.
"""

import hashlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Literal

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup

from tenants.calendar import JST, fiscal_year_label, japanese_date, japanese_date_with_weekday
from tenants.web.cells import CellFilters, option_lines
from tenants.web.field_names import learn_field_names
from tenants.web.kept import Kept

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"

CellKind = Literal["text", "code", "figure", "yen", "percent", "date", "datetime", "status", "actions", "custom"]
StatusKind = Literal["neutral", "progress", "success", "warning", "danger"]
NoticeKind = Literal["success", "warning", "error", "info"]


@dataclass(frozen=True, slots=True)
class Status:
    """A state as people read it: the word and the kind that chooses shape and colour."""

    label: str
    kind: StatusKind = "neutral"


@dataclass(frozen=True, slots=True)
class Page:
    """What the frame says about a page; ``breadcrumb`` is (label, url), the last bare; ``now`` is aware."""

    title: str
    now: datetime
    lead: str = ""
    breadcrumb: Sequence[tuple[str, str | None]] = ()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking, and for which organisation."""

    person_name: str
    role_label: str
    tenant_name: str
    csrf_token: str
    can_switch: bool = False
    starts_jobs: bool = True
    """Whether the list of jobs is for this role: outsiders have none."""


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One module in the row below the header."""

    label: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence about what just happened."""

    kind: NoticeKind
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table macro; ``templates/macros/tables.html`` says what each kind takes."""

    key: str
    label: str
    kind: CellKind = "text"
    row_header: bool = False
    url_key: str = ""
    unit: str = ""


class _MacroTemplate(Template):
    """Macros take everything as arguments, so an imported file is made once and not compared with each page's names."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:  # noqa: ARG002  (Jinja's signature)
        return super()._get_default_module()


def create_environment(template_directories: Sequence[Path] = ()) -> Environment:
    """Give the environment that renders every page: the frame's templates first, then each slice's directory.

    A name is looked up in the order of the directories, so a slice keeps its templates under its own folder
    name (``consultations/ticket.html``). Undefined variables raise; everything is escaped.
    """
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(path) for path in (TEMPLATES, *template_directories)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # templates are part of the installed product; looking for newer ones costs every page
    )
    environment.template_class = _MacroTemplate
    environment.filters.update(
        yen=yen,
        figure=figure,
        percent=percent,
        wareki=japanese_date,
        weekday=japanese_date_with_weekday,
        jst=jst,
        fiscal_year=fiscal_year_label,
    )
    cells = CellFilters(
        {
            "figure": figure,
            "yen": figure,
            "percent": percent,
            "date": japanese_date,
            "datetime": jst,
        }
    )
    environment.filters.update(
        laid_out=cells.laid_out,
        plain_cell=cells.plain_cell,
        cell_value=cells.cell_value,
        option_lines=option_lines,
    )
    environment.globals["asset"] = create_asset(STATIC)
    environment.globals["drawn_once"] = create_drawn_once()
    learn_field_names(environment)
    return environment


def create_drawn_once() -> Callable[..., Markup]:
    """Give the ``drawn_once`` function of templates: what ``macro(*values)`` draws, kept by the macro and its values.

    Only for macros of an imported file, which take everything as values, and for plain hashable values: whoever reads
    the kept text has brought every value that stands in it.
    """
    # The parts above a list are 1 kB each, a filter with a hundred choices 8 kB: at most some 2 MB of a process.
    drawn: Kept[Markup] = Kept(1_000)

    def drawn_once(macro: Callable[..., Markup], *values: Hashable) -> Markup:
        return drawn.get((macro, *values), lambda: macro(*values))

    return drawn_once


def create_asset(directory: Path) -> Callable[[str], str]:
    """Give the ``asset`` function of templates: ``yui.js`` becomes ``/static/yui.js?v=<hash of its bytes>``.

    Raises FileNotFoundError for a file that is not in ``directory``, so a page never points into the void.
    """

    @cache
    def asset(path: str) -> str:
        # Twelve hex digits (48 bits): two versions of one file will not meet, and the address stays readable.
        version = hashlib.sha256((directory / path).read_bytes()).hexdigest()[:12]
        return f"/static/{path}?v={version}"

    return asset


def figure(value: int | Decimal) -> str:
    """Write a number with thousands separators, △ before a negative one as Japanese accounts do: △1,234."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"a figure is an int or a Decimal, not {type(value).__name__}")
    return f"△{-value:,}" if value < 0 else f"{value:,}"


def yen(value: int | Decimal) -> str:
    """Write whole yen: 1,234円, △1,234円. Raises ValueError for a fraction of a yen."""
    if isinstance(value, Decimal):
        if value != value.to_integral_value():
            raise ValueError(f"{value} is not a whole number of yen")
        value = int(value)
    return f"{figure(value)}円"


def percent(value: Fraction | Decimal | int | str, digits: int = 4) -> str:
    """Write a share (1 is the whole) as a percentage rounded half up: 123/15142 becomes ``0.8123 %``.

    Takes exact values only, also as text (``"123/15142"``, ``"0.5"``): a float shows digits nobody computed.
    """
    if isinstance(value, float):
        raise TypeError("a share is exact, never a float")
    scale = 10**digits
    scaled = abs(Fraction(value)) * 100 * scale
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    whole, rest = divmod(units, scale)
    sign = "△" if Fraction(value) < 0 and units else ""
    return f"{sign}{whole:,}.{rest:0{digits}d} %" if digits else f"{sign}{whole:,} %"


def jst(value: datetime) -> str:
    """Write a moment as the clock in Japan shows it: 令和6年11月18日 14:05.

    Raises ValueError without a time zone.
    """
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    local = value.astimezone(JST)
    return f"{japanese_date(local)} {local:%H:%M}"
