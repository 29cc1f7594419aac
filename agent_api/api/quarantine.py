"""What could not be handled, for programs."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from agent_api import trail
from agent_api.api import schemas
from agent_api.api.responses import FILE, problems
from agent_api.asking import ApiAgent
from agent_api.context import In
from cases import check_quarantine
from core.errors import BadInput
from core.text import clean_line
from core.web.files import file_response
from ingest import quarantine

routes = APIRouter(prefix="/quarantine", tags=["quarantine"])


@routes.get("", responses=problems(401, 403))
async def items(context: In, agent: ApiAgent) -> schemas.QuarantineItems:
    """What waits for somebody, the oldest first; a hundred at most."""
    check_quarantine(agent)
    async with context.database.read() as session:
        found = await quarantine.open_items(session)
    return schemas.QuarantineItems(
        items=[schemas.QuarantineItem.model_validate(item) for item in found]
    )


@routes.get(
    "/{item_id}/raw", response_class=Response, responses=problems(401, 403, 404, 422) | FILE
)
async def raw(context: In, agent: ApiAgent, item_id: UUID) -> Response:
    """The intake exactly as it came."""
    check_quarantine(agent)
    async with context.database.read() as session:
        name, media_type, content = await quarantine.raw_of(session, context.blobs, item_id)
    async with context.database.begin() as session:
        trail.quarantine_item(session, context, agent, "read", item_id)
    return file_response(name, media_type, content)


@routes.post(
    "/{item_id}/retry",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404, 422, 503),
)
async def retry(context: In, agent: ApiAgent, item_id: UUID) -> Response:
    """Give the event to its consumer again."""
    check_quarantine(agent)
    async with context.database.begin() as session:
        await quarantine.retry(session, context.clock, item_id)
        trail.quarantine_item(session, context, agent, "retried", item_id)
    return Response(status_code=204)


@routes.post(
    "/{item_id}/file",
    status_code=204,
    response_class=Response,
    responses=problems(400, 401, 403, 404, 409, 413, 422, 503),
)
async def file(context: In, agent: ApiAgent, item_id: UUID, body: schemas.WithSubject) -> Response:
    """Make a case of an intake that could not be read: the raw is its attachment."""
    check_quarantine(agent)
    subject = clean_line(body.subject)
    if not subject:
        raise BadInput("give the case a subject", where="subject")
    async with context.database.begin() as session:
        await quarantine.file_by_hand(
            session, context.blobs, context.clock, item_id, subject=subject
        )
        trail.quarantine_item(session, context, agent, "filed", item_id)
    return Response(status_code=204)
