"""A case becomes an entry: what a citizen told the town, told to everybody, without the citizen."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseMessageRow, CaseRow, JoinedBy
from core.text import clean_line
from feeds.entry import MAX_TITLE, Source, Writing, words_of
from feeds.richtext import shortened
from ingest.models import MessageRow


async def writing_of_case(session: AsyncSession, case: CaseRow, language: str) -> Writing:
    """What an agent begins with: nothing of it is public before they publish it.

    The subject is the citizen's own words, so the agent reads it first. The place is one that the
    form asked for on a map; the text of the message, the name and the address stay out.
    """
    title = shortened(case.subject, MAX_TITLE)
    place = _place_of(await _form_of(session, case))
    return Writing(
        words={language: words_of(title=title, body=title)},
        place=clean_line(str(place.get("address") or "")),
        latitude=place.get("lat"),
        longitude=place.get("lon"),
        source=Source(case_id=case.id),
    )


async def _form_of(session: AsyncSession, case: CaseRow) -> Mapping[str, Any]:
    query = (
        select(MessageRow.details)
        .join(CaseMessageRow, CaseMessageRow.message_id == MessageRow.id)
        .where(CaseMessageRow.case_id == case.id, CaseMessageRow.joined_by == JoinedBy.OPENING)
    )
    details = await session.scalar(query) or {}
    form = details.get("form")
    return form if isinstance(form, dict) else {}


def _place_of(form: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first answer that is a point on a map."""
    for value in form.values():
        if isinstance(value, dict) and all(
            isinstance(value.get(name), int | float) for name in ("lat", "lon")
        ):
            return value
    return {}
