"""The telephone's menu: which key leads to which queue, and when somebody answers there.

Opening hours are written as in OpenStreetMap, public holidays included: ``Mo-Fr 08:30-12:00,
13:30-17:00;PH off`` (https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, ForeignKey, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cases import audit
from cases.agents import Agent, Role
from cases.models import QueueRow
from core.clock import Clock
from core.contacts import is_e164
from core.database import Base
from core.errors import BadInput, Refused
from core.i18n import N_
from core.text import clean_line

KEYS = "1234567"
"""What may lead to a queue: 8 is tracking and 9 the other language."""
MAX_NAME = 100  # characters
MAX_HOURS = 500  # characters


class QueueLineRow(Base):
    """What a queue is on the telephone."""

    __tablename__ = "queue_lines"

    queue_id: Mapped[UUID] = mapped_column(ForeignKey("queues.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(1))
    """What is pressed for it; empty when the menu does not name it."""
    names: Mapped[dict[str, str]] = mapped_column(JSON)
    """How the menu says it, by language; the queue's own name where there is none."""
    opening_hours: Mapped[str] = mapped_column(Text)
    """When a call is put through; empty for never: callers then leave a message."""
    transfer_to: Mapped[str] = mapped_column(String(32))
    """Number in E.164 that a call is put through to."""


@dataclass(frozen=True, slots=True)
class Line:
    """A queue on the telephone."""

    slug: str
    queue_name: str
    key: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    opening_hours: str = ""
    transfer_to: str = ""

    def name(self, language: str) -> str:
        """How the menu says it."""
        return self.names.get(language) or self.queue_name

    def is_open(self, at: datetime, zone: ZoneInfo, country: str) -> bool:
        """Whether a call is put through now.

        ``country`` (ISO 3166-1, two letters) is whose public holidays count.
        """
        if not self.opening_hours or not self.transfer_to:
            return False
        from opening_hours import OpeningHours

        hours = OpeningHours(self.opening_hours, timezone=zone, country=country)
        return bool(hours.is_open(at.astimezone(zone)))


async def read_lines(session: AsyncSession) -> list[Line]:
    """Every queue, in the order of the desk, with what the menu says of it."""
    query = (
        select(QueueRow, QueueLineRow)
        .outerjoin(QueueLineRow, QueueLineRow.queue_id == QueueRow.id)
        .order_by(QueueRow.position, QueueRow.slug)
    )
    return [_line(queue, line) for queue, line in await session.execute(query)]


def menu_of(lines: Sequence[Line]) -> list[Line]:
    """What the menu names, by key."""
    return sorted((line for line in lines if line.key), key=lambda line: line.key)


async def change_lines(
    session: AsyncSession, clock: Clock, agent: Agent, lines: Sequence[Line]
) -> None:
    """Write the menu anew.

    Raises Refused unless the agent is a functional administrator, BadInput when two queues have
    one key, or when hours or numbers are none (``where`` is ``key``, ``opening_hours`` or
    ``transfer_to``, a hyphen and the queue's slug).
    """
    check_telephone(agent)
    checked = [_checked(line) for line in lines]
    taken: dict[str, str] = {}
    for line in checked:
        if line.key and taken.setdefault(line.key, line.slug) != line.slug:
            raise BadInput(N_("Two queues have the same key."), where=f"key-{line.slug}")
    queues = dict((await session.execute(select(QueueRow.slug, QueueRow.id))).all())
    rows = {row.queue_id: row for row in await session.scalars(select(QueueLineRow))}
    for line in checked:
        queue_id = queues.get(line.slug)
        if queue_id is None:
            raise BadInput(N_("There is no such queue."), where="queue")
        row = rows.get(queue_id)
        if row is None:
            row = QueueLineRow(queue_id=queue_id)
            session.add(row)
        row.key, row.names = line.key, dict(line.names)
        row.opening_hours, row.transfer_to = line.opening_hours, line.transfer_to
    audit.record(
        session,
        clock,
        agent_id=agent.id,
        action="telephone.changed",
        object_kind="telephone",
        object_id="menu",
        details={line.slug: [line.key, line.opening_hours, line.transfer_to] for line in checked},
    )


def sets_up_telephone(agent: Agent) -> bool:
    """Whether the agent may change the telephone's menu."""
    return Role.FUNCTIONAL_ADMIN in agent.roles


def check_telephone(agent: Agent) -> None:
    """Raises Refused unless the agent may change the telephone's menu."""
    if not sets_up_telephone(agent):
        raise Refused("the telephone is for functional administrators")


def _line(queue: QueueRow, row: QueueLineRow | None) -> Line:
    if row is None:
        return Line(queue.slug, queue.name)
    return Line(queue.slug, queue.name, row.key, row.names, row.opening_hours, row.transfer_to)


def _checked(line: Line) -> Line:
    from opening_hours import validate

    hours = clean_line(line.opening_hours)[:MAX_HOURS]
    number = re.sub(r"[\s.\-()]", "", line.transfer_to)
    if line.key and line.key not in KEYS:
        raise BadInput(N_("Choose a key from 1 to 7."), where=f"key-{line.slug}")
    if hours and not validate(hours):
        raise BadInput(
            N_("These opening hours cannot be read. An example: Mo-Fr 08:30-17:00;PH off"),
            where=f"opening_hours-{line.slug}",
        )
    if number and not is_e164(number):
        raise BadInput(
            N_("Write the number with its country code: +33 3 80 00 00 00"),
            where=f"transfer_to-{line.slug}",
        )
    names = {code: clean_line(name)[:MAX_NAME] for code, name in line.names.items()}
    return Line(line.slug, line.queue_name, line.key, names, hours, number)
