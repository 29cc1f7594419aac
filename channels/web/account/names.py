"""A citizen's name, as forms ask for it."""

from collections.abc import Callable

from citizens import Name
from core.web import FieldError

MAX_NAME = 150  # characters of either part
NOBODY = Name("", "")


def name_mistakes(name: Name, _: Callable[[str], str]) -> list[FieldError]:
    """Neither part must be there alone: there are people with one name, and associations."""
    if not name.whole:
        return [FieldError("family_name", _("Say how we may call you."))]
    return [
        FieldError(field, _("The name is too long."))
        for field, part in (("given_name", name.given), ("family_name", name.family))
        if len(part) > MAX_NAME
    ]
