"""What a citizen sees of a case: no notes, no names of agents, nothing that a machine wrote."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from cases import CaseEventRow, JoinedBy, Tracked
from cases.history import UNFULFILLED
from cases.procedures import Filed, Procedure, Proposal, say
from cases.reading import CaseMessage
from channels.web.views import (
    Kind,
    TrackedCasePage,
    TrackedDocument,
    TrackedEntry,
    TrackedStep,
)
from ingest.message import Automatic

STATUSES = ("new", "in_progress", "waiting", "closed")
CHANGES: Mapping[str, Kind] = {
    "closed": "closed",
    "reopened": "reopened",
    "withdrawn": "withdrawn",
    "change_proposed": "proposed",
    "change_accepted": "accepted",
    "change_refused": "refused",
    "change_taken_back": "taken_back",
    "document_deposited": "deposited",
}


def page_of(
    tracked: Tracked,
    forms: Mapping[UUID, Filed] = MappingProxyType({}),
    locale: str = "",
    *,
    addresses: Collection[str] = (),
    proposals: Sequence[Proposal] = (),
) -> TrackedCasePage:
    """The case as ``portal/tracked.html`` shows it, in the order of time.

    ``forms`` are those that messages came with, in the reader's ``locale``; ``addresses`` are those
    that its reader has proven: what came from them is theirs; ``proposals`` are those of the case.
    """
    messages = [
        _message(message, forms)
        for message in tracked.messages
        if message.message.automatic == Automatic.NO
        and not _from_a_stranger(message, tracked, addresses)
    ]
    by_id = {str(one.id): one for one in proposals}
    changes = [_change(event, by_id) for event in tracked.events if event.kind in CHANGES]
    case = tracked.case
    procedure, end = _procedure(tracked, forms), _end(tracked)
    is_withdrawn = end is not None and end.kind == "withdrawn"
    # What came to another end has not come to the one that its procedure has words for.
    fulfilled = end is None or not (is_withdrawn or end.data.get("outcome") == UNFULFILLED)
    return TrackedCasePage(
        reference=case.reference,
        subject=case.subject,
        status=_shown_status(case.status, procedure),
        steps=_steps(procedure, locale, fulfilled=fulfilled),
        is_withdrawn=is_withdrawn,
        takes_comments=procedure is None or procedure.comments.citizen,
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
        and message.joined_by not in (JoinedBy.OPENING, JoinedBy.ACCOUNT, JoinedBy.KEY)
        and row.sender_address not in (tracked.case.sender_address, *addresses)
    )


def _procedure(tracked: Tracked, forms: Mapping[UUID, Filed]) -> Procedure | None:
    """What the case was opened with."""
    opening = next((one for one in tracked.messages if one.joined_by == JoinedBy.OPENING), None)
    form = forms.get(opening.message.id) if opening else None
    return form.procedure if form else None


def _shown_status(status: str, procedure: Procedure | None) -> str:
    """Of a status that its procedure does not show, the one before."""
    hidden = {one.status for one in procedure.statuses if not one.visible} if procedure else set()
    shown = [one for one in STATUSES[: STATUSES.index(status) + 1] if one not in hidden]
    return shown[-1] if shown else STATUSES[0]


def _end(tracked: Tracked) -> CaseEventRow | None:
    """What has closed it, where it is closed."""
    ends = [event for event in tracked.events if event.kind in ("closed", "withdrawn")]
    return ends[-1] if ends and tracked.case.status == "closed" else None


def _steps(procedure: Procedure | None, locale: str, *, fulfilled: bool) -> list[TrackedStep]:
    """The statuses that the citizen sees; the words are empty where the portal's own are meant."""
    statuses = procedure.statuses if procedure else ()
    hidden = {str(one.status) for one in statuses if not one.visible}
    said = {str(one.status): one for one in statuses if fulfilled or one.status != "closed"}
    return [
        TrackedStep(
            status=status,
            label=say(said[status].label, locale) if status in said else "",
            explanation=say(said[status].explanation, locale) if status in said else "",
        )
        for status in STATUSES
        if status not in hidden
    ]


def _message(message: CaseMessage, forms: Mapping[UUID, Filed]) -> TrackedEntry:
    row = message.message
    return TrackedEntry(
        kind="received" if row.direction == "in" else "sent",
        at=row.received_at,
        text=row.text,
        form=forms[row.id].sections if row.id in forms else (),
        documents=[
            TrackedDocument(id=document.id, name=document.name, size=document.size)
            for document in message.documents
            if not document.inline
        ],
    )


def _change(event: CaseEventRow, proposals: Mapping[str, Proposal]) -> TrackedEntry:
    proposal = proposals.get(str(event.data.get("proposal", "")))
    proposed = proposal if event.kind == "change_proposed" else None
    return TrackedEntry(
        kind=CHANGES[event.kind],
        at=event.at,
        text=str(event.data.get("text") or event.data.get("name", "")),
        changes=proposed.changes if proposed else (),
        open_proposal=proposed.id if proposed and proposed.is_open else None,
    )
