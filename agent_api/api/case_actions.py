"""What agents' programs do to a case: each once, and on the version that they have seen."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from agent_api.acting import act
from agent_api.api import schemas
from agent_api.api.answers import Answer, once
from agent_api.api.cases import Reference
from agent_api.api.responses import ACTION_PROBLEMS
from agent_api.api.view import case_of, etag
from agent_api.asking import ApiAgent
from agent_api.context import In
from agent_api.views import Action
from cases import case_for, record_of, wanted_of
from cases.reading import texts_of_pages
from core.errors import BadInput
from notify import deliveries_of_case

_ETAG = re.compile(r'(?:W/)?"([0-9]{1,10})"')

IfMatch = Annotated[
    str | None,
    Header(
        pattern=r'^(\*|(W/)?"[0-9]{1,10}")$',
        description='The ETag that you have seen, such as `"7"`; `*` for any.',
        examples=['"7"'],
    ),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="For a day the same request with the same key is carried out once.",
    ),
]


@dataclass(frozen=True)
class Asked:
    """What every action is asked with."""

    request: Request
    context: In
    agent: ApiAgent
    reference: Reference
    if_match: IfMatch = None
    idempotency_key: IdempotencyKey = None

    async def carry_out(
        self, action: Action, body: BaseModel | None, *, status: int = 200
    ) -> Response:
        """Act, in one transaction with what is kept for the key; then read the case to answer.

        A case may be long: nobody who wants to write waits while it is read.
        """
        given = body.model_dump(exclude_none=True) if body else {}
        version = self._version(given.pop("version", None))
        asked = (self.request.url.path, body.model_dump_json() if body else "")
        first = False
        async with self.context.database.begin() as session:

            async def work() -> Answer:
                nonlocal first
                first = True
                case = await act(
                    session, self.context, self.agent, self.reference, action, version, **given
                )
                kept = {"reference": case.reference, "version": case.version, "status": case.status}
                return Answer(status, kept)

            answer = await once(
                session, self.context.clock, self.agent, self.idempotency_key, asked, work
            )
        return await self._answer(answer, first=first)

    async def _answer(self, answer: Answer, *, first: bool) -> Response:
        reference = answer.content["reference"]
        async with self.context.database.read() as session:
            if not first:  # what others have written since is for who may see the case now
                await case_for(session, self.agent, reference)
            # Not by access: who hands a case on may not see it any more, but has just done this.
            record = await record_of(session, reference)
            deliveries = await deliveries_of_case(session, record.case.id)
            texts = await texts_of_pages(session, record.documents)
            wanted = await wanted_of(session, record.case.id)
        return Response(
            case_of(record, deliveries, texts, wanted).model_dump_json(),
            answer.status,
            headers={"ETag": etag(record.case)},
            media_type="application/json",
        )

    def _version(self, version: int | None) -> int | None:
        """By If-Match or in the body; None when it does not matter."""
        if self.if_match is None or self.if_match == "*":
            return version
        seen = _ETAG.fullmatch(self.if_match)
        if seen is None:
            raise BadInput("not an ETag of ours", where="If-Match")
        # Where the two differ one of them does not hold: no case is at 0.
        return int(seen[1]) if version in (None, int(seen[1])) else 0


Asking = Annotated[Asked, Depends()]

routes = APIRouter(prefix="/cases/{reference}", tags=["cases"])


@routes.post("/replies", status_code=201, response_model=schemas.Case, responses=ACTION_PROBLEMS)
async def reply(asked: Asking, body: schemas.Reply) -> Response:
    """Answer the citizen by e-mail, and ask for documents; the case then waits for them."""
    return await asked.carry_out("replies", body, status=201)


@routes.post("/notes", status_code=201, response_model=schemas.Case, responses=ACTION_PROBLEMS)
async def note(asked: Asking, body: schemas.WithText) -> Response:
    """Write down what only agents read."""
    return await asked.carry_out("notes", body, status=201)


@routes.post("/claim", response_model=schemas.Case, responses=ACTION_PROBLEMS)
async def claim(asked: Asking, body: schemas.WithVersion | None = None) -> Response:
    """Take the case: others see who works on it."""
    return await asked.carry_out("claim", body)


@routes.post("/move", response_model=schemas.Case, responses=ACTION_PROBLEMS)
async def move(asked: Asking, body: schemas.WithQueue) -> Response:
    """Hand the case to another queue; who claimed it lets go."""
    return await asked.carry_out("move", body)


@routes.post("/close", response_model=schemas.Case, responses=ACTION_PROBLEMS)
async def close(asked: Asking, body: schemas.WithLastWord | None = None) -> Response:
    """Close the case; the citizen is told."""
    return await asked.carry_out("close", body)


@routes.post("/reopen", response_model=schemas.Case, responses=ACTION_PROBLEMS)
async def reopen(asked: Asking, body: schemas.WithVersion | None = None) -> Response:
    """Open a closed case again."""
    return await asked.carry_out("reopen", body)
