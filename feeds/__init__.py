"""Topics and their entries: written, imported, published, corrected, withdrawn, read as feeds."""

from feeds.channel import Channel
from feeds.entry import KeptPicture, Source, Words, Writing, mistakes, summary_of, words_of
from feeds.fetching import Fetching
from feeds.from_case import writing_of_case
from feeds.hub import ALL, FORMATS, FeedFormat, Hub, feed_path
from feeds.imports import Imports
from feeds.keeping import change_draft, check_revision, entry_for, new_draft
from feeds.listing import EntryList, count_by_status, list_entries, topic_ids_of
from feeds.models import (
    DistrictRow,
    EntryRow,
    EntryStatus,
    EntryTopicRow,
    EntryVersionRow,
    OutsideFeedRow,
    SectionRow,
    TopicRow,
)
from feeds.pings import HubPings
from feeds.publishing import Publishing
from feeds.reading import (
    IN_A_FEED,
    Page,
    Shown,
    corrections,
    entry_page,
    published,
    shown_entry,
)
from feeds.schedule import Schedule
from feeds.topics import (
    all_topics,
    districts,
    feeds_changed_at,
    public_topic,
    public_topics,
    said,
    sections,
)

__all__ = [
    "ALL",
    "FORMATS",
    "IN_A_FEED",
    "Channel",
    "DistrictRow",
    "EntryList",
    "EntryRow",
    "EntryStatus",
    "EntryTopicRow",
    "EntryVersionRow",
    "FeedFormat",
    "Fetching",
    "Hub",
    "HubPings",
    "Imports",
    "KeptPicture",
    "OutsideFeedRow",
    "Page",
    "Publishing",
    "Schedule",
    "SectionRow",
    "Shown",
    "Source",
    "TopicRow",
    "Words",
    "Writing",
    "all_topics",
    "change_draft",
    "check_revision",
    "corrections",
    "count_by_status",
    "districts",
    "entry_for",
    "entry_page",
    "feed_path",
    "feeds_changed_at",
    "list_entries",
    "mistakes",
    "new_draft",
    "public_topic",
    "public_topics",
    "published",
    "said",
    "sections",
    "shown_entry",
    "summary_of",
    "topic_ids_of",
    "words_of",
    "writing_of_case",
]
