"""The fields' names in the summary of errors: it stands above the fields, and lists each fault with its field's name.

The field macros note their names while a page is rendered; a page with errors is then rendered once more, and its
summary knows them. So no handler has to name its fields twice, and a name in the summary is always the field's own.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from jinja2 import Environment, Template

_names: ContextVar[dict[str, str] | None] = ContextVar("field_names", default=None)


def naming_fields(template: Template, variables: Mapping[str, Any]) -> str:
    """The rendered template; a second time when it shows errors, so that the summary names the fields below it."""
    token = _names.set({})
    try:
        first = template.render(variables)
        return template.render(variables) if variables.get("errors") and _names.get() else first
    finally:
        _names.reset(token)


def learn_field_names(environment: Environment) -> None:
    """Will give templates ``note_field(name, label)`` and ``with_field_name(name, message)``."""
    environment.globals.update(note_field=_note_field, with_field_name=_with_field_name)


def _note_field(name: str, label: str) -> str:
    names = _names.get()
    if names is not None:
        names.setdefault(name, str(label))
    return ""


def _with_field_name(name: str, message: str) -> str:
    """「納付回数: 1から12までの整数で入力してください。」; a message that says the name itself stays as it is."""
    label = (_names.get() or {}).get(name, "")
    return f"{label}: {message}" if label and label not in message else message
