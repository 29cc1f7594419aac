"""Agents: who works queues, how they sign in, and the tokens of their programs."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import Clock
from core.database import Base, Database, UtcDateTime
from core.errors import BadInput, NotThere, Refused
from core.i18n import LOCALES, N_
from core.ids import new_id
from core.security import hash_password, hash_token, new_token, password_matches

SESSION_LENGTH = timedelta(hours=12)
MIN_PASSWORD = 12  # characters: longer protects better than odd (NIST SP 800-63B)
_EXTENSION = re.compile(r"\+?[0-9A-Za-z*#._-]{1,31}")
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,189}")


class Role(StrEnum):
    RECEPTION = "reception"
    HANDLER = "handler"
    FUNCTIONAL_ADMIN = "functional_admin"
    SYSTEM_ADMIN = "system_admin"


class AgentRow(Base):
    __tablename__ = "agents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]] = mapped_column(JSON)
    language: Mapped[str] = mapped_column(String(8), default="fr")
    active: Mapped[bool] = mapped_column(default=True)
    extension: Mapped[str] = mapped_column(String(32), default="")
    """The telephone that they sit at, as the exchange calls it; may be empty."""


Index(
    "ix_agents_extension",
    AgentRow.extension,
    unique=True,
    sqlite_where=AgentRow.extension != "",
    postgresql_where=AgentRow.extension != "",
)


class AgentQueueRow(Base):
    __tablename__ = "agent_queues"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    queue_id: Mapped[UUID] = mapped_column(ForeignKey("queues.id"), primary_key=True, index=True)


class AgentSessionRow(Base):
    __tablename__ = "agent_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class AgentTokenRow(Base):
    """A personal access token: a program acting for the agent."""

    __tablename__ = "agent_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Agent:
    """A signed-in agent and what they may work on."""

    id: UUID
    email: str
    name: str
    language: str
    roles: frozenset[Role]
    queue_ids: frozenset[UUID]
    extension: str = ""
    """The telephone that they sit at; may be empty."""


async def create_agent(
    session: AsyncSession,
    *,
    email: str,
    name: str,
    password: str,
    roles: Sequence[Role],
    queue_ids: Sequence[UUID] = (),
    language: str = "fr",
) -> UUID:
    """Enter a new agent.

    Raises Refused when the address is taken, BadInput when something given is not good enough.
    """
    email = email.strip().lower()
    if not _ADDRESS.fullmatch(email):
        raise BadInput(f"{email} is no e-mail address", where="email")
    check_new_password(password)
    if language not in LOCALES:
        raise BadInput(f"the languages are {', '.join(LOCALES)}", where="language")
    if await session.scalar(select(AgentRow.id).where(AgentRow.email == email)):
        raise Refused(f"there is an agent {email} already")
    agent_id = new_id()
    password_hash = await asyncio.to_thread(hash_password, password)
    session.add(
        AgentRow(
            id=agent_id,
            email=email,
            name=name,
            password_hash=password_hash,
            roles=[*roles],
            language=language,
        )
    )
    await session.flush()
    session.add_all(AgentQueueRow(agent_id=agent_id, queue_id=queue) for queue in queue_ids)
    return agent_id


def check_new_password(password: str) -> None:
    """Raises BadInput when it is too short."""
    if len(password) < MIN_PASSWORD:
        raise BadInput(f"a password has at least {MIN_PASSWORD} characters", where="password")


async def check_password(database: Database, email: str, password: str) -> UUID:
    """The id of the agent. Raises Refused alike for a wrong address and a wrong password.

    No connection is held while the password is worked on: that is slow on purpose.
    """
    query = select(AgentRow).where(AgentRow.email == email.strip().lower(), AgentRow.active)
    async with database.read() as session:
        row = await session.scalar(query)
    stored = row.password_hash if row else None
    storable = password.encode("utf-8", "replace").decode()  # a form may bring lone surrogates
    if not await asyncio.to_thread(password_matches, stored, storable) or row is None:
        raise Refused("the address or the password is wrong")
    return row.id


async def open_session(session: AsyncSession, clock: Clock, agent_id: UUID) -> str:
    """Sign the agent in; returns the token for the cookie. Sweeps what has expired."""
    now = clock()
    await session.execute(delete(AgentSessionRow).where(AgentSessionRow.expires_at < now))
    token = new_token()
    session.add(
        AgentSessionRow(
            token_hash=hash_token(token), agent_id=agent_id, expires_at=now + SESSION_LENGTH
        )
    )
    return token


async def close_session(session: AsyncSession, token: str) -> None:
    await session.execute(
        delete(AgentSessionRow).where(AgentSessionRow.token_hash == hash_token(token))
    )


async def agent_of_session(session: AsyncSession, clock: Clock, token: str) -> Agent | None:
    """The agent of a live session, or None."""
    query = select(AgentSessionRow.agent_id).where(
        AgentSessionRow.token_hash == hash_token(token), AgentSessionRow.expires_at > clock()
    )
    agent_id = await session.scalar(query)
    return await _active_agent(session, agent_id) if agent_id else None


async def create_token(session: AsyncSession, clock: Clock, email: str, name: str) -> str:
    """A new personal access token; it is shown this once. Raises NotThere."""
    query = select(AgentRow.id).where(AgentRow.email == email.strip().lower(), AgentRow.active)
    agent_id = await session.scalar(query)
    if agent_id is None:
        raise NotThere(f"no agent {email}")
    token = f"guichet_{new_token()}"
    session.add(
        AgentTokenRow(
            token_hash=hash_token(token), agent_id=agent_id, name=name, created_at=clock()
        )
    )
    return token


async def agent_of_token(session: AsyncSession, token: str) -> Agent | None:
    """The agent of a personal access token, or None."""
    query = select(AgentTokenRow.agent_id).where(AgentTokenRow.token_hash == hash_token(token))
    agent_id = await session.scalar(query)
    return await _active_agent(session, agent_id) if agent_id else None


async def list_agents(session: AsyncSession) -> list[AgentRow]:
    """Every agent, in the order of the addresses."""
    return list(await session.scalars(select(AgentRow).order_by(AgentRow.email)))


async def set_password(session: AsyncSession, email: str, password: str) -> UUID:
    """Give an agent another password; who is signed in with the old one is signed out.

    Returns the agent's id. Raises NotThere, and BadInput when it is too short.
    """
    check_new_password(password)
    row = await _row(session, email)
    row.password_hash = await asyncio.to_thread(hash_password, password)
    await session.execute(delete(AgentSessionRow).where(AgentSessionRow.agent_id == row.id))
    return row.id


async def revoke_tokens(session: AsyncSession, email: str) -> UUID:
    """End all personal access tokens of an agent. Returns the agent's id. Raises NotThere."""
    row = await _row(session, email)
    await session.execute(delete(AgentTokenRow).where(AgentTokenRow.agent_id == row.id))
    return row.id


