"""Setting up queues."""

import re
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.access import queue_for
from cases.models import QueueRow
from core.errors import BadInput, Refused
from core.ids import new_id

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


async def create_queue(
    session: AsyncSession,
    *,
    slug: str,
    name: str,
    service_level: int,
    mailbox: str = "",
    phone: str = "",
    is_default: bool = False,
) -> UUID:
    """Enter a new queue behind the others; there is always one default queue.

    Raises BadInput when the slug is none, Refused when it is taken.
    """
    if not _SLUG.fullmatch(slug):
        raise BadInput("a slug is lower-case letters, digits and hyphens", where="slug")
    if await session.scalar(select(QueueRow.id).where(QueueRow.slug == slug)):
        raise Refused(f"there is a queue {slug} already")
    count = await session.scalar(select(func.count()).select_from(QueueRow)) or 0
    if is_default:
        await session.execute(update(QueueRow).values(is_default=False))
    row = QueueRow(
        id=new_id(),
        slug=slug,
        name=name.strip() or slug,
        mailbox=mailbox.strip().lower(),
        phone=phone,
        service_level=service_level,
        is_default=is_default or not count,
        position=count,
    )
    session.add(row)
    await session.flush()
    return row.id


async def set_queue_phone(session: AsyncSession, slug: str, phone: str) -> None:
    """Give a queue the number that citizens call it by; empty for none.

    Raises BadInput when there is no such queue, Refused when the number is another's.
    """
    queue = await queue_for(session, slug)
    other = select(QueueRow.name).where(
        QueueRow.phone == phone, QueueRow.phone != "", QueueRow.id != queue.id
    )
    if name := await session.scalar(other):
        raise Refused(f"{phone} is the number of {name}")
    queue.phone = phone
