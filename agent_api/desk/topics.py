"""Topics, sections and districts are set up by functional administrators."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api import trail
from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.frame import desk_of, speech
from agent_api.entry_views import Choice, TopicEditorPage, TopicLine, TopicsPage
from agent_api.properties import read_text, read_texts
from cases import Agent
from cases.access import check_setting_up_topics
from core.errors import BadInput
from core.i18n import LOCALE_NAMES, LOCALES
from core.web import FieldError
from feeds import SectionRow, TopicRow, all_topics, districts, said, sections
from feeds.topics import (
    add_district,
    add_section,
    add_topic,
    archive_topic,
    change_topic,
    topic_for,
)

routes = APIRouter(prefix="/agent/topics")
DONE = {"archive": "archived", "restore": "restored"}
signed = [Depends(own_signed_form)]


@routes.get("")
async def topics(request: Request, context: In, agent: DeskAgent) -> Response:
    check_setting_up_topics(agent)
    return await _list(request, context, agent)


@routes.post("", dependencies=signed)
async def begin(request: Request, context: In, agent: DeskAgent) -> Response:
    """A new topic."""
    check_setting_up_topics(agent)
    form = await request.form()
    slug = read_text(form, "slug")
    try:
        async with context.database.begin() as session:
            topic = await add_topic(
                session,
                context.clock,
                slug,
                read_texts(form, "name"),
                summaries=read_texts(form, "summary"),
            )
            trail.topic(session, context, agent, "added", slug)
    except BadInput as problem:
        return await _list(request, context, agent, form, problem)
    return RedirectResponse(f"/agent/topics/{topic.id}?done=topic", 303)


@routes.post("/sections", dependencies=signed)
async def begin_section(request: Request, context: In, agent: DeskAgent) -> Response:
    check_setting_up_topics(agent)
    form = await request.form()
    slug = read_text(form, "section-slug")
    try:
        async with context.database.begin() as session:
            await add_section(session, slug, read_texts(form, "section"))
            trail.topic(session, context, agent, "section_added", slug)
    except BadInput as problem:
        return await _list(request, context, agent, form, problem, of="section")
    return RedirectResponse("/agent/topics?done=saved", 303)


@routes.post("/districts", dependencies=signed)
async def begin_district(request: Request, context: In, agent: DeskAgent) -> Response:
    check_setting_up_topics(agent)
    form = await request.form()
    slug = read_text(form, "district-slug")
    try:
        async with context.database.begin() as session:
            await add_district(session, slug, read_text(form, "district-name"))
            trail.topic(session, context, agent, "district_added", slug)
    except BadInput as problem:
        return await _list(request, context, agent, form, problem, of="district")
    return RedirectResponse("/agent/topics?done=saved", 303)


@routes.get("/{topic_id}")
async def topic(request: Request, context: In, agent: DeskAgent, topic_id: UUID) -> Response:
    check_setting_up_topics(agent)
    return await _one(request, context, agent, topic_id)


@routes.post("/{topic_id}", dependencies=signed)
async def change(request: Request, context: In, agent: DeskAgent, topic_id: UUID) -> Response:
    """``action``: ``save``, ``archive`` or ``restore``."""
    check_setting_up_topics(agent)
    form = await request.form()
    action = read_text(form, "action")
    try:
        async with context.database.begin() as session:
            row = await topic_for(session, topic_id)
            if action in ("archive", "restore"):
                archive_topic(row, context.clock, archived=action == "archive")
            else:
                change_topic(row, context.clock, **await _changes(session, form))
            trail.topic(session, context, agent, DONE.get(action, "changed"), row.slug)
    except BadInput as problem:
        return await _one(request, context, agent, topic_id, form, problem)
    return RedirectResponse(f"/agent/topics/{topic_id}?done=topic", 303)


async def _changes(session: AsyncSession, form: FormData) -> dict[str, Any]:
    known = {str(one.id): one.id for one in await sections(session)}
    position = read_text(form, "position")
    return {
        "names": read_texts(form, "name"),
        "summaries": read_texts(form, "summary"),
        "languages": [str(one) for one in form.getlist("languages")],
        "section_id": known.get(read_text(form, "section")),
        "public": read_text(form, "public") == "on",
        "position": int(position) if position.isdecimal() and len(position) < 5 else None,
    }


async def _list(
    request: Request,
    context: Context,
    agent: Agent,
    form: FormData | None = None,
    problem: BadInput | None = None,
    *,
    of: str = "",
) -> Response:
    """``of`` is what the mistake is about, unless a topic."""
    locale = context.pages.locale_of(request)
    async with context.database.read() as session:
        parts = await sections(session)
        names = {one.id: said(one.names, locale) for one in parts}
        page = TopicsPage(
            desk=await desk_of(request, context, agent, session),
            topics=[_line(one, locale, names) for one in await all_topics(session, archived=True)],
            sections=[Choice(value=one.slug, name=names[one.id]) for one in parts],
            districts=[Choice(value=one.slug, name=one.name) for one in await districts(session)],
            values=_values(form),
            errors=_errors(request, context, problem, of),
        )
    status = 422 if problem else 200
    return context.pages.render(request, "desk/topics.html", page, status=status)


async def _one(
    request: Request,
    context: Context,
    agent: Agent,
    topic_id: UUID,
    form: FormData | None = None,
    problem: BadInput | None = None,
) -> Response:
    locale = context.pages.locale_of(request)
    async with context.database.read() as session:
        row = await topic_for(session, topic_id)
        parts = await sections(session)
        chosen = [str(one) for one in form.getlist("languages")] if form else row.languages
        page = TopicEditorPage(
            desk=await desk_of(request, context, agent, session),
            line=_line(row, locale, {one.id: said(one.names, locale) for one in parts}),
            values=_values(form) if form else _kept(row),
            languages=[
                Choice(value=one, name=LOCALE_NAMES[one], chosen=one in chosen) for one in LOCALES
            ],
            sections=[
                Choice(value=str(one.id), name=said(one.names, locale), chosen=_is_in(row, one))
                for one in parts
            ],
            errors=_errors(request, context, problem),
        )
    status = 422 if problem else 200
    return context.pages.render(request, "desk/topic.html", page, status=status)


def _line(row: TopicRow, locale: str, section_names: Mapping[UUID, str]) -> TopicLine:
    return TopicLine(
        id=row.id,
        slug=row.slug,
        name=said(row.names, locale),
        section=section_names.get(row.section_id, "") if row.section_id else "",
        public=row.public,
        archived=row.archived_at is not None,
    )


def _is_in(row: TopicRow, section: SectionRow) -> bool:
    return row.section_id == section.id


def _kept(row: TopicRow) -> dict[str, str]:
    values = {"public": "on" if row.public else "", "position": str(row.position)}
    for locale in LOCALES:
        values[f"name-{locale}"] = row.names.get(locale, "")
        values[f"summary-{locale}"] = row.summaries.get(locale, "")
    return values


def _values(form: FormData | None) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)} if form else {}


def _errors(
    request: Request, context: Context, problem: BadInput | None, of: str = ""
) -> list[FieldError]:
    if problem is None:
        return []
    where = f"{of}-{problem.where}" if of else problem.where
    # A name is asked for in each language; the mistake stands at the first.
    field = {"name": f"name-{LOCALES[0]}", "section-name": f"section-{LOCALES[0]}"}.get(
        where, where
    )
    return [FieldError(field, speech(request, context)(problem.reason))]
