"""Topics and their entries: written, imported, published, corrected, withdrawn, read as feeds."""

from feeds.models import (
    DistrictRow,
    EntryRow,
    EntryStatus,
    EntryTopicRow,
    EntryVersionRow,
    SectionRow,
    TopicRow,
)

__all__ = [
    "DistrictRow",
    "EntryRow",
    "EntryStatus",
    "EntryTopicRow",
    "EntryVersionRow",
    "SectionRow",
    "TopicRow",
]
