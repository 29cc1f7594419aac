"""The box of other services that the town's citizens use: links, that the settings name."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from channels.web.home.box import HomeLine, Reader
from core.i18n import N_
from core.settings import Service


@dataclass(frozen=True, slots=True)
class ServicesBox:
    services: Sequence[Service]
    name: str = "services"
    title: str = N_("Other services")
    more: str = ""
    url: str = ""

    async def lines(self, _session: AsyncSession, _reader: Reader) -> Sequence[HomeLine]:
        return [
            HomeLine(title=one.name, url=one.url, icon=one.icon, detail=one.text)
            for one in self.services
        ]
