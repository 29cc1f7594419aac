"""What tells many at once: topics, their entries, and who has subscribed."""

from dataclasses import dataclass

from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from core.processes import Processes
from core.settings import Settings
from feeds import Fetching, Hub, HubPings, Imports, Publishing, Schedule
from feeds.subscriptions import Audiences, Office, preferences_tokens
from feeds.subscriptions.lists import SubscriberLists
from notify import Addressing, Announcements, Announcing, DigestRounds, Letterhead


@dataclass(frozen=True, slots=True)
class News:
    publishing: Publishing
    announcements: Announcements
    """The words of what is published."""
    announcing: Announcing
    addressing: Addressing
    schedule: Schedule
    """Publishes entries whose hour has come."""
    imports: Imports
    """Takes entries from outside feeds."""
    pings: HubPings
    """Tell the WebSub hub of news."""
    digests: DigestRounds
    lists: SubscriberLists
    """Goes on with lists of subscribers that were cut off."""


def news_of(
    settings: Settings,
    secret: bytes,
    letterhead: Letterhead,
    *,
    database: Database,
    blobs: Blobs,
    clock: Clock,
    processes: Processes,
    sends_sms: bool,
) -> News:
    audiences = Audiences(
        Office(clock, letterhead.zone, preferences_tokens(secret), settings.language),
        settings.portal_url,
    )
    announcements = Announcements(letterhead.zone, settings.town, settings.portal_url)
    publishing = Publishing(clock, blobs, Hub.of(settings))
    return News(
        publishing=publishing,
        announcements=announcements,
        announcing=Announcing(database, clock, audiences, announcements),
        addressing=Addressing(
            database,
            clock,
            audiences,
            announcements,
            letterhead,
            sends_sms=sends_sms,
            pushes=settings.push,
        ),
        schedule=Schedule(database, clock, publishing),
        imports=Imports(database, blobs, clock, publishing, processes, _fetching(settings)),
        pings=HubPings(database, clock, settings.websub_hub),
        digests=DigestRounds(database, clock, audiences),
        lists=SubscriberLists(
            database, blobs, clock, settings.country, settings.language, settings.zone
        ),
    )


def _fetching(settings: Settings) -> Fetching:
    return Fetching(lambda _address: True) if settings.outside_feeds_private else Fetching()
