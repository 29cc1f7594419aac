"""What the page of the telephone's menu shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent_api.views import Desk
from cases.telephone import Line
from core.web import FieldError


@dataclass(frozen=True, slots=True, kw_only=True)
class TelephonePage:
    """``desk/telephone.html``; the names of its fields end with a hyphen and the queue's slug."""

    desk: Desk
    lines: Sequence[Line]
    keys: str
    languages: Mapping[str, str]
    number: str
    """The town's own; empty where it is none of its own."""
    errors: Sequence[FieldError] = ()
