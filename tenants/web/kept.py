"""What is worked out once from content that never changes, kept in the process by the hash of that content.

Only for content the database itself holds frozen, and only behind this request's own read of the row that carries the
hash: row-level security has then already decided that the person may see it. Whoever reads the same hash reads the
same content, so nothing of one tenant can reach another through here.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar, cast

Value = TypeVar("Value")
_MISSING: Any = object()
"""Stands where nothing is kept; None may be a kept value."""


class Kept(Generic[Value]):
    """The ``most`` values asked for last, by key; the key names every hash and number the value depends on."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The kept value of ``key``, made now when it is new; the one asked for longest ago gives way."""
        value = self._values.get(key, _MISSING)
        if value is _MISSING:
            return self.keep(key, make())
        self._values.move_to_end(key)  # keys of fifty rows a page are long: each is hashed twice, not three times
        return cast(Value, value)

    def keep(self, key: Hashable, value: Value) -> Value:
        """Will keep a new value, for one that has to be waited for before it is there; answers it."""
        self._values[key] = value
        if len(self._values) > self._most:
            self._values.popitem(last=False)
        return value

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)
