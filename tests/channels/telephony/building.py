"""The town's side of the telephone through its public face, and somebody who signs as Twilio."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import httpx
from fastapi import FastAPI
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from cases import Opening, open_case
from channels.cti import Calls
from channels.telephony import hooks
from channels.telephony.normalize import normalize
from core.blobs import Blobs
from core.database import Database
from core.settings import Settings
from core.web import Csrf, Pages, StaticFiles, install_problems
from ingest import Acceptance, Message
from ingest.models import IntakeRow, MessageRow
from ingest.normalization import intake_of
from notify import TwilioAccount
from tests.builders import SettableClock, little_town, message_row, references

SECRET = b"the town's secret"
ORIGIN = "https://guichet.town.example"
JEANNE = "+33639980001"
ACCOUNT = TwilioAccount(
    sid="AC" + "0" * 32, token="12345", number="+33199000000", hooks=f"{ORIGIN}/hooks/twilio"
)


@dataclass
class Exchange:
    """Webhooks arrive behind a proxy: their host is not the one that Twilio called."""

    database: Database
    blobs: Blobs
    clock: SettableClock
    settings: Settings

    def __post_init__(self) -> None:
        acceptance = Acceptance(self.database, self.blobs, self.clock)
        csrf, static = Csrf(SECRET), StaticFiles()
        pages = Pages({}, csrf=csrf, static=static, clock=self.clock, town="Ville de Démo")
        self.app = FastAPI(openapi_url=None)
        install_problems(self.app, pages)
        self.app.include_router(
            hooks.router(
                account=ACCOUNT,
                database=self.database,
                accept=acceptance.accept,
                clock=self.clock,
                settings=self.settings,
                secret=SECRET,
                take_report=Calls(self.database, self.clock, language="fr").take,
            )
        )

    @asynccontextmanager
    async def line(self) -> AsyncIterator["Line"]:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.5") as client:
            yield Line(client)

    async def intakes(self) -> Sequence[IntakeRow]:
        async with self.database.read() as session:
            return (await session.scalars(select(IntakeRow).order_by(IntakeRow.key))).all()

    async def messages(self) -> list[Message]:
        """What the intakes say, in the order of their keys."""
        messages = []
        for row in await self.intakes():
            async with self.database.read() as session:
                raw = await self.blobs.read(session, row.raw_sha256)
            messages.append(normalize(intake_of(row, raw)))
        return messages


@dataclass
class Line:
    client: httpx.AsyncClient
    sid: str = "CA" + "1" * 32

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """A webhook that Twilio has signed."""
        return await self.send(path, fields, signature_of(path, fields))

    async def send(
        self, path: str, fields: Mapping[str, str], signature: str | None
    ) -> httpx.Response:
        headers = {"X-Twilio-Signature": signature} if signature is not None else {}
        return await self.client.post(path, data=dict(fields), headers=headers)

    async def sms(self, body: str, *, sid: str = "SM1", sender: str = JEANNE, **more: str) -> str:
        answer = await self.post(
            "/hooks/twilio/sms",
            MessageSid=sid,
            From=sender,
            To=ACCOUNT.number,
            Body=body,
            **({"NumMedia": "0"} | more),
        )
        assert answer.status_code == 200, answer.text
        return " ".join(ElementTree.fromstring(answer.text).itertext())

    async def call(self, path: str, **more: str) -> "Heard":
        fields = {"CallSid": self.sid, "From": JEANNE, "To": ACCOUNT.number} | more
        answer = await self.post(path, **fields)
        assert answer.status_code == 200, answer.text
        return Heard(ElementTree.fromstring(answer.text))


@dataclass
class Heard:
    """One answer of a call."""

    document: ElementTree.Element

    @property
    def words(self) -> str:
        return " ".join(said.text or "" for said in self.document.iter("Say"))

    @property
    def languages(self) -> set[str]:
        return {said.get("language", "") for said in self.document.iter("Say")}

    def verb(self, name: str) -> Mapping[str, Any]:
        (found,) = self.document.iter(name)
        return {**found.attrib, "text": (found.text or "").strip()}

    def has(self, name: str) -> bool:
        return next(self.document.iter(name), None) is not None


async def opened(database: Database, **message: Any) -> tuple[UUID, MessageRow, str]:
    """A case with its first message; returns its id, the message and the reference."""
    async with database.begin() as session:
        queue = (await little_town(session)).queues["voirie"]
        row = message_row(**message)
        session.add(row)
        await session.flush()
        opening = Opening(
            reference=references()(),
            queue=queue,
            citizen_id=None,
            mailbox="",
            language="fr",
            fingerprint="",
            due_at=None,
        )
        event = open_case(session, row, opening)
    return UUID(event.subject), row, opening.reference


def signature_of(path: str, fields: Mapping[str, str], token: str = ACCOUNT.token) -> str:
    return str(RequestValidator(token).compute_signature(ORIGIN + path, dict(fields)))
