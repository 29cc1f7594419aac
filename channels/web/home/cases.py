"""The boxes of a citizen's requests: those that wait for them, those with us, drafts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseRow, cases_of_citizen
from cases.procedures import drafts_of_citizen
from channels.web.account.asking import holder_of
from channels.web.home.box import HomeLine, Reader
from core.clock import Clock
from core.i18n import N_, Formats

MOST = 5  # lines

RECEIVED = N_("received on %(day)s")
DUE = N_("answer by %(day)s")
SAVED = N_("Saved %(when)s")
ANSWERED = N_("we have answered you")


@dataclass(frozen=True, slots=True)
class CasesBox:
    """The newest requests in some statuses."""

    name: str
    title: str
    statuses: Collection[str]
    icon: str
    more: str = N_("All my requests")
    url: str = "/me/cases"

    async def lines(self, session: AsyncSession, reader: Reader) -> Sequence[HomeLine]:
        _, formats = reader.translate, reader.formats
        rows = await cases_of_citizen(
            session, holder_of(reader.account), statuses=self.statuses, most=MOST
        )
        return [
            HomeLine(
                title=row.subject or _("No subject"),
                url=f"/me/cases/{row.reference}",
                icon=self.icon,
                detail=f"{row.reference} · "
                + _(RECEIVED) % {"day": _day(row.received_at, formats)},
                side=_side(row, reader),
                badge=row.status,
            )
            for row in rows
        ]


def _day(at: datetime, formats: Formats) -> str:
    return formats.month_day(at.astimezone(formats.zone).date())


def _side(row: CaseRow, reader: Reader) -> str:
    if row.status == "waiting":
        return reader.translate(ANSWERED)
    if row.due_at is None:
        return ""
    return reader.translate(DUE) % {"day": _day(row.due_at, reader.formats)}


@dataclass(frozen=True, slots=True)
class DraftsBox:
    """Forms that were begun and not sent."""

    clock: Clock
    name: str = "drafts"
    title: str = N_("Not sent yet")
    more: str = N_("All my requests")
    url: str = "/me/cases"

    async def lines(self, session: AsyncSession, reader: Reader) -> Sequence[HomeLine]:
        _, formats = reader.translate, reader.formats
        drafts = await drafts_of_citizen(session, self.clock, reader.account.citizen_id)
        return [
            HomeLine(
                title=draft.procedure.called(reader.locale),
                url=draft.path,
                icon="edit",
                side=_(SAVED) % {"when": formats.ago(draft.saved_at)},
            )
            for draft in drafts[:MOST]
        ]
