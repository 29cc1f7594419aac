"""What an agent did at the desk or by a program, for the audit trail: the same words for both."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_api.context import Context
from cases import Agent, audit
from cases.audit import AuditRow
from ingest.models import DocumentRow
from notify import Letter


def record(
    session: AsyncSession,
    context: Context,
    agent: Agent,
    action: str,
    kind: str,
    object_id: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """What this agent did just now, in the transaction of its effect; ``kind`` is the object's."""
    audit.record(
        session,
        context.clock,
        agent_id=agent.id,
        action=action,
        object_kind=kind,
        object_id=object_id,
        details=details,
    )


def document_read(
    session: AsyncSession,
    context: Context,
    agent: Agent,
    reference: str,
    document: DocumentRow,
    **more: int,
) -> None:
    """``more`` is the ``page``, when a single one was looked at."""
    record(
        session,
        context,
        agent,
        "document.read",
        "case",
        reference,
        {"document": str(document.id), "name": document.name, **more},
    )


def procedure(
    session: AsyncSession, context: Context, agent: Agent, done: str, slug: str, **more: object
) -> None:
    """``done`` is ``edited``, ``imported``, ``published``, ``enabled`` or ``disabled``."""
    record(session, context, agent, f"procedure.{done}", "procedure", slug, more)


def entry(
    session: AsyncSession, context: Context, agent: Agent, done: str, id: UUID, **more: object
) -> None:
    """``done`` is ``written``, ``scheduled``, ``published``, ``corrected``, ``withdrawn`` …"""
    record(session, context, agent, f"entry.{done}", "entry", str(id), more)


def topic(
    session: AsyncSession, context: Context, agent: Agent, done: str, slug: str, **more: object
) -> None:
    """``done`` is ``added``, ``changed``, ``archived`` …; sections and districts say so in it."""
    record(session, context, agent, f"topic.{done}", "topic", slug, more)


def outside_feed(
    session: AsyncSession, context: Context, agent: Agent, done: str, url: str, **more: object
) -> None:
    """``done`` is ``added``, ``changed`` or ``fetched``."""
    record(session, context, agent, f"outside_feed.{done}", "outside_feed", url, more)


def campaign(
    session: AsyncSession, context: Context, agent: Agent, done: str, id: UUID, **more: object
) -> None:
    """``done`` is ``stopped``, ``resumed`` or ``resent``."""
    record(session, context, agent, f"campaign.{done}", "campaign", str(id), more)


def quarantine_item(
    session: AsyncSession, context: Context, agent: Agent, done: str, item_id: UUID
) -> None:
    """``done`` is ``read``, ``retried`` or ``filed``."""
    record(session, context, agent, f"quarantine.{done}", "quarantine", str(item_id))


def citizens_searched(session: AsyncSession, context: Context, agent: Agent, found: int) -> None:
    """How many were found, and not what was asked for: the trail outlives citizens' names."""
    record(session, context, agent, "citizens.searched", "citizens", "", {"found": found})


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
    record(session, context, agent, "counter.filed", "case", reference, {"again": again})


def receipt_printed(session: AsyncSession, context: Context, agent: Agent, reference: str) -> None:
    record(session, context, agent, "receipt.printed", "case", reference)


def letters_printed(
    session: AsyncSession,
    context: Context,
    agent: Agent,
    batch_id: UUID,
    letters: Sequence[Letter],
) -> None:
    told = {"references": [letter.reference for letter in letters]}
    record(
        session,
        context,
        agent,
        "letters.printed",
        "letters",
        str(batch_id),
        told,
    )


def batch_taken_out(session: AsyncSession, context: Context, agent: Agent, batch_id: UUID) -> None:
    """The file was downloaded, for the first time or again."""
    record(session, context, agent, "letters.read", "letters", str(batch_id))
