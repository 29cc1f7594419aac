"""What the page of the letters shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from agent_api.views import Desk
from notify import Batch, Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersPage:
    """``desk/letters.html``: POST ``/agent/letters`` prints all that wait."""

    desk: Desk
    waiting: Sequence[Letter]
    batches: Sequence[Batch]
    """The newest first."""
    made: UUID | None = None
    """The batch that has just been made: its file comes by itself."""
    is_empty: bool = False
    """Whether somebody wanted to print though nothing waited."""
