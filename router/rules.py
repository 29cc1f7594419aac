"""Which queue: the routing rules in the order of their priority, else the default queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import QueueRow, RoutingRuleRow
from core.errors import BadInput, Later
from core.rules import Rule, compile_rule
from ingest.models import DocumentRow, MessageRow

MAX_TEXT = 20_000  # characters of the text that a rule sees

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ruling:
    """The rules and queues as they were when they were read."""

    rules: Sequence[tuple[Rule, UUID]]
    queues: Mapping[UUID, QueueRow]
    default: QueueRow

    def queue_for(self, variables: Mapping[str, Any], *, asked: str = "") -> QueueRow:
        """The queue that a folder or a separator sheet asks for, else of the first rule that
        holds."""
        for queue in self.queues.values():
            if asked and queue.slug == asked:
                return queue
        for rule, queue_id in self.rules:
            if rule.holds(variables):
                return self.queues[queue_id]
        return self.default


async def read_ruling(session: AsyncSession) -> Ruling:
    """Raises Later while the town has no queue: the messages wait for the administrator."""
    queues = (await session.scalars(select(QueueRow).order_by(QueueRow.position))).all()
    if not queues:
        raise Later("there is no queue yet: guichet admin create-queue")
    default = next((queue for queue in queues if queue.is_default), queues[0])
    query = (
        select(RoutingRuleRow)
        .where(RoutingRuleRow.enabled)
        .order_by(RoutingRuleRow.priority, RoutingRuleRow.id)
    )
    rules = [
        (rule, row.queue_id)
        for row in await session.scalars(query)
        if (rule := _compiled(row)) is not None
    ]
    return Ruling(rules, {queue.id: queue for queue in queues}, default)


def variables_of(
    message: MessageRow, documents: Sequence[DocumentRow], now: datetime
) -> dict[str, Any]:
    """What a rule can ask about; ``docs/rules.md`` lists it for administrators."""
    return {
        "message": {
            "channel": message.channel,
            "subject": message.subject,
            "text": message.text[:MAX_TEXT],
            "recipients": [_plain(address) for address in message.recipients],
            "language": message.language,
            "automatic": message.automatic,
            "procedure": message.details.get("procedure", ""),
            "letter": _letter(message),
            "documents": [
                {"name": document.name, "media_type": document.media_type, "size": document.size}
                for document in documents
            ],
        },
        "citizen": {
            "name": message.sender_name,
            "address": message.sender_address,
        },
        "form": message.details.get("form", {}),
        "now": now,
    }


def _letter(message: MessageRow) -> dict[str, Any]:
    """What reading suggests, each with its confidence; empty and 0 where nothing was found."""
    said = message.letter or {}
    nothing = {"value": "", "confidence": 0}
    names = ("sender", "date", "subject", "references", "language")
    return {name: said.get(name, nothing) for name in names}


def _compiled(row: RoutingRuleRow) -> Rule | None:
    """A rule is checked when it is saved; one that came in another way must not stop the mail."""
    try:
        return compile_rule(row.expression)
    except BadInput as problem:
        log.error("rule.unusable", rule=row.name, reason=problem.reason, where=problem.where)
        return None


def _plain(address: str) -> str:
    """The address without its +tag; a number as it is."""
    mailbox, at, domain = address.partition("@")
    if not at:
        return address
    return mailbox.partition("+")[0] + at + domain
