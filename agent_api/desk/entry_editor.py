"""The page on which an entry is written, published, corrected and withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api import trail
from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.entry_correction import show_correction
from agent_api.desk.entry_page import show_editor
from agent_api.desk.frame import speech
from agent_api.entry_form import Typed, typed_of
from cases import Agent
from cases.access import case_for, check_writing
from core.errors import BadInput, Conflict
from core.i18n import N_
from core.processes import WorkerDied
from feeds import (
    EntryRow,
    EntryStatus,
    KeptPicture,
    Writing,
    all_topics,
    change_draft,
    check_revision,
    districts,
    entry_for,
    mistakes,
    new_draft,
    writing_of_case,
)
from feeds.picture import NOT_READABLE, redrawn

IMAGE_AGAIN = N_("Please choose the picture again.")
CHANGED = N_(
    "Somebody else has changed this announcement meanwhile: copy what you wrote, look at it, and "
    "do it again."
)
DONE = {
    "save": "draft",
    "publish": "announced",
    "schedule": "scheduled",
    "unschedule": "unscheduled",
    "correct": "corrected",
    "withdraw": "withdrawn",
}
"""What is read after each action, by ``?done=``."""
TRAIL = {
    "save": "written",
    "preview": "written",
    "publish": "published",
    "schedule": "scheduled",
    "unschedule": "unscheduled",
    "correct": "corrected",
    "withdraw": "withdrawn",
}

routes = APIRouter(prefix="/agent/entries")
signed = [Depends(own_signed_form)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an agent wants done with an entry."""

    action: str
    typed: Typed
    picture: KeptPicture | None
    revision: int


@routes.get("/new")
async def new(request: Request, context: In, agent: DeskAgent) -> Response:
    check_writing(agent)
    return await show_editor(request, context, agent, None, Typed({}, ()))


@routes.post("/from-case/{reference}", dependencies=signed)
async def from_case(request: Request, context: In, agent: DeskAgent, reference: str) -> Response:
    """A draft that tells of a case; the agent puts it into words for everybody."""
    check_writing(agent)
    async with context.database.begin() as session:
        case = await case_for(session, agent, reference)
        language = case.language or context.settings.language
        writing = await writing_of_case(session, case, language)
        entry = await new_draft(session, context.blobs, context.clock, writing, by=agent.id)
        trail.entry(session, context, agent, "written", entry.id, case=reference)
    return RedirectResponse(f"/agent/entries/{entry.id}", 303)


@routes.get("/{entry_id}")
async def editor(request: Request, context: In, agent: DeskAgent, entry_id: UUID) -> Response:
    check_writing(agent)
    return await show_editor(request, context, agent, entry_id)


@routes.post("", dependencies=signed)
async def begin(request: Request, context: In, agent: DeskAgent) -> Response:
    """A first draft; other actions are carried out with it."""
    return await _act(request, context, agent, None)


@routes.post("/{entry_id}", dependencies=signed)
async def act(request: Request, context: In, agent: DeskAgent, entry_id: UUID) -> Response:
    """``action``: one of :data:`TRAIL`, or ``edit``."""
    return await _act(request, context, agent, entry_id)


async def _act(request: Request, context: Context, agent: Agent, entry_id: UUID | None) -> Response:
    check_writing(agent)
    form = await request.form()
    typed = typed_of(form)
    say = speech(request, context)
    if form.get("action") == "edit":  # back from the preview of a correction
        return await show_editor(request, context, agent, entry_id, typed)
    errors: Sequence[BadInput]
    try:
        asked = await _asked(context, form, typed)
        if asked.action == "preview" and entry_id and await _is_published(context, entry_id, asked):
            return await show_correction(
                request,
                context,
                agent,
                entry_id,
                typed,
                asked.revision,
                pictured=asked.picture is not None,
            )
        async with context.database.begin() as session:
            entry = await _carry_out(session, context, agent, entry_id, asked)
        preview = asked.action == "preview"
        after = "/preview" if preview else f"?done={DONE[asked.action]}"
        return RedirectResponse(f"/agent/entries/{entry.id}{after}", 303)
    except Conflict:
        errors = [BadInput(CHANGED)]
    except _Mistaken as problem:
        errors = problem.mistakes
    except BadInput as problem:
        errors = [problem]
    image = form.get("image")
    if isinstance(image, UploadFile) and image.size and all(e.where != "image" for e in errors):
        errors = [*errors, BadInput(IMAGE_AGAIN, where="image")]  # a page cannot keep a file
    told = [(one.where, say(one.reason)) for one in errors]
    return await show_editor(request, context, agent, entry_id, typed, told)


