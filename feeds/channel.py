"""A feed as each of its formats shows it: about what, and the addresses in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from feeds.models import EntryRow
from feeds.reading import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """In one language."""

    title: str
    summary: str
    language: str
    town: str
    page_url: str
    """Where the same is read by people."""
    feed_url: str
    hub_url: str
    """Of WebSub; empty for none."""
    portal_url: str
    updated_at: datetime
    shown: Sequence[Shown]

    def entry_url(self, entry: EntryRow) -> str:
        return f"{self.portal_url}/entries/{entry.slug}"

    def image_url(self, entry: EntryRow) -> str:
        """The picture's address changes with the picture."""
        return f"{self.portal_url}/entries/{entry.slug}/{(entry.image_sha256 or '')[:12]}.jpg"

    def topic_names(self, shown: Shown) -> list[str]:
        return [
            topic.names.get(self.language) or next(iter(topic.names.values()))
            for topic in shown.topics
        ]


def urn(entry: EntryRow) -> str:
    """The entry's name for ever, wherever the portal moves to (RFC 9562)."""
    return f"urn:uuid:{entry.id}"
