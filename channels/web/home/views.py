"""What the home page shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from channels.web.account.views import Mine
from channels.web.home.box import HomeLine


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBox:
    name: str
    title: str
    """In the reader's language, as ``more``."""
    more: str
    url: str
    lines: Sequence[HomeLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """``portal/home/home.html``"""

    mine: Mine
    given_name: str
    waiting: ShownBox | None
    boxes: Sequence[ShownBox]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrangedBox:
    name: str
    title: str
    shown: bool
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxesPage:
    """``portal/home/boxes.html``: each box posts ``name`` and ``action``."""

    mine: Mine
    boxes: Sequence[ArrangedBox]
