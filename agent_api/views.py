"""What the pages of the desk show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from agent_api.answering import Answer, CallLine, ConsentLine
from agent_api.call_views import CallCard
from agent_api.paper import DocumentLine, Paper, Suggestion
from cases import Way
from cases.inbox import Filter, Page, QueueCount
from cases.procedures import Filed, Proposal

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What stands around every page of a signed-in agent."""

    agent_name: str
    quarantine_count: int | None = None
    """None when the agent may not see it."""
    hands_in: bool = False
    """Whether the agent may put in what came on paper."""
    sets_up_telephone: bool = False
    """Whether there is a telephone, and the agent may change its menu."""
    serves: bool = False
    """Whether the agent may file for citizens."""
    letter_count: int = 0
    """How many letters wait to be printed."""
    edits_procedures: bool = False
    writes_entries: bool = False
    """Whether the agent may write what the town announces."""
    failed_count: int = 0
    """How many mails could not be sent of late."""
    notice: str = ""
    """What has just been done, in the agent's language."""
    sees_trail: bool = False
    """Whether the agent may read the audit trail."""
    has_exchange: bool = False
    """Whether a telephone exchange may tell of calls."""
    extension: str = ""
    """The telephone that the agent sits at; empty for none."""
    calls: Sequence[CallCard] = ()
    """What that telephone has now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage:
    """``desk/login.html``: ``email``, ``password``, ``next`` (a path of ours) and ``csrf``."""

    email: str = ""
    next: str = "/agent/"
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage:
    """``desk/inbox.html``: GET ``/agent/?q=&queue=&status=&channel=&cursor=``"""

    desk: Desk
    filter: Filter
    queues: Sequence[QueueCount]
    page: Page
    cursor: str = ""
    """Where this page begins; empty on the first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEntry:
    """A message in the timeline, from the citizen (``in``) or to them (``out``)."""

    kind: Literal["message"] = "message"
    id: UUID
    direction: Literal["in", "out"]
    channel: str
    at: datetime
    sender_name: str
    sender_address: str
    sender_trust: str = "unverified"
    other_sender: bool = False
    """Whether it joined the case from another address than the one that opened it."""
    forged: bool = False
    """Whether the domain that it names says that it did not send it."""
    recipients: Sequence[str] = ()
    subject: str
    text: str
    quoted: str = ""
    has_html: bool = False
    """Whether ``…/messages/{id}/html`` shows it as it was laid out."""
    automatic: str = "no"
    joined_by: str = "opening"
    delivery: str = ""
    """Of an outgoing message: kept (on the outbox page), or one of notify's states; or unknown."""
    in_doubt: bool = False
    """Whether a crash may have sent it twice."""
    delivery_error: str = ""
    """Why the last attempt did not go through."""
    notes: Sequence[str] = ()
    """What could not be read of it."""
    form: Filed | None = None
    """Of a procedure: shown in the place of its text."""
    filed_by: str = ""
    """The agent who filed it for the citizen."""
    identity: str = ""
    """How that agent knew who it was."""
    paper: Paper | None = None
    """Of a fax or a scan."""
    suggestions: Sequence[Suggestion] = ()
    documents: Sequence[DocumentLine] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEntry:
    """What an agent wrote down for agents."""

    kind: Literal["note"] = "note"
    at: datetime
    agent_name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry:
    """A change without a message: opened, claimed, moved, closed, reopened, sender_verified …"""

    kind: Literal["event"] = "event"
    change: str
    at: datetime
    agent_name: str = ""
    """Empty when no agent did it."""
    text: str = ""
    """Of ``moved`` the queue's name, of ``closed`` what the citizen was told, of
    ``delivery_failed`` to whom and why, of ``pages_turned`` and its like the document's name, of
    a call-back its number and what was written of it, of ``call_linked`` and its like the citizen's
    number, empty when it is withheld."""
    seconds: int | None = None
    """How long a call was, once it has ended."""


