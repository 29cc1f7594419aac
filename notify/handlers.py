"""Who is told what, and in which words: the two steps from a case's change to a delivery."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseMessageRow, CaseRow, JoinedBy, consents_of
from core.clock import Clock
from core.database import Database
from core.i18n import LOCALES
from core.ids import derived_id
from core.tracing import current
from ingest import Automatic, Trust
from ingest.events import CaseChanged, DeliveryChanged, Event, NotificationRequested
from ingest.models import MessageRow
from notify.addresses import is_machine, is_mail_address, medium_of, takes_sms
from notify.devices import Device, devices_of_cases, is_device
from notify.floods import flooding
from notify.models import DeliveryRow, DeliveryStatus, Kind, Medium, NotificationRow
from notify.writing import Writing

log = structlog.get_logger()

KINDS: Mapping[str, Kind] = {
    "opened": Kind.RECEIPT,
    "replied": Kind.REPLY,
    "closed": Kind.CLOSED,
    "reopened": Kind.REOPENED,
    "change_accepted": Kind.ACCEPTED,
    "change_refused": Kind.REFUSED,
}
"""What the citizen is told of, by the change of the case."""
ON_DEVICES = frozenset({*Kind} - {Kind.RECEIPT})
"""Of these, what their devices show: not what they have just sent themselves."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a case's notifications go to: the address on the case, and no other."""

    address: str
    language: str
    automatic: str
    """Whether a machine wrote the message that opened the case."""
    trust: str
    phone: str
    """A further way to them; may be empty."""


@dataclass(frozen=True, slots=True)
class Planned:
    notification: NotificationRow
    is_new: bool


