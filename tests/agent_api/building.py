"""A town with a desk: agents, queues and cases, and the browsers and programs that come to it."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import func, select

from agent_api.desk.login import COOKIE_PATH
from cases import (
    Agent,
    CaseMessageRow,
    CaseRow,
    JoinedBy,
    Opening,
    QueueRow,
    Role,
    create_agent,
    create_token,
    join_case,
    open_case,
)
from cases.agents import agent_of_token, open_session
from cases.audit import AuditRow
from core.ids import new_id
from core.settings import Settings
from core.web.csrf import FIELD, SESSION_COOKIE
from guichet.town import Town
from ingest import publish
from ingest.models import DocumentRow, MessageRow, PageRow
from tests.builders import SettableClock, message_row, references

Word = tuple[str, int, float, float, float, float]
"""As pages keep it: text, confidence, left, top, width, height."""
BASE = "http://127.0.0.1"
PASSWORD = "a long enough one"
EXCHANGE_SECRET = "a secret that is long enough"
"""By which the telephone exchange signs."""

CAMILLE = "camille@demo.example"
"""Reception and functional administrator: sees every queue."""
KARIM = "karim@demo.example"
"""Handles ``voirie`` alone."""
SAMIRA = "samira@demo.example"
"""System administrator: sees the quarantine and no case."""

_new_reference = references(start=7)
_CSRF = re.compile(rf'name="{FIELD}" value="([^"]+)"')


@dataclass(frozen=True)
class House:
    """The town, the application that it shows, and who works there."""

    town: Town
    app: FastAPI
    clock: SettableClock
    queues: Mapping[str, QueueRow]
    agents: Mapping[str, UUID]

    def client(self, **headers: str) -> httpx.AsyncClient:
        """Anybody: nobody has signed in."""
        transport = httpx.ASGITransport(app=self.app)
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers)

    async def browser(self, email: str = CAMILLE, language: str = "en") -> "Browser":
        """An agent at the desk, signed in already."""
        client = self.client(**{"accept-language": language})
        async with self.town.database.begin() as session:
            token = await open_session(session, self.clock, self.agents[email])
        client.cookies.set(SESSION_COOKIE, token, domain="127.0.0.1", path=COOKIE_PATH)
        client.cookies.set("guichet_language", language, domain="127.0.0.1", path="/")
        return Browser(client)

    async def program(self, email: str = CAMILLE) -> httpx.AsyncClient:
        """A program of the agent's, with a personal access token."""
        return self.client(authorization=f"Bearer {await self.token(email)}")

    async def token(self, email: str = CAMILLE) -> str:
        async with self.town.database.begin() as session:
            return await create_token(session, self.clock, email, "test")

    async def agent(self, email: str) -> Agent:
        token = await self.token(email)
        async with self.town.database.read() as session:
            agent = await agent_of_token(session, token)
        assert agent is not None
        return agent

    async def open(self, queue: str = "mairie", *, reference: str = "", **message: Any) -> str:
        """A message opens a case; returns its reference."""
        row = message_row(received_at=self.clock(), **message)
        reference = reference or _new_reference()
        opening = Opening(
            reference=reference,
            queue=self.queues[queue],
            citizen_id=None,
            mailbox="mairie@demo.example",
            language="fr",
            fingerprint="",
            due_at=None,
        )
        async with self.town.database.begin() as session:
            session.add(row)
            await session.flush()
            await publish(session, [open_case(session, row, opening)])
        return reference

    async def write_again(self, reference: str, **message: Any) -> None:
        """The citizen writes once more about a case."""
        row = message_row(received_at=self.clock(), **message)
        async with self.town.database.begin() as session:
            session.add(row)
            await session.flush()
            case = await session.scalar(select(CaseRow).where(CaseRow.reference == reference))
            assert case is not None
            await publish(session, [join_case(session, case, row, JoinedBy.THREAD)])

    async def attach(
        self, reference: str, content: bytes, *, name: str = "plan.pdf", **values: Any
    ) -> UUID:
        """Add a document to the case's first message; returns its id."""
        blob = await self.town.blobs.stage(content)
        async with self.town.database.begin() as session:
            message = await self._first_message(session, reference)
            await self.town.blobs.keep(session, [blob])
            document = DocumentRow(
                id=new_id(),
                message_id=message.id,
                position=values.pop("position", 0),
                name=name,
                media_type=values.pop("media_type", "application/pdf"),
                size=blob.size,
                sha256=blob.sha256,
                **values,
            )
            session.add(document)
        return document.id

    async def add_page(
        self, document_id: UUID, text: str = "", words: Sequence[Word] = (), **values: Any
    ) -> UUID:
        """Add a page to a document, behind its others; returns its id."""
        async with self.town.database.begin() as session:
            document = await session.get_one(DocumentRow, document_id)
            query = select(func.count()).where(PageRow.document_id == document_id)
            position = await session.scalar(query) or 0
            defaults = {"number": position, "position": position, "reading": "read"}
            page = PageRow(
                id=new_id(),
                document_id=document_id,
                sha256=document.sha256,
                text=text,
                words=[list(word) for word in words],
                **(defaults | values),
            )
            document.reading = document.reading or "read"
            session.add(page)
        return page.id

    async def first_message(self, reference: str) -> MessageRow:
        async with self.town.database.read() as session:
            return await self._first_message(session, reference)

    async def case(self, reference: str) -> CaseRow:
        """As the store has it now."""
        query = select(CaseRow).where(CaseRow.reference == reference)
        async with self.town.database.read() as session:
            return (await session.scalars(query)).one()

    async def trail(self, action: str) -> list[AuditRow]:
        """What the audit trail has of an action, oldest first."""
        query = select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.id)
        async with self.town.database.read() as session:
            return list((await session.scalars(query)).all())

    async def _first_message(self, session: Any, reference: str) -> MessageRow:
        query = (
            select(MessageRow)
            .join(CaseMessageRow, CaseMessageRow.message_id == MessageRow.id)
            .join(CaseRow, CaseRow.id == CaseMessageRow.case_id)
            .where(CaseRow.reference == reference)
            .order_by(MessageRow.received_at, MessageRow.id)
            .limit(1)
        )
        message: MessageRow = (await session.scalars(query)).one()
        return message

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """The consumers run, as they do in ``guichet run``."""
        async with running(self.town.engine.run()):
            yield


