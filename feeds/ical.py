"""Dated entries as a calendar (iCalendar, RFC 5545, with RFC 7986's properties of a calendar)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vDuration

from feeds.channel import Channel, urn
from feeds.reading import Shown
from feeds.richtext import plain

REFRESH = timedelta(hours=1)


def as_calendar(channel: Channel, zone: ZoneInfo) -> bytes:
    """``zone`` is the town's: in it a day is a day."""
    calendar = Calendar()
    calendar.add("prodid", "-//Guichet//Topics//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", channel.title)
    calendar.add("x-wr-calname", channel.title)
    calendar.add("description", channel.summary)
    calendar.add("url", channel.page_url)
    calendar.add("last-modified", channel.updated_at.astimezone(UTC))
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    for shown in channel.shown:
        calendar.add_component(_event(channel, shown, zone))
    text: bytes = calendar.to_ical()
    return text


def _event(channel: Channel, shown: Shown, zone: ZoneInfo) -> Event:
    entry, words = shown.entry, shown.said(channel.language)
    event = Event()
    event.add("uid", urn(entry))
    event.add("dtstamp", shown.updated_at.astimezone(UTC))
    event.add("last-modified", shown.updated_at.astimezone(UTC))
    event.add("created", (entry.published_at or entry.created_at).astimezone(UTC))
    event.add("sequence", entry.version - 1)
    if entry.starts_at is not None:
        event.add("dtstart", _moment(entry.starts_at, zone, all_day=entry.all_day))
    if entry.ends_at is not None:
        event.add("dtend", _moment(entry.ends_at, zone, all_day=entry.all_day))
    event.add("summary", words.title)
    event.add("description", plain(words.html))
    event.add("url", channel.entry_url(entry))
    if entry.place:
        event.add("location", entry.place)
    if entry.latitude is not None and entry.longitude is not None:
        event.add("geo", (entry.latitude, entry.longitude))
    event.add("categories", channel.topic_names(shown))
    return event


def _moment(at: datetime, zone: ZoneInfo, *, all_day: bool) -> date:
    """Moments are told in UTC, so that no calendar needs the rules of the zone."""
    return at.astimezone(zone).date() if all_day else at.astimezone(UTC)
