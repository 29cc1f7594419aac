"""Receipts are limited for each citizen: anybody can write under another's address.

RFC 3834, section 2, asks every responder to limit what one address gets. Without it the contact
form, or forged mail, would have us fill a stranger's mailbox.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseRow

WINDOW = timedelta(hours=1)


async def flooding(session: AsyncSession, case_ids: Collection[UUID], most: int) -> set[UUID]:
    """Those of the cases before which their citizen had opened ``most`` others within the window.

    It is decided by the cases alone and not by the clock, so that a replay decides the same.
    """
    query = select(CaseRow.citizen_id, CaseRow.received_at, CaseRow.id)
    opened = (await session.execute(query.where(CaseRow.id.in_(case_ids)))).all()
    citizens = {citizen_id for citizen_id, _, _ in opened if citizen_id}
    if not citizens:
        return set()
    since = min(received_at for _, received_at, _ in opened) - WINDOW
    around = query.where(CaseRow.citizen_id.in_(citizens), CaseRow.received_at > since)
    moments: dict[UUID | None, list[tuple[datetime, UUID]]] = defaultdict(list)
    for citizen_id, received_at, case_id in await session.execute(around):
        moments[citizen_id].append((received_at, case_id))
    for theirs in moments.values():
        theirs.sort()
    return {
        case_id
        for citizen_id, received_at, case_id in opened
        if citizen_id and _before(moments[citizen_id], received_at, case_id) >= most
    }


def _before(moments: list[tuple[datetime, UUID]], at: datetime, case_id: UUID) -> int:
    """How many cases come before this one in the window that ends with it."""
    first = bisect_right(moments, at - WINDOW, key=lambda moment: moment[0])
    return bisect_left(moments, (at, case_id)) - first
