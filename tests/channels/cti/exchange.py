"""An exchange that tells of calls."""

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import select, update

from cases import QueueRow
from cases.agents import AgentRow
from cases.models import CallRow
from channels.cti.routes import PATH
from channels.cti.signature import signed_headers
from tests.agent_api.building import CAMILLE, EXCHANGE_SECRET, KARIM, House
from tests.builders import NOON

CITIZEN = "+33612345678"
VOIRIE = "+33199001002"
"""The number of the queue ``voirie``."""
CAMILLES, KARIMS = "201", "202"
"""Their extensions."""


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def event(name: str, *, at: float = 0, call: str = "call-1", **more: str) -> dict[str, Any]:
    """What is posted of a call from the citizen to ``voirie``, ``at`` seconds after noon."""
    known = {"event": name, "call": call, "time": later(at).isoformat()}
    return {**known, "caller": CITIZEN, "callee": VOIRIE, **more}


async def post(
    house: House, body: dict[str, Any] | bytes, *, secret: str = EXCHANGE_SECRET
) -> httpx.Response:
    """Signed as the exchange does."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = signed_headers(secret.encode(), raw, house.clock)
    async with house.client() as client:
        return await client.post(PATH, content=raw, headers=headers)


async def tell(house: House, *events: dict[str, Any]) -> None:
    for one in events:
        answer = await post(house, one)
        assert answer.status_code == 204, answer.text


async def connect(house: House) -> None:
    """Give the queue its number, and the agents their telephones."""
    async with house.town.database.begin() as session:
        await session.execute(
            update(QueueRow).where(QueueRow.slug == "voirie").values(phone=VOIRIE)
        )
        for email, extension in ((CAMILLE, CAMILLES), (KARIM, KARIMS)):
            await session.execute(
                update(AgentRow).where(AgentRow.email == email).values(extension=extension)
            )


async def calls(house: House) -> list[CallRow]:
    async with house.town.database.read() as session:
        return list(await session.scalars(select(CallRow).order_by(CallRow.key)))