@dataclass(frozen=True)
class Browser:
    """What an agent does with the pages: read them, and send the forms that are on them."""

    client: httpx.AsyncClient

    async def get(self, url: str, **headers: str) -> httpx.Response:
        return await self.client.get(url, headers=headers)

    async def page(self, url: str) -> str:
        """The page, which must be there."""
        answer = await self.client.get(url, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def submit(self, form_on: str, url: str, **fields: str) -> httpx.Response:
        """Send a form to ``url`` with the hidden fields that the page ``form_on`` gives it."""
        page = await self.page(form_on)
        return await self.send(url, {**hidden_fields(page, url), **fields})

    async def send(self, url: str, fields: Mapping[str, str]) -> httpx.Response:
        return await self.client.post(url, data=dict(fields))


def hidden_fields(page: str, url: str) -> dict[str, str]:
    """Of the form on the page that is posted to ``url``."""
    form = re.search(
        rf'<form(?=[^>]*method="post")[^>]*action="{re.escape(url)}".*?</form>', page, re.DOTALL
    )
    assert form, f"no form for {url}"
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    return {name: unescape(value) for name, value in hidden}


def csrf_of(page: str) -> str:
    found = _CSRF.search(page)
    assert found, "no form on the page"
    return found[1]


def town_settings(data: Path) -> Settings:
    return Settings(
        data=data,
        demo=False,
        mailboxes=("@demo.example",),
        dns_servers=("127.0.0.1:9",),  # nobody is asked
        processes=1,
        cti_secrets=(SecretStr(EXCHANGE_SECRET),),
    )


async def build_agents(town: Town, queues: Mapping[str, QueueRow]) -> None:
    who: dict[str, tuple[str, list[Role], list[UUID]]] = {
        CAMILLE: ("Camille Durand", [Role.RECEPTION, Role.FUNCTIONAL_ADMIN], []),
        KARIM: ("Karim Benali", [Role.HANDLER], [queues["voirie"].id]),
        SAMIRA: ("Samira Costa", [Role.SYSTEM_ADMIN], []),
    }
    async with town.database.begin() as session:
        for email, (name, roles, queue_ids) in who.items():
            await create_agent(
                session,
                email=email,
                name=name,
                password=PASSWORD,
                roles=roles,
                queue_ids=queue_ids,
            )


@asynccontextmanager
async def running(work: Any) -> AsyncIterator[None]:
    """Something that works until it is cancelled works beside the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], Awaitable[bool]], *, within: float = 20.0) -> None:
    """Wait for a condition, not for a time."""
    async with asyncio.timeout(within):
        while True:
            if await true():
                return
            await asyncio.sleep(0.01)
