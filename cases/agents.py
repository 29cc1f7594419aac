"""Agents: who works queues, how they sign in, and the tokens of their programs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import Clock
from core.database import Base, Database, UtcDateTime
from core.errors import NotThere, Refused
from core.ids import new_id
from core.security import hash_password, hash_token, new_token, password_matches

SESSION_LENGTH = timedelta(hours=12)


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
    """Enter a new agent. Raises Refused when the address is taken."""
    email = email.strip().lower()
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
    )
