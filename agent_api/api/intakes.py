"""Intakes from trusted outside systems: JSON in our words, or a mail as it is."""

import asyncio
import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, HTTPException
from pydantic import ValidationError
from sqlalchemy import select
from starlette.requests import Request

from agent_api.api import schemas
from agent_api.api.responses import problems
from agent_api.asking import ApiAgent
from agent_api.context import Context, In
from cases import CaseMessageRow, CaseRow, check_handing_in
from core.errors import BadInput, NotThere
from ingest import Arrival, ChannelName
from ingest.models import IntakeRow, MessageRow, QuarantineRow
from ingest.outside import FORM, ApiIntake

MAIL = "message/rfc822"
JSON = "application/json"

IdempotencyKey = Annotated[
    str,
    Header(
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="Yours to choose, one for each intake: handed in again, it is the same intake.",
    ),
]

routes = APIRouter(tags=["intakes"])


@routes.post(
    "/intakes",
    status_code=202,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": {"$ref": "#/components/schemas/ApiIntake"}},
                MAIL: {"schema": {"type": "string", "format": "binary", "minLength": 1}},
            },
        }
    },
)
async def hand_in(
    request: Request, context: In, agent: ApiAgent, idempotency_key: IdempotencyKey
) -> schemas.IntakeAccepted:
    """Take an intake, durably; it becomes a case in a moment."""
    check_handing_in(agent)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in (JSON, MAIL):
        raise HTTPException(415, f"send {JSON} or {MAIL}")
    raw = await request.body()
    if not raw:
        raise BadInput("the body is empty", where="body")
    facts = {"agent": agent.email}
    if media_type == JSON:
        channel = _checked(raw).channel
        facts["form"] = FORM
    else:
        channel = ChannelName.EMAIL
    key = hashlib.sha256(f"api:{agent.id}:{idempotency_key}".encode()).hexdigest()
    digest = await asyncio.to_thread(_digest, raw)
    await _check_key(context, key, digest)
    accepted = await context.accept(Arrival(channel, key, raw, facts))
    # Once more: where two came at once, the first one's is kept.
    await _check_key(context, key, digest)
    return schemas.IntakeAccepted(intake_id=accepted.intake_id)


@routes.get("/intakes/{intake_id}", responses=problems(401, 403, 404, 422))
async def state(context: In, agent: ApiAgent, intake_id: UUID) -> schemas.IntakeState:
    """What has become of an intake."""
    check_handing_in(agent)
    query = (
        select(IntakeRow.received_at, CaseRow.reference, QuarantineRow.id)
        .outerjoin(MessageRow, MessageRow.intake_id == IntakeRow.id)
        .outerjoin(CaseMessageRow, CaseMessageRow.message_id == MessageRow.id)
        .outerjoin(CaseRow, CaseRow.id == CaseMessageRow.case_id)
        .outerjoin(
            QuarantineRow,
            (QuarantineRow.intake_id == IntakeRow.id) & QuarantineRow.resolved_at.is_(None),
        )
        .where(IntakeRow.id == intake_id)
    )
    async with context.database.read() as session:
        found = (await session.execute(query)).first()
    if found is None:
        raise NotThere("no such intake")
    reference: str | None = found.reference
    quarantined: UUID | None = found.id
    return schemas.IntakeState(
        intake_id=intake_id,
        state="filed" if reference else "received" if quarantined is None else "quarantined",
        reference=reference or "",
        received_at=found.received_at,
    )


def _checked(raw: bytes) -> ApiIntake:
    """Refused now rather than quarantined later: the sender is a program that can be mended."""
    try:
        return ApiIntake.model_validate_json(raw)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, ("body", *first["loc"])))
        raise BadInput(first["msg"], where=where) from problem


async def _check_key(context: Context, key: str, digest: str) -> None:
    """Raises BadInput when the key stands for another intake already, whatever its channel."""
    # With the channels the index of (channel, key) serves.
    query = select(IntakeRow.raw_sha256).where(
        IntakeRow.channel.in_([*ChannelName]), IntakeRow.key == key
    )
    async with context.database.read() as session:
        kept = set(await session.scalars(query))
    if kept - {digest}:
        raise BadInput("the key was used for another intake", where="Idempotency-Key")


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
