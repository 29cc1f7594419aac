"""Somebody at a case: its citizen, signed in, or whoever has shown its key.

They may do the same; what differs is how well it is known who they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from cases import Actor, CaseRow, Holder, case_of_citizen, keyed_case
from cases.procedures import Surroundings
from channels.web.account.views import Mine
from channels.web.space.views import Choice
from channels.web.submission import File
from citizens import Account
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from core.settings import Settings
from core.web import Pages
from ingest.intake import Accept


class Town(Protocol):
    """What the pages of a case work with."""

    @property
    def database(self) -> Database: ...
    @property
    def blobs(self) -> Blobs: ...
    @property
    def accept(self) -> Accept: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def pages(self) -> Pages: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def secret(self) -> bytes: ...


class Documents(Protocol):
    """The wallet of whoever is at the case."""

    async def choices(self, session: AsyncSession) -> Sequence[Choice]:
        """What can go along with a message."""
        ...

    async def copies(self, session: AsyncSession, fields: FormData) -> Sequence[File]:
        """What was chosen of it. Raises NotThere when something is not theirs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of theirs."""

    reference: str
    base: str
    """The address of the case's page."""
    holder: Holder | None = None
    """None of who has shown the key."""
    account: Account | None = None
    mine: Mine | None = None
    """What stands around the page; None for the tracking page."""
    documents: Documents | None = None
    citizen: Mapping[str, Any] = field(default_factory=dict)
    """As expressions see them."""

    async def case(self, session: AsyncSession, *, to_change: bool = False) -> CaseRow:
        """Raises NotThere."""
        if self.holder is None:
            return await keyed_case(session, self.reference, to_change=to_change)
        return await case_of_citizen(session, self.holder, self.reference, to_change=to_change)

    def actor(self, case: CaseRow) -> Actor:
        if self.holder is None:
            return Actor("citizen", None, case.sender_name)
        return Actor("citizen", self.holder.citizen_id, self.holder.name)

    @property
    def addresses(self) -> Sequence[str]:
        """Proven to be theirs."""
        return tuple(self.holder.addresses) if self.holder else ()

    @property
    def facts(self) -> dict[str, str]:
        """Of what they send: that we have looked at who they are."""
        proof = {"account": str(self.account.id)} if self.account else {"key": self.reference}
        return {**proof, "case": self.reference}

    def surroundings(self, town: Town) -> Surroundings:
        settings = town.settings
        return Surroundings(town.clock(), settings.zone, settings.country, self.citizen)
