"""What a citizen sees of a case: no notes, no names of agents, nothing that a machine wrote."""

from collections.abc import Collection

from cases import CaseEventRow, JoinedBy, Tracked
from cases.reading import CaseMessage
from channels.web.views import Kind, TrackedCasePage, TrackedDocument, TrackedEntry
from ingest.message import Automatic

CHANGES = ("closed", "reopened", "withdrawn")


def page_of(tracked: Tracked, addresses: Collection[str] = ()) -> TrackedCasePage:
    """The case as ``portal/tracked.html`` shows it, in the order of time.

    ``addresses`` are those that its reader has proven: what came from them is theirs.
    """
    messages = [
        _message(message)
        for message in tracked.messages
        if message.message.automatic == Automatic.NO
        and not _from_a_stranger(message, tracked, addresses)
    ]
    changes = [_change(event) for event in tracked.events if event.kind in CHANGES]
    case = tracked.case
    return TrackedCasePage(
        reference=case.reference,
        subject=case.subject,
        status=case.status,
        queue_name=tracked.queue.name,
        received_at=case.received_at,
        due_at=case.due_at,
        entries=sorted([*messages, *changes], key=lambda entry: entry.at),
    )


def _from_a_stranger(message: CaseMessage, tracked: Tracked, addresses: Collection[str]) -> bool:
    """Whether somebody else brought it here, by a reference that anybody can quote."""
    row = message.message
    return (
        row.direction == "in"
        and message.joined_by not in (JoinedBy.OPENING, JoinedBy.ACCOUNT)
        and row.sender_address not in (tracked.case.sender_address, *addresses)
    )


def _message(message: CaseMessage) -> TrackedEntry:
    row = message.message
    return TrackedEntry(
        kind="received" if row.direction == "in" else "sent",
        at=row.received_at,
        text=row.text,
        documents=[
            TrackedDocument(id=document.id, name=document.name, size=document.size)
            for document in message.documents
            if not document.inline
        ],
    )


def _change(event: CaseEventRow) -> TrackedEntry:
    kinds: dict[str, Kind] = {"closed": "closed", "withdrawn": "withdrawn"}
    return TrackedEntry(
        kind=kinds.get(event.kind, "reopened"),
        at=event.at,
        text=str(event.data.get("text", "")),
    )
