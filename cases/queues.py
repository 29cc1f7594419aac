"""Setting up queues."""

import re
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

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
        service_level=service_level,
        is_default=is_default or not count,
        position=count,
    )
    session.add(row)
    await session.flush()
    return row.id
