"""The four kinds of error and no more; ``tenants.web`` maps each to a status and a page once."""

from collections.abc import Mapping


class YuiError(Exception):
    """An expected refusal: a stable ``code`` for machines and a Japanese ``message`` for the person.

    ``fields`` maps a form field's name to what is wrong with it, in Japanese.
    """

    def __init__(self, code: str, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = dict(fields or {})


class NotFound(YuiError):  # noqa: N818  (the house's word: an outcome, not a fault)
    """The record does not exist, or not for this tenant: both answer byte for byte the same."""

    def __init__(self, code: str = "not-found", message: str = "お探しのページまたは記録は見つかりません。") -> None:
        super().__init__(code, message)


class NotAllowed(YuiError):  # noqa: N818
    """The person may see that this exists but may not do it in the present role."""

    def __init__(self, code: str = "not-allowed", message: str = "この操作を行う権限がありません。") -> None:
        super().__init__(code, message)


class Conflict(YuiError):  # noqa: N818
    """The record's state, or somebody else's change, does not allow this now."""


class Invalid(YuiError):  # noqa: N818
    """What was sent is wrong; ``fields`` says where."""
