"""Topics, the sections that they stand under, and the town's districts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.errors import BadInput, NotThere
from core.i18n import LOCALES, N_
from core.ids import new_id
from core.text import clean_line
from feeds.hub import ALL
from feeds.models import DistrictRow, SectionRow, TopicRow
from feeds.slugs import MAX_SLUG, SLUG

NO_NAME = N_("Give it a name first.")
NO_ADDRESS = N_("An address is lower-case letters, digits and hyphens.")
ADDRESS_TAKEN = N_("This address is taken.")
NO_LANGUAGE = N_("Choose a language.")


def said(texts: Mapping[str, str], locale: str) -> str:
    """In the reader's language, else in one that there is."""
    return texts.get(locale) or next((texts[one] for one in LOCALES if texts.get(one)), "")


async def all_topics(session: AsyncSession, *, archived: bool = False) -> Sequence[TopicRow]:
    """In the order of their sections, then their own; for the desk."""
    query = (
        select(TopicRow)
        .outerjoin(SectionRow, SectionRow.id == TopicRow.section_id)
        # Without a section: behind the others.
        .order_by(SectionRow.id.is_(None), SectionRow.position, TopicRow.position, TopicRow.slug)
    )
    if not archived:
        query = query.where(TopicRow.archived_at.is_(None))
    return (await session.scalars(query)).all()


async def public_topics(session: AsyncSession) -> Sequence[TopicRow]:
    """Those that everybody may read, in the order of :func:`all_topics`."""
    return [topic for topic in await all_topics(session) if topic.public]


async def sections(session: AsyncSession) -> Sequence[SectionRow]:
    query = select(SectionRow).order_by(SectionRow.position, SectionRow.slug)
    return (await session.scalars(query)).all()


async def districts(session: AsyncSession) -> Sequence[DistrictRow]:
    query = select(DistrictRow).order_by(DistrictRow.position, DistrictRow.name)
    return (await session.scalars(query)).all()


async def public_topic(session: AsyncSession, slug: str) -> TopicRow:
    """Raises NotThere when there is none, or none for everybody: the two look alike."""
    topic = await session.scalar(
        select(TopicRow).where(
            TopicRow.slug == slug, TopicRow.public.is_(True), TopicRow.archived_at.is_(None)
        )
    )
    if topic is None:
        raise NotThere("no such topic")
    return topic


async def topic_for(session: AsyncSession, topic_id: UUID) -> TopicRow:
    """For an agent; locked. Raises NotThere."""
    topic = await session.get(TopicRow, topic_id, with_for_update=True)
    if topic is None:
        raise NotThere("no such topic")
    return topic


async def feeds_changed_at(session: AsyncSession) -> datetime | None:
    """When what the feed of all topics says changed for the last time; None without topics."""
    query = select(func.max(TopicRow.changed_at)).where(TopicRow.public.is_(True))
    changed: datetime | None = await session.scalar(query)
    return changed


async def add_section(session: AsyncSession, slug: str, names: Mapping[str, str]) -> SectionRow:
    """At the end. Raises BadInput."""
    _check_slug(slug, await session.scalar(select(SectionRow.id).where(SectionRow.slug == slug)))
    row = SectionRow(
        id=new_id(),
        slug=slug,
        names=_names(names),
        position=await session.scalar(select(func.count()).select_from(SectionRow)) or 0,
    )
    session.add(row)
    return row


async def add_district(session: AsyncSession, slug: str, name: str) -> DistrictRow:
    """At the end. Raises BadInput."""
    _check_slug(slug, await session.get(DistrictRow, slug))
    if not clean_line(name):
        raise BadInput(NO_NAME, where="name")
    row = DistrictRow(
        slug=slug,
        name=clean_line(name),
        position=await session.scalar(select(func.count()).select_from(DistrictRow)) or 0,
    )
    session.add(row)
    return row


async def add_topic(
    session: AsyncSession,
    clock: Clock,
    slug: str,
    names: Mapping[str, str],
    *,
    summaries: Mapping[str, str],
    languages: Sequence[str] = LOCALES,
    section_id: UUID | None = None,
    public: bool = True,
) -> TopicRow:
    """At the end. Raises BadInput."""
    _check_slug(slug, await session.scalar(select(TopicRow.id).where(TopicRow.slug == slug)))
    row = TopicRow(
        id=new_id(),
        slug=slug,
        position=await session.scalar(select(func.count()).select_from(TopicRow)) or 0,
        created_at=clock(),
    )
    change_topic(
        row,
        clock,
        names,
        summaries=summaries,
        languages=languages,
        section_id=section_id,
        public=public,
    )
    session.add(row)
    return row


def change_topic(
    row: TopicRow,
    clock: Clock,
    names: Mapping[str, str],
    *,
    summaries: Mapping[str, str],
    languages: Sequence[str],
    section_id: UUID | None,
    public: bool,
    position: int | None = None,
) -> None:
    """All but its address, which stays for ever. Raises BadInput."""
    known = [one for one in LOCALES if one in languages]
    if not known:
        raise BadInput(NO_LANGUAGE, where="languages")
    row.names, row.languages = _names(names), known
    row.summaries = {locale: clean_line(text) for locale, text in summaries.items() if text.strip()}
    row.section_id, row.public = section_id, public
    row.position = row.position if position is None else position
    row.changed_at = clock()


def archive_topic(row: TopicRow, clock: Clock, *, archived: bool) -> None:
    """Or bring it back."""
    row.archived_at = clock() if archived else None
    row.changed_at = clock()


def _names(names: Mapping[str, str]) -> dict[str, str]:
    cleaned = {locale: clean_line(name) for locale, name in names.items() if name.strip()}
    if not cleaned:
        raise BadInput(NO_NAME, where="name")
    return cleaned


def _check_slug(slug: str, there: object) -> None:
    if not SLUG.fullmatch(slug) or len(slug) > MAX_SLUG or slug == ALL:
        raise BadInput(NO_ADDRESS, where="slug")
    if there is not None:
        raise BadInput(ADDRESS_TAKEN, where="slug")