async def _is_published(context: Context, entry_id: UUID, asked: _Asked) -> bool:
    """Whether what is asked for is a correction; raises what is wrong with it."""
    async with context.database.read() as session:
        entry = await entry_for(session, entry_id)
        if entry.status != EntryStatus.PUBLISHED:
            return False
        check_revision(entry, asked.revision)
        _check(await _writing(session, context, asked), entry)
        return True


class _Mistaken(Exception):
    def __init__(self, mistakes: Sequence[BadInput]) -> None:
        super().__init__("the form has mistakes")
        self.mistakes = mistakes


async def _asked(context: Context, form: FormData, typed: Typed) -> _Asked:
    action, revision = str(form.get("action", "")), str(form.get("revision", ""))
    if action not in TRAIL:
        raise BadInput(N_("There is no such action."), where="action")
    return _Asked(
        action,
        typed,
        await _picture(context, form.get("image")),
        int(revision) if revision.isdecimal() else 0,
    )


async def _picture(context: Context, file: object) -> KeptPicture | None:
    if not isinstance(file, UploadFile):
        return None
    content = await file.read()
    await file.close()
    if not content:
        return None
    try:
        drawn = await context.viewers.run(redrawn, content)
    except WorkerDied as problem:
        raise BadInput(NOT_READABLE, where="image") from problem
    return KeptPicture(await context.blobs.stage(drawn.content), drawn.width, drawn.height)


async def _carry_out(
    session: AsyncSession, context: Context, agent: Agent, entry_id: UUID | None, asked: _Asked
) -> EntryRow:
    entry = await entry_for(session, entry_id, to_change=True) if entry_id else None
    if entry is not None:
        check_revision(entry, asked.revision)
    publishing, action = context.publishing, asked.action
    if entry is not None and action in ("withdraw", "unschedule"):
        await (
            publishing.withdraw(session, entry)
            if action == "withdraw"
            else publishing.unschedule(entry)
        )
    else:
        entry = await _write(session, context, agent, entry, asked)
    trail.entry(
        session, context, agent, TRAIL[action], entry.id, version=entry.version, urgent=entry.urgent
    )
    return entry


async def _write(
    session: AsyncSession,
    context: Context,
    agent: Agent,
    entry: EntryRow | None,
    asked: _Asked,
) -> EntryRow:
    """Keep what was typed, and do what was asked with it."""
    zone, publishing = context.settings.zone, context.publishing
    writing = await _writing(session, context, asked)
    _check(writing, entry)
    if asked.action == "correct" and entry is not None:
        await publishing.correct(session, entry, writing, by=agent.id)
        return entry
    if entry is None:
        entry = await new_draft(session, context.blobs, context.clock, writing, by=agent.id)
    elif entry.status in (EntryStatus.DRAFT, EntryStatus.SCHEDULED):
        await change_draft(session, context.blobs, context.clock, entry, writing, by=agent.id)
    else:
        raise BadInput(N_("It is published already."))
    if asked.action == "publish":
        await publishing.publish(session, entry)
    elif asked.action == "schedule":
        await publishing.schedule(session, entry, asked.typed.publish_at(zone))
    return entry


async def _writing(session: AsyncSession, context: Context, asked: _Asked) -> Writing:
    topics = {topic.id for topic in await all_topics(session)}
    names = {one.slug for one in await districts(session)}
    return asked.typed.known(topics, names).writing(context.settings.zone, asked.picture)


def _check(writing: Writing, entry: EntryRow | None) -> None:
    has_one = entry is not None and entry.image_sha256 and not writing.without_picture
    found = mistakes(writing, pictured=bool(writing.picture or has_one))
    if found:
        raise _Mistaken(found)
