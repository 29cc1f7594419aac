"""The pages of a citizen's own cases, below ``/me/cases``; every one begins with ``own_visit``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from channels.web.account.asking import Me, holder_of
from channels.web.account.context import Context, In
from channels.web.account.frame import mine_of
from channels.web.account.visiting import visitor_of
from channels.web.space import case_page, changes
from channels.web.space.comments import chosen_items
from channels.web.space.views import Choice
from channels.web.space.visits import Visit
from channels.web.submission import File
from citizens import Account
from citizens.wallet import item_of, items_of


@dataclass(frozen=True, slots=True)
class OwnDocuments:
    """The citizen's wallet."""

    context: Context
    me: Account

    async def choices(self, session: AsyncSession) -> Sequence[Choice]:
        rows = await items_of(session, self.me.id)
        return [Choice(id=row.id, name=row.name, size=row.size) for row in rows]

    async def copies(self, session: AsyncSession, fields: FormData) -> Sequence[File]:
        files = []
        for item_id in chosen_items(fields):  # one after the other: each may be large
            row = await item_of(session, self.me.id, item_id)
            content = await self.context.wallet.content(session, self.me.id, item_id)
            files.append(File(row.name, row.media_type, content))
        return files


async def own_visit(request: Request, context: In, me: Me, reference: str) -> Visit:
    visitor = await visitor_of(context, me)
    return Visit(
        reference=reference,
        base=f"/me/cases/{reference}",
        holder=holder_of(me),
        account=me,
        mine=mine_of(request, context, me, "space"),
        documents=OwnDocuments(context, me) if context.wallet.quota else None,
        citizen=visitor.profile,
    )


Own = Annotated[Visit, Depends(own_visit)]

routes = APIRouter(prefix="/me/cases/{reference}", include_in_schema=False)


@routes.get("")
async def case(request: Request, context: In, visit: Own) -> Response:
    return await case_page.show(request, context, visit)


@routes.post("/comments")
async def comment(request: Request, context: In, visit: Own) -> Response:
    return await case_page.comment(request, context, visit)


@routes.post("/withdraw")
async def withdraw(request: Request, context: In, visit: Own) -> Response:
    return await case_page.withdraw(request, context, visit)


@routes.post("/proposals/{proposal_id}/take-back")
async def take_back(request: Request, context: In, visit: Own, proposal_id: UUID) -> Response:
    return await case_page.take_proposal_back(request, context, visit, proposal_id)


@routes.get("/documents/{document_id}")
async def document(request: Request, context: In, visit: Own, document_id: UUID) -> Response:
    return await case_page.document(request, context, visit, document_id)


@routes.get("/changes")
async def show_changes(request: Request, context: In, visit: Own) -> Response:
    return await changes.show(request, context, visit)


@routes.get("/changes/{page}")
async def show_change(request: Request, context: In, visit: Own, page: str) -> Response:
    return await changes.show_page(request, context, visit, page)


@routes.post("/changes/{page}")
async def propose(request: Request, context: In, visit: Own, page: str) -> Response:
    return await changes.send(request, context, visit, page)
