"""A campaign's deliveries, ready to be sent: its stages have written them, without an engine."""

from pathlib import Path
from zoneinfo import ZoneInfo

from bench.subscribers import enter, readers
from core.blobs import Blobs
from core.clock import utc_now
from core.database import Database
from core.settings import Settings
from feeds import Hub, Publishing, Words, Writing, new_draft
from feeds.subscriptions import Audiences, Office, preferences_tokens
from feeds.topics import add_topic
from guichet.migrate import migrate
from ingest.events import EntryPublished, Event, new_event
from notify import Addressing, Announcements, Announcing, Letterhead

SECRET = b"the secret of the town that is measured"
HOSTNAME = "guichet.demo.example"
TITLE = "Travaux rue des Lilas"
BODY = "La rue des Lilas est fermée à la circulation du 3 au 7 décembre pour des travaux.\n" * 6
SMS = "Travaux rue des Lilas du 3 au 7 décembre : prenez la rue Pasteur."
AT_ONCE = 4  # ranges in one transaction


async def make_ready(url: str, folder: Path, mails: int) -> None:
    """One entry for so many, each by mail: all their deliveries are queued when this returns."""
    database = Database(url)
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nobody waits
    try:
        await migrate(database)
        published = await _publish(database, folder, mails)
        await _expand(database, published)
    finally:
        await database.close()


async def _publish(database: Database, folder: Path, mails: int) -> Event:
    publishing = Publishing(utc_now, Blobs(str(folder)), Hub.of(Settings(data=folder)))
    async with database.begin() as session:
        topic = await add_topic(session, utc_now, "travaux", {"fr": "Travaux"}, summaries={})
        await session.flush()
        topic_id = topic.id
    await enter(database, readers(mails), topic_id)
    words = Words(title=TITLE, body=BODY, sms=SMS)
    writing = Writing(words={"fr": words}, topic_ids=(topic_id,))
    async with database.begin() as session:
        entry = await new_draft(session, publishing.blobs, utc_now, writing, by=None)
        await publishing.publish(session, entry)
        data = EntryPublished(
            entry_id=entry.id, version=entry.version, change="published", urgent=False
        )
        return new_event(data, key=entry.id, id=entry.id, time=utc_now())


async def _expand(database: Database, published: Event) -> None:
    letterhead = Letterhead(
        town="Ville de Démo",
        language="fr",
        zone=ZoneInfo("Europe/Paris"),
        main_mailbox="mairie@demo.example",
        mail_domain=HOSTNAME,
        tracking_page="https://demo.example/tracking",
        secret=SECRET,
    )
    portal = "https://demo.example"
    audiences = Audiences(
        Office(utc_now, letterhead.zone, preferences_tokens(SECRET), letterhead.language), portal
    )
    words = Announcements(letterhead.zone, letterhead.town, portal)
    announcing = Announcing(database, utc_now, audiences, words)
    addressing = Addressing(database, utc_now, audiences, words, letterhead, sends_sms=True)
    planned = await announcing.prepare([published])
    async with database.begin() as session:
        ranges = await announcing.handle(published, session, planned)
    for start in range(0, len(ranges), AT_ONCE):
        some = ranges[start : start + AT_ONCE]
        prepared = await addressing.prepare(some)
        async with database.begin() as session:
            for one in some:
                await addressing.handle(one, session, prepared)
