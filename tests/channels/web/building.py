"""The portal through its public face: a small app, browsers for it, and what they are shown."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine, event, select
from starlette.requests import Request

import channels.web.routes
from cases import Actions, Agent, CaseRow, JoinedBy, Opening, QueueRow, join_case, open_case
from cases.agents import AgentRow
from channels.web.contact import Who
from channels.web.normalize import normalize
from channels.web.routes import Limits
from channels.web.views import TEMPLATES
from channels.web.visitors import Visitor, Visitors, anybody
from citizens import Account
from citizens.sharing import Wallet
from core.blobs import Blobs
from core.database import Database
from core.settings import Settings
from core.web import BodyLimit, Csrf, PageMiddleware, Pages, StaticFiles, install_problems
from ingest import Acceptance
from ingest.models import IntakeRow, MessageRow
from ingest.normalization import Normalized, enter_message, intake_of
from ingest.stream import publish
from tests.builders import SettableClock, agent, little_town, message_row

SECRET = b"the town's secret"
TYPED = {
    "subject": "Lampadaire éteint",
    "message": "Rue de l'Église, devant le n° 4.",
    "email": "jeanne@citizens.example",
}
PDF = ("plan.pdf", b"%PDF-1.7 a plan", "application/pdf")
File = tuple[str, bytes, str]
"""Name, content, media type."""


@dataclass
class Portal:
    """A town's portal, and the desk behind it as far as tracking shows it."""

    settings: Settings
    database: Database
    blobs: Blobs
    clock: SettableClock
    limits: Limits = field(default_factory=Limits)
    visitors: Visitors = anybody
    queue: QueueRow | None = None
    agent: Agent = field(default_factory=lambda: agent(name="Camille Durand"))
    who: Who | None = None
    wallet: Wallet | None = None

    def __post_init__(self) -> None:
        self.acceptance = Acceptance(self.database, self.blobs, self.clock)
        self.pages = pages = Pages(
            {"portal": TEMPLATES},
            csrf=Csrf(SECRET),
            static=StaticFiles(),
            clock=self.clock,
            town="Ville de Démo",
        )
        self.app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        install_problems(self.app, pages)
        self.app.add_middleware(PageMiddleware, language="fr")
        self.app.add_middleware(BodyLimit, most=2 * self.settings.max_upload)
        self.app.include_router(
            channels.web.routes.router(
                database=self.database,
                accept=self.acceptance.accept,
                pages=pages,
                settings=self.settings,
                secret=SECRET,
                blobs=self.blobs,
                clock=self.clock,
                limits=self.limits,
                visitors=self._visitors,
                who=self._who,
                wallet=self.wallet,
            )
        )

    async def _visitors(self, request: Request) -> Visitor:
        return await self.visitors(request)

    async def _who(self, request: Request) -> Account | None:
        return await self.who(request) if self.who else None

    @asynccontextmanager
    async def browser(
        self, *, address: str = "192.0.2.7", **headers: str
    ) -> AsyncIterator["Browser"]:
        """Somebody's browser, with cookies of its own."""
        transport = httpx.ASGITransport(self.app, client=(address, 1234))
        async with httpx.AsyncClient(
            transport=transport,
            base_url="http://portal.example",
            headers={"accept": "text/html", **headers},
        ) as client:
            yield Browser(client)

    async def intakes(self) -> Sequence[IntakeRow]:
        async with self.database.read() as session:
            return (await session.scalars(select(IntakeRow).order_by(IntakeRow.received_at))).all()

    async def raw(self) -> bytes:
        """Of the only intake there is."""
        (intake,) = await self.intakes()
        async with self.database.read() as session:
            return await self.blobs.read(session, intake.raw_sha256)

    async def work_off(self) -> None:
        """What the pipeline does with an intake: a message, and a case of its own."""
        (row,) = await self.intakes()
        intake = intake_of(row, await self.raw())
        message = normalize(intake)
        staged = [await self.blobs.stage(part.content) for part in message.attachments]
        async with self.database.begin() as session:
            queue = (await little_town(session)).queues["voirie"]
            entered = await enter_message(session, self.blobs, Normalized(intake, message, staged))
            await session.flush()
            opening = await session.get_one(MessageRow, entered)
            await publish(
                session, [open_case(session, opening, _opening(message.reference, queue))]
            )
            session.add(
                AgentRow(
                    id=self.agent.id,
                    email=self.agent.email,
                    name=self.agent.name,
                    password_hash="",
                    roles=["reception"],
                )
            )

    async def act(self, reference: str, action: str, **values: Any) -> None:
        """An agent does something to a case."""
        self.clock.advance(minutes=1)
        async with self.database.begin() as session:
            case = await session.scalar(select(CaseRow).where(CaseRow.reference == reference))
            assert case is not None
            actions = Actions(session, self.clock, self.agent, "guichet.demo.example")
            await getattr(actions, action)(reference, case.version, **values)

    async def join(self, reference: str, **message: Any) -> UUID:
        """A message joins a case."""
        self.clock.advance(minutes=1)
        row = message_row(received_at=self.clock(), **message)
        async with self.database.begin() as session:
            session.add(row)
            await session.flush()
            case = await session.scalar(select(CaseRow).where(CaseRow.reference == reference))
            assert case is not None
            await publish(session, [join_case(session, case, row, JoinedBy.THREAD)])
        return row.id

    @contextmanager
    def queries(self) -> Iterator[list[str]]:
        """The statements that are executed meanwhile, reading and writing."""
        asked: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            asked.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield asked
        finally:
            event.remove(Engine, "before_cursor_execute", note)


