"""What an agent did at the desk or by a program, for the audit trail: the same words for both."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_api.context import Context
from cases import Agent, audit
from cases.audit import AuditRow
from ingest.models import DocumentRow
from notify import Letter


def document_read(
    session: AsyncSession,
    context: Context,
    agent: Agent,
    reference: str,
    document: DocumentRow,
    **more: int,
) -> None:
    """``more`` is the ``page``, when a single one was looked at."""
    audit.record(
        session,
        context.clock,
        agent_id=agent.id,
        action="document.read",
        object_kind="case",
        object_id=reference,
        details={"document": str(document.id), "name": document.name, **more},
    )


def procedure(
    session: AsyncSession, context: Context, agent: Agent, done: str, slug: str, **more: object
) -> None:
    """``done`` is ``edited``, ``imported``, ``published``, ``enabled`` or ``disabled``."""
    audit.record(
        session,
        context.clock,
        agent_id=agent.id,
        action=f"procedure.{done}",
        object_kind="procedure",
        object_id=slug,
        details=more,
    )


def quarantine_item(
    session: AsyncSession, context: Context, agent: Agent, done: str, item_id: UUID
) -> None:
    """``done`` is ``read``, ``retried`` or ``filed``."""
    audit.record(
        session,
        context.clock,
        agent_id=agent.id,
        action=f"quarantine.{done}",
        object_kind="quarantine",
        object_id=str(item_id),
    )


def citizens_searched(session: AsyncSession, context: Context, agent: Agent, found: int) -> None:
    """How many were found, and not what was asked for: the trail outlives citizens' names."""
    audit.record(
        session,
        context.clock,
        agent_id=agent.id,
        action="citizens.searched",
        object_kind="citizens",
        object_id="",
        details={"found": found},
    )


async def filed(
    session: AsyncSession, context: Context, agent: Agent, reference: str, *, again: bool
) -> None:
    """``again``: the form was filed before, and what changed since was not.

    A double click is one filing.
    """
    query = select(AuditRow.id).where(
        AuditRow.object_kind == "case",
        AuditRow.object_id == reference,
        AuditRow.action == "counter.filed",
    )
    if not again and await session.scalar(query.limit(1)):
        return
    audit.record(
        session,
        context.clock,
        agent_id=agent.id,
        action="counter.filed",
        object_kind="case",
        object_id=reference,
        details={"again": again},
    )


def receipt_printed(session: AsyncSession, context: Context, agent: Agent, reference: str) -> None:
    audit.record(
        session,
        context.clock,
        agent_id=agent.id,
        action="receipt.printed",
        object_kind="case",
        object_id=reference,
    )


def letters_printed(
    session: AsyncSession,
    context: Context,
    agent: Agent,
    batch_id: UUID,
    letters: Sequence[Letter],
) -> None:
    audit.record(
        session,
        context.clock,
        agent_id=agent.id,
        action="letters.printed",
        object_kind="letters",
        object_id=str(batch_id),
        details={"references": [letter.reference for letter in letters]},
    )


def batch_taken_out(session: AsyncSession, context: Context, agent: Agent, batch_id: UUID) -> None:
    """The file was downloaded, for the first time or again."""
    audit.record(
        session,
        context.clock,
        agent_id=agent.id,
        action="letters.read",
        object_kind="letters",
        object_id=str(batch_id),
    )
