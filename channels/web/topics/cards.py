"""From what :mod:`feeds` reads to what the pages show."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from channels.web.topics.views import EntryCard, FeedLink, PictureView, TopicGroup, TopicLink
from core.i18n import N_
from feeds import ALL, FORMATS, FeedFormat, SectionRow, Shown, TopicRow, feed_path, said

MEDIA_TYPES: Mapping[FeedFormat, str] = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
    "ics": "text/calendar",
}
FORMAT_LABELS: Mapping[FeedFormat, str] = {
    "atom": N_("Atom feed"),
    "rss": N_("RSS feed"),
    "json": N_("JSON feed"),
    "ics": N_("Calendar"),
}
A_MOMENT = timedelta(seconds=1)


def card_of(shown: Shown, locale: str, districts: Mapping[str, str]) -> EntryCard:
    """``districts`` are their names by slug."""
    entry, words = shown.entry, shown.said(locale)
    last = entry.ends_at
    return EntryCard(
        slug=entry.slug,
        title=words.title,
        summary=words.summary,
        language=words.language,
        published_at=entry.published_at or entry.created_at,
        corrected_at=entry.corrected_at,
        urgent=entry.urgent,
        place=entry.place,
        district=districts.get(entry.district, ""),
        starts_at=entry.starts_at,
        last_at=last - A_MOMENT if last and entry.all_day else last,
        all_day=entry.all_day,
        topics=[topic_link(topic, locale) for topic in shown.topics],
        picture=PictureView(
            url=picture_path(shown),
            alt=words.image_alt,
            width=entry.image_width,
            height=entry.image_height,
        )
        if entry.image_sha256
        else None,
    )


def picture_path(shown: Shown) -> str:
    """Its address changes with the picture."""
    return f"/entries/{shown.entry.slug}/{(shown.entry.image_sha256 or '')[:12]}.jpg"


def topic_link(topic: TopicRow, locale: str) -> TopicLink:
    return TopicLink(
        slug=topic.slug, name=said(topic.names, locale), summary=said(topic.summaries, locale)
    )


def groups_of(
    topics: Sequence[TopicRow], sections: Sequence[SectionRow], locale: str
) -> list[TopicGroup]:
    """Topics under their sections, those without one at the end; no empty section."""
    groups = [
        TopicGroup(
            slug=section.slug,
            name=said(section.names, locale),
            topics=[topic_link(one, locale) for one in topics if one.section_id == section.id],
        )
        for section in sections
    ]
    rest = [topic_link(one, locale) for one in topics if one.section_id is None]
    return [group for group in (*groups, TopicGroup(slug="", name="", topics=rest)) if group.topics]


def feed_links(title: str, locale: str, own: str, slug: str = ALL) -> list[FeedLink]:
    """One a format, in the reader's language; ``own`` is the town's."""
    return [
        FeedLink(
            form=FORMAT_LABELS[form],
            url=feed_path(slug, form, locale, own=own),
            media_type=MEDIA_TYPES[form],
            title=title,
        )
        for form in FORMATS
    ]
