"""What an agent did at the desk or by a program, for the audit trail: the same words for both."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent_api.context import Context
from cases import Agent, audit
from ingest.models import DocumentRow


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
