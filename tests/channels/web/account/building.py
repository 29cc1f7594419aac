"""People with accounts, and what they find in their mailboxes."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from secrets import choice
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

import channels.web.account.routes
import citizens
from cases import Opening, QueueRow, open_case
from channels.web.account.asking import account_at
from channels.web.account.context import Context, Limits
from channels.web.account.visiting import visitors
from channels.web.normalize import normalize
from channels.web.procedures.normalize import normalize as procedure_normalize
from channels.web.procedures.submission import FORM
from citizens import AccountRow, Name
from citizens.accounts import create_account
from citizens.sessions import open_session
from citizens.sharing import Sharing
from citizens.wallet import SealedWallet
from core.database import Database
from core.processes import Processes
from core.references import new_reference
from core.web.csrf import ACCOUNT_COOKIE
from ingest.models import IntakeRow, MessageRow
from ingest.normalization import Normalized, enter_message, intake_of
from ingest.stream import publish
from notify import AccountMails, Letterhead
from notify.models import DeliveryRow, NotificationRow
from router import Calendar, Routing
from tests.builders import is_ours, little_town, message_row, normalized, references
from tests.channels.web.building import SECRET, Page, Portal

PASSWORD = "trois tortues vertes"
JEANNE = "jeanne@citizens.example"
PAUL = "paul@citizens.example"
QUOTA = 200_000  # bytes of a wallet
VIRUS = b"this is a virus"
VIEWERS = Processes(1)
"""For all tests; whoever uses it closes it."""
NAMES = {JEANNE: Name("Jeanne", "Dupont"), PAUL: Name("Paul", "Martin")}


@dataclass
class Texts:
    """A way out for SMS that keeps them."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    async def send_text(self, number: str, text: str) -> None:
        self.sent.append((number, text))


class Scanner:
    """A virus scanner that knows one virus."""

    async def names_of(self, contents: Sequence[bytes]) -> list[str]:
        return ["Test.Virus" if VIRUS in content else "" for content in contents]


@dataclass
class Accounts:
    """A portal with accounts."""

    portal: Portal
    limits: Limits = field(default_factory=Limits)
    texts: Texts = field(default_factory=Texts)

    def __post_init__(self) -> None:
        settings, blobs = self.portal.settings, self.portal.blobs
        self.wallet = SealedWallet(
            self.database, blobs, self.portal.clock, SECRET, quota=QUOTA, antivirus=Scanner()
        )
        self.context = Context(
            settings=settings,
            secret=SECRET,
            clock=self.portal.clock,
            database=self.portal.database,
            pages=self.portal.pages,
            mails=AccountMails(Letterhead.of(settings, SECRET), self.portal.clock),
            accept=self.portal.acceptance.accept,
            blobs=self.portal.blobs,
            wallet=self.wallet,
            sharing=Sharing(self.wallet, self.portal.clock),
            viewers=VIEWERS,
            texts=self.texts,
            limits=self.limits,
        )
        self.portal.who = partial(account_at, context=self.context)
        self.portal.visitors = visitors(self.context)
        channels.web.account.routes.install(self.portal.app, self.context)

    async def work_off(self) -> None:
        """What the pipeline does with new intakes: messages, and cases that they open or join."""
        database = self.database
        async with database.begin() as session:
            if await session.scalar(select(QueueRow)) is None:
                await little_town(session)
        known = select(MessageRow.intake_id).where(MessageRow.intake_id.is_not(None))
        async with database.read() as session:
            query = select(IntakeRow).where(IntakeRow.id.not_in(known))
            rows = (await session.scalars(query.order_by(IntakeRow.received_at))).all()
            raws = [await self.portal.blobs.read(session, row.raw_sha256) for row in rows]
        routing = Routing(
            database,
            self.portal.clock,
            Calendar("FR", "Europe/Paris"),
            references(),
            is_ours=is_ours,
            main_mailbox="mairie@demo.example",
            language="fr",
        )
        for row, raw in zip(rows, raws, strict=True):
            intake = intake_of(row, raw)
            form = intake.facts.get("form") == FORM
            message = procedure_normalize(intake) if form else normalize(intake)
            staged = [await self.portal.blobs.stage(part.content) for part in message.attachments]
            async with database.begin() as session:
                whole = Normalized(intake, message, staged)
                entered = await enter_message(session, self.portal.blobs, whole)
                await session.flush()
                events = [normalized(await session.get_one(MessageRow, entered))]
            prepared = await routing.prepare(events)
            async with database.begin() as session:
                for event in events:
                    await publish(session, await routing.handle(event, session, prepared))

    async def case(self, email: str = JEANNE, *, subject: str = "Lampadaire", **row: Any) -> str:
        """A case of somebody's that came by mail, proven unless told otherwise; its reference."""
        sent = {"sender_address": email, "sender_trust": "verified", "subject": subject, **row}
        message = message_row(**sent)
        async with self.database.begin() as session:
            queue = await session.scalar(select(QueueRow).where(QueueRow.slug == "voirie"))
            queue = queue or (await little_town(session)).queues["voirie"]
            known = await citizens.known(session, [email])
            if not known:
                await citizens.enter(session, [(email, "", "fr")], self.portal.clock())
            session.add(message)
            await session.flush()
            reference = new_reference(choice)
            opening = Opening(
                reference=reference,
                queue=queue,
                citizen_id=known.get(email, citizens.newcomer(email)),
                mailbox="voirie@demo.example",
                language="fr",
                fingerprint="",
                due_at=None,
            )
            await publish(session, [open_case(session, message, opening)])
        return reference

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
        clock = self.portal.clock
        async with self.database.begin() as session:
            account_id = await create_account(
                session, clock, email=email, name=NAMES[email], password=PASSWORD, language="fr"
            )
            token = await open_session(session, clock, account_id, "")
        async with self.visitor() as visitor:
            visitor.client.cookies.set(ACCOUNT_COOKIE, token, domain="portal.example", path="/")
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

    async def send(
        self,
        path: str,
        fields: Mapping[str, str | list[str]] = {},
        files: Mapping[str, tuple[str, bytes, str]] = {},
        *,
        at: str,
    ) -> Page:
        """Send a form with files, as the page ``at`` has it."""
        hidden = {
            name: value
            for name, value in (await self.get(at)).fields.items()
            if name in ("csrf", "nonce")
        }
        answer = await self.client.post(path, data={**hidden, **fields}, files=dict(files))
        return Page(answer)

    async def sign_in(self, email: str = JEANNE, password: str = PASSWORD, next: str = "") -> Page:
        fields = {"email": email, "password": password, "next": next}
        return await self.post("/account/login", fields)

    async def sign_out(self) -> Page:
        return await self.post("/account/logout", at="/me/profile")


def where(page: Page) -> str:
    """Where an answer leads to."""
    return str(page.response.headers.get("location", ""))
