"""The box of what can be asked for just now, and not at all times."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from cases.procedures import Surroundings, closes_on, leave_for, published_procedures
from channels.web.home.box import HomeLine, Reader
from core.clock import Clock
from core.i18n import N_
from core.settings import Settings

MOST = 5  # lines
UNTIL = N_("until %(day)s")


@dataclass(frozen=True, slots=True)
class SeasonBox:
    """Procedures that are open to this citizen and close one day: the next to close first."""

    clock: Clock
    settings: Settings
    name: str = "season"
    title: str = N_("At this time of year")
    more: str = N_("All procedures")
    url: str = "/procedures"

    async def lines(self, session: AsyncSession, reader: Reader) -> Sequence[HomeLine]:
        settings = self.settings
        around = Surroundings(self.clock(), settings.zone, settings.country, reader.visitor.profile)
        closing = sorted(
            (
                (day, one.definition)
                for one in await published_procedures(session)
                if (day := closes_on(one.definition.opening, around.place.today))
                and leave_for(one.definition, around, reader.locale).given
            ),
            key=lambda pair: (pair[0], pair[1].slug),
        )
        return [
            HomeLine(
                title=procedure.called(reader.locale),
                url=f"/procedures/{procedure.slug}",
                icon="form",
                side=reader.translate(UNTIL) % {"day": reader.formats.month_day(day)},
            )
            for day, procedure in closing[:MOST]
        ]