async def set_extension(session: AsyncSession, email: str, extension: str) -> UUID:
    """Say which telephone an agent sits at; empty for none. Returns the agent's id.

    Raises NotThere, BadInput when it is no extension, and Refused when it is another agent's.
    """
    extension = extension.strip()
    if extension and not _EXTENSION.fullmatch(extension):
        raise BadInput(N_("An extension is up to 32 digits and letters."), where="extension")
    row = await _row(session, email)
    other = select(AgentRow.name).where(
        AgentRow.extension == extension, AgentRow.extension != "", AgentRow.id != row.id
    )
    if name := await session.scalar(other):
        raise Refused(f"the extension {extension} is {name}'s")
    row.extension = extension
    return row.id


async def disable_agent(session: AsyncSession, email: str) -> UUID:
    """The agent, and their programs, can do nothing any more; what they did stays in the record.

    Returns the agent's id. Raises NotThere.
    """
    agent_id = await revoke_tokens(session, email)
    row = await session.get_one(AgentRow, agent_id)
    row.active, row.extension = False, ""
    await session.execute(delete(AgentSessionRow).where(AgentSessionRow.agent_id == agent_id))
    return agent_id


async def _row(session: AsyncSession, email: str) -> AgentRow:
    row = await session.scalar(select(AgentRow).where(AgentRow.email == email.strip().lower()))
    if row is None:
        raise NotThere(f"no agent {email}")
    return row


async def _active_agent(session: AsyncSession, agent_id: UUID) -> Agent | None:
    row = await session.get(AgentRow, agent_id)
    if row is None or not row.active:
        return None
    queues = select(AgentQueueRow.queue_id).where(AgentQueueRow.agent_id == agent_id)
    return Agent(
        id=row.id,
        email=row.email,
        name=row.name,
        language=row.language,
        roles=frozenset(Role(role) for role in row.roles),
        queue_ids=frozenset(await session.scalars(queues)),
        extension=row.extension,
    )
