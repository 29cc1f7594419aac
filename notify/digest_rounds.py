"""The clock of digests: at every hour at which some are due a campaign begins."""

from uuid import UUID

from core.clock import Clock
from core.database import Database
from core.ids import derived_id
from core.looks import keep_looking
from ingest import publish
from notify.announcing import RANGE, begin_campaign
from notify.audiences import Audiences
from notify.campaigns import SETTLED, CampaignKind, CampaignRow

EVERY = 20.0  # seconds between looks
NAMESPACE = UUID("0c0f8f0a-6a53-5f0c-9a3e-6c5f6ab5d1d4")


class DigestRounds:
    """Begins them; the ranges of a round are addressed like those of any campaign."""

    def __init__(self, database: Database, clock: Clock, audiences: Audiences) -> None:
        self._database = database
        self._clock = clock
        self._audiences = audiences

    async def run(self) -> None:
        """Work until cancelled."""
        await keep_looking("digests", self._look, EVERY)

    async def _look(self) -> bool:
        await self.begin()
        return False

    async def begin(self) -> UUID | None:
        """Begin a round for all that is due and in no round yet; returns its campaign.

        Its id derives from the latest moment that somebody is due at: whoever looks while its
        ranges are being addressed finds it there. What was due before, because we were not
        running, is in the same round: everybody gets one digest of all that time.
        """
        async with self._database.read() as session:
            due_at = await self._audiences.due(session, self._clock() - SETTLED)
            if due_at is None:
                return None
            campaign_id = derived_id(NAMESPACE, due_at.isoformat())
            if await session.get(CampaignRow, campaign_id):
                return None
            starts = await self._audiences.of_digest(due_at, due_at).starts(session, RANGE)
        campaign = CampaignRow(
            id=campaign_id,
            kind=CampaignKind.DIGEST,
            entry_id=None,
            version=0,
            title="",
            urgent=False,
            wakes=False,
            audience=starts.size,
            due_at=due_at,
            expires_at=None,
        )
        async with self._database.turn("digests"), self._database.begin() as session:
            if await session.get(CampaignRow, campaign_id):
                return None
            await publish(
                session, await begin_campaign(session, self._clock, campaign, starts.firsts)
            )
        return campaign_id