Entry = MessageEntry | NoteEntry | EventEntry
Action = Literal["replies", "notes", "claim", "move", "close", "reopen"]
"""The last part of the address that the action's form is posted to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was typed into a form that could not be carried out."""

    action: Action | Literal["callbacks", "proposals", "consents", "deposits"]
    text: str = ""
    error: str = ""
    """In the agent's language."""
    answer: Answer = field(default_factory=Answer)
    """The rest of a reply."""
    fulfilled: bool = True
    """Of ``close``: whether the citizen got what they asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """``desk/case.html``.

    Every form posts ``csrf`` and ``version``; reply, note and close ``text``, close ``fulfilled``,
    move ``queue``.
    """

    desk: Desk
    reference: str
    subject: str
    status: str
    channel: str
    queue: str
    queue_name: str
    claimed_by: str
    """An agent's name, or empty."""
    claimed_by_me: bool
    sender_name: str
    sender_address: str
    sender_phone: str
    sender_trust: str
    received_at: datetime
    due_at: datetime | None
    version: int
    sequence: int
    """How many events the case had when this page was made."""
    queues: Sequence[tuple[str, str]]
    """Where it may be moved to: (slug, name)."""
    reply_to: str
    """The address that a reply by mail, or in a conversation by SMS, goes to; empty when there is
    none."""
    ways: Sequence[Way]
    """By which the agent may answer, the natural one first."""
    sms_stopped: bool
    """Whether the citizen's number wants no SMS any more."""
    postal_address: str
    """Where letters go, as far as it is known."""
    callback_phone: str
    call_soon: str
    """In an hour, as a ``datetime-local`` field has it."""
    callbacks: Sequence[CallLine]
    """The most urgent first."""
    consents: Sequence[ConsentLine]
    """Of each medium by which citizens can be notified."""
    proposals: Sequence[Proposal] = ()
    """Of changes to its form, the oldest first."""
    wanted: Sequence[str] = ()
    """Documents that the citizen was asked for and that have not come."""
    has_wallet: bool = False
    """Whether the town can put documents into the citizen's wallet."""
    may_write: bool = True
    """Whether its procedure lets agents write to the citizen."""
    end_label: str = ""
    """What its procedure calls a closed case for the citizen; empty where it has no such words."""
    end_explanation: str = ""
    entries: Sequence[Entry]
    """Oldest first."""
    draft: Draft | None = None
    query: str = ""
    """What the agent searched for, to be marked on the pages."""

    @property
    def suggestions(self) -> Sequence[Suggestion]:
        """Of the first letter that was read."""
        messages = (entry for entry in self.entries if isinstance(entry, MessageEntry))
        return next((message.suggestions for message in messages if message.suggestions), ())

    @property
    def documents(self) -> Sequence[DocumentLine]:
        """Of all messages, oldest first."""
        messages = (entry for entry in self.entries if isinstance(entry, MessageEntry))
        return [document for message in messages for document in message.documents]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictPage:
    """``desk/conflict.html``: somebody was faster; the form posts ``action`` again."""

    desk: Desk
    reference: str
    subject: str
    action: Action
    text: str = ""
    queue: str = ""
    queue_name: str = ""
    answer: Answer = field(default_factory=Answer)
    fulfilled: bool = True
    version: int
    """The case's version now, with which the form is sent again."""
    sequence: int
    """And how many events it has now."""
    changes: Sequence[Entry]
    """What happened since the agent opened the case, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScansPage:
    """``desk/scans.html``: POST ``/agent/scans`` with ``files``, ``queue`` and ``split``."""

    desk: Desk
    queues: Sequence[tuple[str, str]]
    """Slug and name."""
    most: int
    """Bytes of all files together."""
    accepted: Sequence[str] = ()
    """Names of the files that are safe."""
    errors: Sequence[str] = ()
    """In the agent's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MePage:
    """``desk/me.html``: POST ``/agent/me/extension`` with ``extension``."""

    desk: Desk
    email: str
    roles: Sequence[str]
    extension: str
    error: str = ""
    """In the agent's language."""
