"""What programs read and write: the names here are a contract, see docs/openapi.json."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from cases import CaseStatus
from cases.actions import MAX_TEXT
from cases.wanted import MAX_NAME, MAX_WANTED
from ingest import ChannelName, Trust


class _Schema(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class _Request(BaseModel):
    """What is asked: a name that we do not know is an error, not a wish passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(_Schema):
    """Problem details (RFC 9457); some problems say more."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""


class CaseSender(_Schema):
    name: str
    address: str
    """An e-mail address, a telephone number in E.164, or empty."""
    trust: Trust


class CaseSummary(_Schema):
    """One line of a list."""

    reference: str
    subject: str
    channel: ChannelName
    """The way it came."""
    queue: str
    """The queue's slug."""
    status: CaseStatus
    sender: CaseSender
    excerpt: str
    """The first words."""
    claimed_by: str
    """The agent's name; empty when nobody has claimed it."""
    received_at: datetime
    due_at: datetime | None
    version: int
    """For If-Match and for ``version``: changes when something did that you should have seen."""


class CasePage(_Schema):
    items: list[CaseSummary]
    next: str | None
    """The ``cursor`` of the page after this one."""


class Document(_Schema):
    id: UUID
    name: str
    media_type: str
    malware: str
    """What a virus scanner found in it; it cannot be downloaded then."""
    """As the sender named it: it proves nothing."""
    size: int
    """Bytes."""
    sha256: str
    reading: str
    """``unread``, ``read``, ``locked`` (it takes a password) or ``failed``; empty for what has no
    pages."""
    pages: int
    """That are in it, without those that were taken out."""
    text: str | None
    """What was read on its pages; null when nothing was."""


class Suggestion(_Schema):
    """What a machine read. It may be wrong."""

    value: str
    confidence: int
    """0 to 100."""


class CaseMessage(_Schema):
    id: UUID
    direction: Literal["in", "out"]
    channel: ChannelName
    sender: CaseSender
    recipients: list[str]
    subject: str
    text: str
    """What was written this time, without quotation and signature."""
    quoted: str
    html: str | None
    """Sanitised; images by ``cid:`` only."""
    authentication: dict[str, str] | None
    """``spf``, ``dkim`` and ``dmarc`` as RFC 8601 has it, and the From's ``domain``; null when it
    was not asked."""
    automatic: str
    """``no``, ``auto-reply``, ``bounce`` or ``bulk``."""
    joined_by: str
    """Why it is in this case: opening, reference, thread, duplicate or reply."""
    received_at: datetime
    details: dict[str, Any]
    """What the transport and the pages tell beside: ``pages``, ``quality`` and ``station`` of a
    fax, ``file`` and ``folder`` of a scan, ``codes``, the bar codes …"""
    letter: dict[str, Suggestion] | None
    """What reading the pages suggests: ``sender``, ``date``, ``subject``, ``references``,
    ``language``; null until they are read."""
    notes: list[str]
    """What could not be read of it."""
    documents: list[Document]


class CaseEvent(_Schema):
    """One thing that happened to a case."""

    sequence: int
    kind: str
    at: datetime
    actor: str
    """Who did it, by the name they had; empty for Guichet itself."""
    message_id: UUID | None
    data: dict[str, Any]


class CaseDelivery(_Schema):
    """One thing that the citizen was told, or is about to be."""

    kind: str
    """receipt, reply, closed or reopened"""
    medium: str
    recipient: str
    subject: str
    status: str
    """queued, in_flight, sent, delivered or failed"""
    attempts: int
    in_doubt: int
    """How often a crash may have doubled it."""
    last_error: str
    created_at: datetime
    sent_at: datetime | None


class Case(CaseSummary):
    """A case with all that belongs to it, oldest first."""

    messages: list[CaseMessage]
    events: list[CaseEvent]
    deliveries: list[CaseDelivery]
    wanted: list[str]
    """Documents that the citizen was asked for and that have not come."""


class Queue(_Schema):
    slug: str
    name: str
    open: int
    """Cases that are not closed."""
    new: int
    """Cases that nobody has touched."""


class Queues(_Schema):
    items: list[Queue]


def _whole(value: object) -> object:
    """JSON has one kind of numbers: 1.0 is an integer, "1" and true are none."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Seen = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1), BeforeValidator(_whole)]
Version = Annotated[
    _Seen | None,
    Field(description="The version that you have seen (or If-Match); left out: whatever it is at."),
]
# Written out, because languages do not agree on what \s is: neither white space nor control.
VISIBLE = (
    r"[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff\ufffe\uffff]"
)
Words = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=VISIBLE)]


class WithText(_Request):
    text: Words
    version: Version = None


class Reply(WithText):
    wanted: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=VISIBLE)]],
        Field(max_length=MAX_WANTED),
    ] = []
    """Names of documents that the citizen is asked for: they stand below the text, and on the
    citizen's page each has a place to be sent."""


class WithQueue(_Request):
    queue: Annotated[str, Field(min_length=1, max_length=64)]
    """The slug of the queue to move it to."""
    version: Version = None


class WithLastWord(_Request):
    text: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    """A last word to the citizen, if any."""
    fulfilled: bool = True
    """Whether they got what they asked for; if not, their page does not say what the procedure has
    for its end."""
    version: Version = None


class WithVersion(_Request):
    version: Version = None


class QuarantineItem(_Schema):
    id: UUID
    consumer: str
    """The step that gave up."""
    channel: str
    """Empty when no intake is behind it."""
    intake_id: UUID | None
    facts: dict[str, Any]
    """Of the transport: client, envelope …"""
    error: str
    attempts: int
    quarantined_at: datetime
    can_be_filed: bool
    """Whether ``file`` will do: nothing was made of it yet."""


class QuarantineItems(_Schema):
    items: list[QuarantineItem]


class WithSubject(_Request):
    subject: Annotated[str, Field(min_length=1, max_length=200, pattern=VISIBLE)]


class IntakeAccepted(_Schema):
    intake_id: UUID


class IntakeState(_Schema):
    intake_id: UUID
    state: Literal["received", "filed", "quarantined"]
    reference: str
    """Of the case that it is in; empty until it is filed."""
    received_at: datetime
