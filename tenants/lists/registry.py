"""Every list by its name, so that saved views, exports and jobs find it again."""

from collections.abc import Callable

from tenants.lists.rules import ListSpec

_REGISTERED: dict[str, ListSpec] = {}


def register(spec: ListSpec) -> ListSpec:
    """Makes a list known by its name, so that jobs and saved views find it again."""
    if spec.name in _REGISTERED:
        raise ValueError(f"the list {spec.name} is registered twice")
    _REGISTERED[spec.name] = spec
    return spec


_FAMILIES: dict[str, Callable[[int], ListSpec]] = {}
_LARGEST_ID = 2**63 - 1
_DIGITS = 19


def register_family(name: str, build: Callable[[int], ListSpec]) -> None:
    """Makes the lists of one kind known, one for each record: ``costs/12`` is the list of costs of program 12.

    ``build`` makes the list of a record without looking whether it is there: of one that is not, or is another's, the
    walls leave no rows.
    """
    if _FAMILIES.setdefault(name, build) is not build:
        raise ValueError(f"the lists {name} are registered twice")


def registered(name: str) -> ListSpec | None:
    """The list of that name."""
    family, _, number = name.partition("/")
    if (
        family in _FAMILIES
        and number.isascii()
        and number.isdigit()
        and len(number) <= _DIGITS
        and int(number) <= _LARGEST_ID
    ):
        return _FAMILIES[family](int(number))
    return _REGISTERED.get(name)
