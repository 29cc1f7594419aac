"""What the pages about telephone calls show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cases.calling import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCard:
    """One call with whoever calls; empty is what is not known."""

    id: UUID
    state: str
    """``ringing``, ``answered``, ``ended`` or ``missed``."""
    is_going_on: bool
    outgoing: bool
    number: str
    """The citizen's, as people write it; empty when it is withheld."""
    dial: str
    """The same to be dialled; empty when it cannot be."""
    name: str
    """Of the citizen behind the number."""
    cases: Sequence[OpenCase]
    """Theirs that the agent may see, the newest first."""
    queue_name: str
    agent_name: str
    extension: str
    started_at: datetime
    seconds: int
    reference: str
    """Of the case that it is linked with."""
    queue: str = ""
    """The slug of the queue whose number was called."""
    version: int = 0
    """How often it had changed when the page was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDraft:
    """What was typed into a form of a call that could not be carried out."""

    subject: str = ""
    text: str = ""
    name: str = ""
    queue: str = ""
    reference: str = ""
    error: str = ""
    """In the agent's language."""