@dataclass
class Browser:
    client: httpx.AsyncClient

    async def get(self, path: str, **headers: str) -> "Page":
        return Page(await self.client.get(path, headers=headers))

    async def form(self, path: str = "/") -> dict[str, str]:
        """The fields of the form on a page, as they are before anything is typed."""
        return (await self.get(path)).fields

    async def send(
        self, fields: Mapping[str, str], files: Sequence[File] = (), /, **headers: str
    ) -> "Page":
        """Send the contact form as a browser does: multipart, in the order of the page."""
        parts: list[tuple[str, Any]] = []
        for name, value in fields.items():
            if name == "attachments":
                parts += [(name, file) for file in files]
            else:
                parts.append((name, (None, value)))
        return Page(await self.client.post("/contact", files=parts, headers=headers))

    async def contact(self, files: Sequence[File] = (), /, **typed: str) -> "Page":
        """Ask for the form, fill it in and send it."""
        return await self.send(await self.form() | TYPED | typed, files)

    async def submitted(self, **typed: str) -> tuple[str, str]:
        """A form that was sent: its reference and its tracking key."""
        sent = await self.contact(**typed)
        thanks = await self.get(sent.response.headers["location"])
        return thanks.texts["reference"], thanks.texts["tracking-key"]

    async def track(self, reference: str, key: str, **headers: str) -> "Page":
        """Ask for the tracking form, fill it in and send it."""
        fields = await self.form("/tracking")
        fields |= {"reference": reference, "tracking_key": key}
        return Page(await self.client.post("/tracking", data=fields, headers=headers))

    async def case(self, reference: str, key: str) -> "Page":
        """The page that the right codes lead to."""
        answer = await self.track(reference, key)
        assert answer.status == 303
        return await self.get(answer.response.headers["location"])


class Page(HTMLParser):
    """A page as its reader finds it."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.response = response
        self.status = response.status_code
        self.fields: dict[str, str] = {}
        """What the form's fields hold, by name."""
        self.texts: dict[str, str] = {}
        """The texts of elements that have an id."""
        self.links: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.styled: list[str] = []
        """Elements with a style or a handler of events of their own."""
        self._open: list[tuple[str, str]] = []
        self.feed(response.text)
        self.close()

    @property
    def html(self) -> str:
        return self.response.text

    def error(self, name: str) -> str:
        """The mistake that is shown at a field."""
        return " ".join(self.texts.get(f"{name}-error", "").split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        name, value = values.get("name"), values.get("value")
        if tag == "input" and name:
            self.fields[name] = value or ""
        if tag == "textarea" and name:
            self.fields[name] = ""
        if tag == "a":
            self.links.append(values.get("href") or "")
        if tag == "script":
            self.scripts.append(values)
        if tag == "style" or any(name == "style" or name[:2] == "on" for name in values):
            self.styled.append(tag)
        if tag not in ("input", "meta", "link", "br", "img"):
            self._open.append((tag, values.get("id") or ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "textarea":
            self.fields[self._open[-1][1]] += data.removeprefix("\n")
        for _, name in self._open:
            if name:
                self.texts[name] = self.texts.get(name, "") + data


def shows(page: Page, field: str, mistake: str) -> bool:
    """Whether a mistake is at its field, and in the summary as a link to it."""
    return " ".join(mistake.split()) in page.error(field) and f"#{field}" in page.links


def _opening(reference: str, queue: QueueRow) -> Opening:
    return Opening(
        reference=reference,
        queue=queue,
        citizen_id=None,
        mailbox="voirie@demo.example",
        language="fr",
        fingerprint="",
        due_at=None,
    )
