"""The demo town: what an empty store is filled with, so that there is something to look at."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import QueueRow, Role, RoutingRuleRow, create_agent, create_queue
from cases.agents import set_extension
from cases.procedures import add_procedure, example_procedures, publish_procedure
from cases.telephone import QueueLineRow
from core.clock import utc_now
from core.database import Database
from core.i18n import LOCALES
from core.ids import new_id

DOMAIN = "demo.example"


@dataclass(frozen=True, slots=True)
class DemoQueue:
    slug: str
    name: str
    service_level: int  # working days
    phone: str
    """Of the numbers that are nobody's and may be written in plays (ARCEP, 01 99 00)."""
    words: str = ""
    """A regular expression on subject and text; the mailbox of the same name always counts."""
    key: str = ""
    """In the telephone's menu."""
    spoken: tuple[str, str] = ("", "")
    """How the menu says it, in French and in English."""


QUEUES = (
    DemoQueue("mairie", "Accueil de la mairie", 5, "+33199001001"),
    DemoQueue(
        "voirie",
        "Voirie et propreté",
        10,
        "+33199001002",
        r"(?i)nid[s]?[- ]de[- ]poule|trottoir|lampadaire|éclairage|chaussée|encombrants|poubelle",
        key="2",
        spoken=("la voirie et la propreté", "roads and cleaning"),
    ),
    DemoQueue(
        "etat-civil",
        "État civil",
        3,
        "+33199001003",
        r"(?i)acte de (naissance|mariage|décès)|livret de famille|carte d.identité|passeport",
        key="1",
        spoken=("l’état civil", "birth, marriage and identity papers"),
    ),
    DemoQueue(
        "urbanisme",
        "Urbanisme",
        20,
        "+33199001004",
        r"(?i)permis de construire|déclaration préalable|cadastre",
    ),
    DemoQueue(
        "ecoles",
        "Enfance et écoles",
        5,
        "+33199001005",
        r"(?i)inscription scolaire|cantine|périscolaire",
        key="3",
        spoken=("les écoles et la cantine", "schools and canteens"),
    ),
)


@dataclass(frozen=True, slots=True)
class DemoAgent:
    email: str
    name: str
    roles: tuple[Role, ...]
    queues: tuple[str, ...] = ()
    extension: str = ""


AGENTS = (
    DemoAgent(
        f"agent@{DOMAIN}",
        "Camille Martin",
        (Role.RECEPTION, Role.FUNCTIONAL_ADMIN),
        tuple(queue.slug for queue in QUEUES),
        "201",
    ),
    DemoAgent(f"karim@{DOMAIN}", "Karim Benali", (Role.HANDLER,), ("voirie",), "202"),
    DemoAgent(f"lucie@{DOMAIN}", "Lucie Moreau", (Role.HANDLER,), ("etat-civil", "ecoles"), "203"),
    DemoAgent(f"admin@{DOMAIN}", "Noé Girard", (Role.SYSTEM_ADMIN,)),
)

MAILBOXES = tuple(f"{queue.slug}@{DOMAIN}" for queue in QUEUES)


def demo_password(secret: bytes) -> str:
    """The demo agents' password: of this installation alone, and the same at every start."""
    return hmac.digest(secret, b"demo-password", "sha256").hex()[:12]


async def is_empty(database: Database) -> bool:
    async with database.read() as session:
        return not await session.scalar(select(func.count()).select_from(QueueRow))


async def create_town(database: Database, password: str) -> None:
    """Enter queues, routing rules, procedures and agents, in one transaction."""
    async with database.begin() as session:
        ids = {
            queue.slug: await create_queue(
                session,
                slug=queue.slug,
                name=queue.name,
                mailbox=f"{queue.slug}@{DOMAIN}",
                phone=queue.phone,
                service_level=queue.service_level,
            )
            for queue in QUEUES
        }
        _add_rules(session, ids)
        _add_telephone(session, ids)
        for definition in example_procedures():
            procedure = await add_procedure(session, utc_now, definition)
            await publish_procedure(session, utc_now, procedure, by=None)
        await session.flush()
        for agent in AGENTS:
            await create_agent(
                session,
                email=agent.email,
                name=agent.name,
                password=password,
                roles=agent.roles,
                queue_ids=[ids[slug] for slug in agent.queues],
            )
            await set_extension(session, agent.email, agent.extension)


def _add_telephone(session: AsyncSession, ids: Mapping[str, UUID]) -> None:
    for queue in QUEUES:
        if queue.key:
            row = QueueLineRow(
                queue_id=ids[queue.slug],
                key=queue.key,
                names=dict(zip(LOCALES, queue.spoken, strict=True)),
                opening_hours="",
                transfer_to="",
            )
            session.add(row)


def _add_rules(session: AsyncSession, ids: Mapping[str, UUID]) -> None:
    """Who writes to a queue's own mailbox means it; after that, the words decide."""
    by_mailbox = [
        (f"À {queue.slug}@", f'"{queue.slug}@{DOMAIN}" in message.recipients', queue.slug)
        for queue in QUEUES[1:]
    ]
    by_words = [
        (
            f"Mots : {queue.name}",
            f"(message.subject + '\\n' + message.text).matches(r'''{queue.words}''')",
            queue.slug,
        )
        for queue in QUEUES
        if queue.words
    ]
    for priority, (name, expression, slug) in enumerate(by_mailbox + by_words, start=1):
        session.add(
            RoutingRuleRow(
                id=new_id(),
                name=name,
                priority=priority * 10,
                expression=expression,
                queue_id=ids[slug],
            )
        )
