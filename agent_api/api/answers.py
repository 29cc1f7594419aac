"""``Idempotency-Key``: who did not hear our answer asks again, and nothing is done twice.

As in the IETF draft "The Idempotency-Key HTTP Header Field": what was answered is kept for a day,
in the transaction of what it is about; the same key with another request is refused. Kept is only
what the answer was about: it is read anew for each, so that a long case is not stored once more.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from agent_api.models import AnswerRow
from cases import Agent
from core.clock import Clock
from core.database import insert_new
from core.errors import BadInput

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    """Of the HTTP answer."""
    content: dict[str, Any]
    """Little: which thing was answered with, and how it was then."""


async def once(
    session: AsyncSession,
    clock: Clock,
    agent: Agent,
    key: str | None,
    asked: tuple[str, str],
    work: Callable[[], Awaitable[Answer]],
) -> Answer:
    """Do the work, or give the answer that was given for this key.

    ``asked`` is the path and the body. Raises BadInput when the key was used for something else,
    and whatever the work raises; then nothing is kept and the key is free again.
    """
    if key is None:
        return await work()
    request = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    now = clock()
    await session.execute(delete(AnswerRow).where(AnswerRow.given_at < now - KEPT))
    place = {
        "agent_id": agent.id,
        "key": key,
        "request": request,
        "status": 0,
        "content": {},
        "given_at": now,
    }
    # Where two ask at once, the second waits here until the first has committed.
    await insert_new(session, AnswerRow, [place])
    row = await session.get_one(AnswerRow, (agent.id, key))
    if row.request != request:
        raise BadInput("the key was used for another request", where="Idempotency-Key")
    if not row.status:
        answer = await work()
        row.status, row.content = answer.status, answer.content
    return Answer(row.status, row.content)