class CaseNotifications:
    """Handles ``case.changed``: decides whether the citizen hears of it.

    Parameters
    ----------
    is_ours
        Whether an address is one of our mailboxes, to which nothing automatic is sent.
    language
        For citizens whose case is in a language that we do not speak.
    sends_sms
        Whether the town has an account for it.
    receipts_per_hour
        How many one citizen gets at most; 0 for no limit.
    pushes
        Whether devices are told.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        is_ours: Callable[[str], bool],
        language: str,
        sends_sms: bool = False,
        receipts_per_hour: int = 0,
        pushes: bool = False,
    ) -> None:
        self._database = database
        self._clock = clock
        self._is_ours = is_ours
        self._language = language
        self._sends_sms = sends_sms
        self._receipts_per_hour = receipts_per_hour
        self._pushes = pushes

    async def prepare(self, events: Sequence[Event]) -> Mapping[UUID, Sequence[Planned]]:
        changes = [(event, CaseChanged.of(event)) for event in events]
        told = [(event, change) for event, change in changes if change.change in KINDS]
        if not told:
            return {}
        async with self._database.read() as session:
            addressees = await _read_addressees(session, {change.case_id for _, change in told})
            devices = await self._devices(session, [change for _, change in told])
            names = [
                _name(event, device)
                for event, change in told
                for device in (None, *devices.get(change.case_id, ()))
            ]
            known = await _known(session, names)
            consents = await consents_of(session, {change.case_id for _, change in told})
            envelopes = await _read_envelopes(session, [change for _, change in told])
            too_many = await self._flooding(session, [change for _, change in told])
        planned: dict[UUID, list[Planned]] = {}
        for event, change in told:
            addressee = addressees.get(change.case_id)  # None when the case was erased meanwhile
            if addressee is not None and change.message_id in envelopes:
                addressee = replace(addressee, address=envelopes[change.message_id])
            kind = KINDS[change.change]
            if addressee is not None and kind is not Kind.REPLY:
                addressee = _as_they_wish(addressee, consents.get(change.case_id, {}))
            if kind is Kind.RECEIPT and change.case_id in too_many:
                log.warning("receipt.left_out", case=change.reference)
            elif addressee is not None and self._may_hear(
                addressee, kind, consents.get(change.case_id, {})
            ):
                row = self._notification(event, change, kind, addressee.address, addressee.language)
                planned.setdefault(event.id, []).append(Planned(row, row.id not in known))
            for device in devices.get(change.case_id, ()) if kind in ON_DEVICES else ():
                row = self._notification(event, change, kind, device.address, device.language)
                row.id = _name(event, device)
                planned.setdefault(event.id, []).append(Planned(row, row.id not in known))
        return planned

    async def _devices(
        self, session: AsyncSession, changes: Sequence[CaseChanged]
    ) -> Mapping[UUID, Sequence[Device]]:
        told = {change.case_id for change in changes if KINDS[change.change] in ON_DEVICES}
        return await devices_of_cases(session, told) if told and self._pushes else {}

    async def _flooding(
        self, session: AsyncSession, changes: Sequence[CaseChanged]
    ) -> Collection[UUID]:
        opened = {change.case_id for change in changes if change.change == "opened"}
        if not opened or not self._receipts_per_hour:
            return ()
        return await flooding(session, opened, self._receipts_per_hour)

    async def handle(
        self, event: Event, session: AsyncSession, prepared: Mapping[UUID, Sequence[Planned]]
    ) -> list[Event]:
        following = []
        for planned in prepared.get(event.id, ()):
            row = planned.notification
            if planned.is_new:
                session.add(row)
            data = NotificationRequested(notification_id=row.id)
            step = row.address if is_device(row.address) else ""
            following.append(event.follow(data, key=UUID(event.subject), step=step))
        return following

    def _may_hear(self, addressee: Addressee, kind: Kind, consents: Mapping[str, bool]) -> bool:
        """A person's words go to whom the person chose; what is automatic to people alone.

        RFC 3834, section 2: no answer to what a machine wrote, nor to a machine, nor to ourselves.
        A reply goes on even where no mail can go: its delivery fails, and the case then says so.
        """
        if kind is Kind.REPLY:
            return bool(addressee.address)
        medium = medium_of(addressee.address)
        if not consents.get(medium, True):
            return False  # asked by an agent, the citizen did not want it
        if medium is Medium.SMS:
            return self._may_get_sms(addressee, consents)
        return (
            is_mail_address(addressee.address)
            and addressee.automatic == Automatic.NO
            and not is_machine(addressee.address)
            and not self._is_ours(addressee.address)
        )

    def _may_get_sms(self, addressee: Addressee, consents: Mapping[str, bool]) -> bool:
        """An SMS costs money and wakes people: nobody gets one because of what another wrote."""
        is_theirs = addressee.trust == Trust.VERIFIED or consents.get(Medium.SMS, False)
        return self._sends_sms and is_theirs and takes_sms(addressee.address)

    def _notification(
        self, event: Event, change: CaseChanged, kind: Kind, address: str, language: str
    ) -> NotificationRow:
        return NotificationRow(
            id=_name(event),
            case_id=change.case_id,
            address=address,
            cause_event_id=event.id,
            kind=kind,
            language=language if language in LOCALES else self._language,
            created_at=self._clock(),
        )


class Deliveries:
    """Handles ``notification.requested``: writes the mail and queues it for the dispatcher."""

    def __init__(self, database: Database, writing: Writing) -> None:
        self._database = database
        self._writing = writing

    async def prepare(self, events: Sequence[Event]) -> Mapping[UUID, DeliveryRow]:
        """The deliveries by their notifications, without those that are there already."""
        ids = [NotificationRequested.of(event).notification_id for event in events]
        async with self._database.read() as session:
            written = select(DeliveryRow.notification_id).where(
                DeliveryRow.notification_id.in_(ids)
            )
            known = set(await session.scalars(written))
            missing = [notification_id for notification_id in ids if notification_id not in known]
            return await self._writing.write(session, missing) if missing else {}

    async def handle(
        self, event: Event, session: AsyncSession, prepared: Mapping[UUID, DeliveryRow]
    ) -> list[Event]:
        notification_id = NotificationRequested.of(event).notification_id
        delivery = prepared.get(notification_id)
        if delivery is None:
            return []
        delivery.traceparent = current() or event.traceparent
        session.add(delivery)
        data = DeliveryChanged(delivery_id=delivery.id, status=DeliveryStatus.QUEUED)
        return [event.follow(data, key=UUID(event.subject))]


def _name(event: Event, device: Device | None = None) -> UUID:
    """The id of the notification that an event causes, or causes on a device."""
    return derived_id(event.id, f"notification:{device.id}" if device else "notification")


def _as_they_wish(addressee: Addressee, consents: Mapping[str, bool]) -> Addressee:
    """Whoever told an agent that they want SMS and no mail is told by SMS."""
    by_sms = consents.get(Medium.SMS, False) and not consents.get(Medium.EMAIL, True)
    return replace(addressee, address=addressee.phone) if by_sms and addressee.phone else addressee


async def _known(session: AsyncSession, ids: Sequence[UUID]) -> set[UUID]:
    query = select(NotificationRow.id).where(NotificationRow.id.in_(ids))
    return set(await session.scalars(query))


async def _read_addressees(session: AsyncSession, case_ids: set[UUID]) -> dict[UUID, Addressee]:
    query = (
        select(
            CaseRow.id,
            CaseRow.sender_address,
            CaseRow.language,
            MessageRow.automatic,
            CaseRow.sender_trust,
            CaseRow.sender_phone,
        )
        .join(CaseMessageRow, CaseMessageRow.case_id == CaseRow.id)
        .join(MessageRow, MessageRow.id == CaseMessageRow.message_id)
        .where(CaseRow.id.in_(case_ids), CaseMessageRow.joined_by == JoinedBy.OPENING)
    )
    rows = await session.execute(query)
    return {case_id: Addressee(*addressee) for case_id, *addressee in rows}


async def _read_envelopes(
    session: AsyncSession, changes: Sequence[CaseChanged]
) -> Mapping[UUID | None, str]:
    """Where those of the replies go that an agent sends by another medium than mail."""
    replies = [change.message_id for change in changes if KINDS[change.change] is Kind.REPLY]
    if not replies:
        return {}
    query = select(MessageRow.id, MessageRow.recipients, MessageRow.details)
    rows = await session.execute(query.where(MessageRow.id.in_(replies)))
    return {one: recipients[0] for one, recipients, details in rows if details.get("medium")}
