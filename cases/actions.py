"""What agents do to a case. Each action checks the version that the agent had before them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.access import queue_for
from cases.agents import Agent
from cases.changes import case_at, record_change
from cases.consents import consents_of
from cases.history import UNFULFILLED
from cases.models import CaseMessageRow, CaseRow, CaseStatus, JoinedBy, QueueRow
from cases.moving import check_move
from cases.search import index_words
from cases.wanted import want
from cases.ways import ways_of
from core.clock import Clock
from core.errors import BadInput, NotNow
from core.i18n import N_, translator
from core.ids import derived_id, new_id
from core.postal import clean_address, fits_window
from core.text import clean_text
from ingest.events import CaseChange
from ingest.message import ChannelName, Trust
from ingest.models import MessageRow

WrittenWay = Literal["email", "sms", "letter"]
_NO_WAY: Mapping[WrittenWay, str] = {
    "email": N_("There is no e-mail address to reply to."),
    "sms": N_("There is no number that takes SMS."),
    "letter": N_("The citizen does not want letters."),
}
_CHANNELS: Mapping[WrittenWay, ChannelName] = {
    "email": ChannelName.EMAIL,
    "sms": ChannelName.SMS,
    "letter": ChannelName.SCAN,
}
_WANTED = N_("Please send us these documents:")
MAX_TEXT = 100_000  # characters of a reply or a note
MAX_SMS = 1_600  # characters: no provider takes more


@dataclass(frozen=True, slots=True)
class Actions:
    """The actions of one agent, in the caller's transaction.

    Every action returns the changed case and raises NotThere when the agent may not see it,
    Conflict when the case is not at ``version`` any more (None: whatever it is at), BadInput when
    it makes no sense, NotNow when the case is not in a state for it.
    """

    session: AsyncSession
    clock: Clock
    agent: Agent
    mail_domain: str
    """Of the Message-IDs that replies get."""
    sends_sms: bool = True
    """Whether the town can."""

    async def claim(self, reference: str, version: int | None) -> CaseRow:
        """Take the case: others see who works on it."""
        case = await self._at(reference, version)
        if case.status == CaseStatus.CLOSED:
            raise NotNow(N_("The case is closed: reopen it first."))
        case.claimed_by = self.agent.id
        if case.status == CaseStatus.NEW:
            case.status = CaseStatus.IN_PROGRESS
        return await self._done(case, "claimed")

    async def move(self, reference: str, version: int | None, queue: str) -> CaseRow:
        """Hand the case to another queue; who claimed it lets go. Its due date stays."""
        case = await self._at(reference, version)
        target = await queue_for(self.session, queue)
        source = await self.session.get_one(QueueRow, case.queue_id)
        if target.id == source.id:
            raise NotNow(N_("The case is in this queue already."))
        case.queue_id, case.claimed_by = target.id, None
        return await self._done(case, "moved", data={"from": source.slug, "to": target.slug})

    async def note(self, reference: str, version: int | None, text: str) -> CaseRow:
        """Write down what only agents read. The version stays: a note changes nothing."""
        text = _checked(text)
        case = await self._at(reference, version)
        index_words(self.session, case.id, derived_id(case.id, f"note:{case.event_count}"), text)
        return await self._done(case, "noted", data={"text": text}, changes=False)

    async def reply(
        self,
        reference: str,
        version: int | None,
        text: str,
        *,
        way: WrittenWay | None = None,
        postal_address: str = "",
        wanted: Sequence[str] = (),
    ) -> CaseRow:
        """Answer the citizen by a written way, or the most natural one; the case then waits for
        them.

        A letter goes to ``postal_address``, which the case then keeps; ``wanted`` are names of
        documents that the citizen is asked for, below the text.
        """
        text = _checked(text)
        case = await self._at(reference, version)
        if wanted:
            want(self.session, self.clock, case.id, wanted)
            asked = translator(case.language)(_WANTED)
            text = "\n".join((text, "", asked, *(f"- {name}" for name in wanted)))
        consents = await consents_of(self.session, [case.id])
        ways = {one.name: one for one in ways_of(case, consents.get(case.id, {}))}
        if not self.sends_sms:
            ways.pop("sms", None)
        if way is None:
            way = "sms" if "sms" in ways and "email" not in ways else "email"
        if way not in ways:
            raise NotNow(_NO_WAY[way])
        if way == "sms" and len(text) > MAX_SMS:
            raise BadInput(N_("An SMS has 1,600 characters at most."), where="text")
        if way == "letter":
            case.postal_address = _address(postal_address)
        if case.claimed_by is None:
            case.claimed_by = self.agent.id
        case.status, case.closed_at = CaseStatus.WAITING, None
        message = await self._reply_message(case, text, way, ways[way].to)
        return await self._done(case, "replied", message_id=message.id)

    async def close(
        self, reference: str, version: int | None, text: str = "", *, fulfilled: bool = True
    ) -> CaseRow:
        """Close the case; ``text``, if any, is told to the citizen.

        A case that is not ``fulfilled`` has not come to the end that its procedure has words for.
        """
        case = await self._at(reference, version)
        if case.status == CaseStatus.CLOSED:
            raise NotNow(N_("The case is closed already."))
        text = _checked(text, may_be_empty=True)
        case.status, case.closed_at = CaseStatus.CLOSED, self.clock()
        data = {"text": text} if fulfilled else {"text": text, "outcome": UNFULFILLED}
        return await self._done(case, "closed", data=data)

    async def reopen(self, reference: str, version: int | None) -> CaseRow:
        """Open a closed case again."""
        case = await self._at(reference, version)
        if case.status != CaseStatus.CLOSED:
            raise NotNow(N_("The case is not closed."))
        case.status = CaseStatus.IN_PROGRESS if case.claimed_by else CaseStatus.NEW
        case.closed_at = None
        return await self._done(case, "reopened")

    async def _at(self, reference: str, version: int | None) -> CaseRow:
        return await case_at(self.session, self.agent, reference, version)

    async def _done(
        self,
        case: CaseRow,
        change: CaseChange,
        *,
        message_id: UUID | None = None,
        data: dict[str, str] | None = None,
        changes: bool = True,
    ) -> CaseRow:
        if inspect(case).attrs.status.history.has_changes():
            await check_move(self.session, self.agent, case)
        return await record_change(
            self.session,
            self.clock,
            self.agent,
            case,
            change,
            message_id=message_id,
            data=data,
            changes=changes,
        )

    async def _reply_message(
        self, case: CaseRow, text: str, way: WrittenWay, to: str
    ) -> MessageRow:
        message_id, now = new_id(), self.clock()
        if way == "letter":
            to = f"{case.sender_name}\n{case.postal_address}".strip()
        message = MessageRow(
            id=message_id,
            direction="out",
            channel=_CHANNELS[way],
            sender_name=self.agent.name,
            sender_address=case.mailbox,
            sender_trust=Trust.VERIFIED,
            recipients=[to],
            details={} if way == "email" else {"medium": way},
            subject=case.subject,
            text=text,
            language=case.language,
            sent_at=now,
            received_at=now,
            rfc_message_id=f"<{case.reference}.{message_id.hex}@{self.mail_domain}>",
            in_reply_to=await self._thread(case),
        )
        self.session.add(message)
        await self.session.flush()
        self.session.add(
            CaseMessageRow(
                message_id=message_id, case_id=case.id, joined_by=JoinedBy.REPLY, joined_at=now
            )
        )
        index_words(self.session, case.id, message_id, text)
        return message

    async def _thread(self, case: CaseRow) -> list[str]:
        """The Message-IDs of the conversation so far, oldest first (RFC 5322, section 3.6.4)."""
        query = (
            select(MessageRow.rfc_message_id)
            .join(CaseMessageRow, CaseMessageRow.message_id == MessageRow.id)
            .where(CaseMessageRow.case_id == case.id, MessageRow.rfc_message_id != "")
            .order_by(MessageRow.received_at.desc(), MessageRow.id.desc())
            .limit(20)
        )
        return [*reversed((await self.session.scalars(query)).all())]


def _address(text: str) -> str:
    address = clean_address(text)
    if not address:
        raise BadInput(N_("Write the postal address that the letter goes to."), where="postal")
    if not fits_window(address):
        raise BadInput(
            N_("A postal address has at most 5 lines of 50 characters below the name."),
            where="postal",
        )
    return address


def _checked(text: str, *, may_be_empty: bool = False) -> str:
    if len(text) > 2 * MAX_TEXT or len(text := clean_text(text).strip()) > MAX_TEXT:
        raise BadInput(N_("The text is too long."), where="text")
    if not text and not may_be_empty:
        raise BadInput(N_("Write something first."), where="text")
    return text
