"""Cases: lists, one case, its documents."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from agent_api import trail
from agent_api.api import schemas
from agent_api.api.responses import FILE, problems
from agent_api.api.view import case_of, etag, summary_of
from agent_api.asking import ApiAgent
from agent_api.context import In
from cases import Filter, count_queues, document_for, list_cases, read_case, wanted_of
from cases.reading import texts_of_pages
from core.web.files import file_response
from notify import deliveries_of_case

MAX_PAGE = 200  # cases

EXAMPLE_REFERENCE = "GU-K7Q2-9FXM"

Reference = Annotated[str, Path(max_length=16, examples=[EXAMPLE_REFERENCE])]
ChannelFilter = Literal["", "email", "fax", "scan", "phone", "sms", "counter", "web", "open311"]
StatusFilter = Literal["", "new", "in_progress", "waiting", "closed", "open", "any"]

routes = APIRouter(tags=["cases"])


@routes.get("/cases", responses=problems(401, 422))
async def cases(
    context: In,
    agent: ApiAgent,
    q: Annotated[str, Query(max_length=500, description="Words, or a reference.")] = "",
    queue: Annotated[str, Query(max_length=64, description="The slug of a queue.")] = "",
    channel: ChannelFilter = "",
    status: Annotated[
        StatusFilter,
        Query(description="A status; `open` (the default without `q`) is all but closed."),
    ] = "",
    cursor: Annotated[
        str, Query(pattern="^([0-9a-f]{32})?$", description="`next` of the page before.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> schemas.CasePage:
    """The cases that the agent may see, the newest first."""
    chosen = Filter(q=q, queue=queue, channel=channel, status=status)
    async with context.database.read() as session:
        page = await list_cases(session, agent, chosen, cursor=cursor, limit=limit)
    return schemas.CasePage(items=[summary_of(item) for item in page.items], next=page.next)


@routes.get("/queues", responses=problems(401))
async def queues(context: In, agent: ApiAgent) -> schemas.Queues:
    """The agent's queues, with what waits in them."""
    async with context.database.read() as session:
        found = await count_queues(session, agent)
    return schemas.Queues(items=[schemas.Queue.model_validate(queue) for queue in found])


@routes.get("/cases/{reference}", responses=problems(401, 404, 422))
async def case(
    context: In, agent: ApiAgent, reference: Reference, response: Response
) -> schemas.Case:
    """One case with all that belongs to it."""
    async with context.database.read() as session:
        record = await read_case(session, agent, reference)
        deliveries = await deliveries_of_case(session, record.case.id)
        texts = await texts_of_pages(session, record.documents)
        wanted = await wanted_of(session, record.case.id)
    response.headers["ETag"] = etag(record.case)
    return case_of(record, deliveries, texts, wanted)


@routes.get(
    "/cases/{reference}/documents/{document_id}",
    response_class=Response,
    responses=problems(401, 404, 422) | FILE,
)
async def document(
    context: In, agent: ApiAgent, reference: Reference, document_id: UUID
) -> Response:
    """A document, as a download."""
    async with context.database.read() as session:
        found = await document_for(session, agent, reference, document_id)
        content = await context.blobs.read(session, found.sha256)
    # Written down before it is given, in a transaction that waits for no file.
    async with context.database.begin() as session:
        trail.document_read(session, context, agent, reference, found)
    return file_response(found.name, found.media_type, content)
