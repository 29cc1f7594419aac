"""People with accounts, and what they find in their mailboxes."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import httpx
from sqlalchemy import select

import channels.web.account.routes
from channels.web.account.context import Context, Limits
from citizens import AccountRow
from core.database import Database
from notify import AccountMails, Letterhead
from notify.models import DeliveryRow, NotificationRow
from tests.channels.web.building import SECRET, Page, Portal

PASSWORD = "trois tortues vertes"
JEANNE = "jeanne@citizens.example"
PAUL = "paul@citizens.example"


@dataclass
class Texts:
    """A way out for SMS that keeps them."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    async def send_text(self, number: str, text: str) -> None:
        self.sent.append((number, text))


@dataclass
class Accounts:
    """A portal with accounts."""

    portal: Portal
    limits: Limits = field(default_factory=Limits)
    texts: Texts = field(default_factory=Texts)

    def __post_init__(self) -> None:
        settings = self.portal.settings
        self.context = Context(
            settings=settings,
            secret=SECRET,
            clock=self.portal.clock,
            database=self.portal.database,
            pages=self.portal.pages,
            mails=AccountMails(Letterhead.of(settings, SECRET), self.portal.clock),
            texts=self.texts,
            limits=self.limits,
        )
        channels.web.account.routes.install(self.portal.app, self.context)

    @property
    def database(self) -> Database:
        return self.portal.database

    @asynccontextmanager
    async def visitor(self, **headers: str) -> AsyncIterator["Visitor"]:
        async with self.portal.browser(**headers) as browser:
            yield Visitor(self, browser.client)

    @asynccontextmanager
    async def citizen(self, email: str = JEANNE) -> AsyncIterator["Visitor"]:
        """Somebody with a new account, signed in."""
        async with self.visitor() as visitor:
            await visitor.register(email)
            yield visitor

    async def mails(self, address: str = JEANNE) -> list[DeliveryRow]:
        """All that waits to be sent to an address, the oldest first."""
        query = select(DeliveryRow).where(DeliveryRow.recipient == address).order_by(DeliveryRow.id)
        async with self.database.read() as session:
            rows = (await session.scalars(query)).all()
        return sorted(rows, key=lambda row: row.created_at)

    async def kinds(self, address: str = JEANNE) -> list[str]:
        """Of these mails."""
        query = select(NotificationRow.kind).where(NotificationRow.address == address)
        async with self.database.read() as session:
            return sorted((await session.scalars(query)).all())

    async def link(self, address: str = JEANNE, path: str = "/account/link/") -> str:
        """The path of the newest link that an address was sent."""
        sent = [
            found
            for mail in await self.mails(address)
            for found in re.findall(rf"http://[^/\s]+({path}\S*)", mail.text)
        ]
        return str(sent[-1])

    async def account_id(self, email: str = JEANNE) -> UUID:
        async with self.database.read() as session:
            found = await session.scalar(select(AccountRow.id).where(AccountRow.email == email))
        assert found is not None
        return found


@dataclass
class Visitor:
    """Somebody at a browser."""

    accounts: Accounts
    client: httpx.AsyncClient

    async def get(self, path: str) -> Page:
        return Page(await self.client.get(path))

    async def post(self, path: str, fields: Mapping[str, str] = {}, *, at: str = "") -> Page:
        """Send a form of the page ``at`` (the same path unless said) to ``path``."""
        page = await self.get(at or path)
        csrf = page.fields.get("csrf", "")
        return Page(await self.client.post(path, data={"csrf": csrf, **fields}))

    async def register(self, email: str = JEANNE, name: str = "Jeanne Dupont") -> Page:
        """Ask for an account, and open it by the link."""
        await self.post("/account/register", {"email": email})
        self.accounts.portal.clock.advance(seconds=1)
        link = await self.accounts.link(email)
        opened = await self.post(link, {"name": name, "password": PASSWORD})
        assert opened.status == 303, opened.html
        return opened

    async def sign_in(
        self, email: str = JEANNE, password: str = PASSWORD, next: str = ""
    ) -> Page:
        fields = {"email": email, "password": password, "next": next}
        return await self.post("/account/login", fields)

    async def sign_out(self) -> Page:
        return await self.post("/account/logout", at="/me/profile")


def where(page: Page) -> str:
    """Where an answer leads to."""
    return str(page.response.headers.get("location", ""))
