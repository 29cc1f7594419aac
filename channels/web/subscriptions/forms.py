"""From what was sent by a form to wishes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from channels.web.subscriptions.views import DistrictChoice, TopicChoice
from feeds.subscriptions import Cadence, Medium, SubscriptionRow, Wish
from feeds.subscriptions.store import wish_of
from feeds.subscriptions.wishes import HOUR

Fields = Mapping[str, str]


def hour_in(fields: Fields, name: str = "hour") -> int | None:
    """0 to 23; None for anything else."""
    text = fields.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and int(text) < 24 else None


def weekday_in(fields: Fields) -> int:
    text = fields.get("weekday", "")
    return int(text) if text in {*"0123456"} else 0


def cadence_in(fields: Fields, name: str) -> Cadence | None:
    text = fields.get(name, "")
    return Cadence(text) if text in {*Cadence} else None


def district_in(fields: Fields, districts: Iterable[DistrictChoice]) -> str:
    text = fields.get("district", "")
    return text if text in {one.slug for one in districts} else ""


def asked(
    fields: Fields,
    topic_ids: Sequence[UUID],
    medium: Medium,
    districts: Sequence[DistrictChoice],
) -> list[Wish]:
    """The same for each topic: what a form to subscribe says."""
    cadence = cadence_in(fields, "cadence") if medium is Medium.EMAIL else None
    return [
        Wish(
            topic_id=topic_id,
            medium=medium,
            cadence=cadence or Cadence.IMMEDIATE,
            hour=_hour(fields),
            weekday=weekday_in(fields),
            district=district_in(fields, districts),
        )
        for topic_id in topic_ids
    ]


def preferred(
    fields: Fields,
    topics: Sequence[TopicChoice],
    media: Sequence[Medium],
    districts: Sequence[DistrictChoice],
    rows: Sequence[SubscriptionRow],
) -> list[Wish]:
    """What the page of preferences says; ``media`` are those by which this one can be told.

    The page shows one hour, weekday and district for all ``rows``. What is left as it was shown
    (``shown_hour`` and so on say how) stays each subscription's own.
    """
    known = {(row.topic_id, row.medium): row for row in rows}
    wishes = []
    for topic in topics:
        for medium in media:
            said = fields.get(f"{medium}-{topic.slug}", "")
            cadence = Cadence.IMMEDIATE if said else None
            if medium is Medium.EMAIL:
                cadence = cadence_in(fields, f"email-{topic.slug}")
            if cadence is not None:
                wish = Wish(
                    topic_id=topic.id,
                    medium=medium,
                    cadence=cadence,
                    hour=_hour(fields),
                    weekday=weekday_in(fields),
                    district=district_in(fields, districts),
                )
                row = known.get((topic.id, medium))
                wishes.append(wish if row is None else _with_own(wish, row, fields))
    return wishes


def _with_own(wish: Wish, row: SubscriptionRow, fields: Fields) -> Wish:
    """With the subscription's own hour, weekday and district where the page left them.

    Nobody chose the hour of what was no digest, nor the weekday of what was not weekly: what
    becomes one takes those that were shown.
    """
    before, own = wish_of(row), wish
    had_hour = before.cadence is not Cadence.IMMEDIATE or wish.cadence is Cadence.IMMEDIATE
    had_weekday = before.cadence is Cadence.WEEKLY or wish.cadence is not Cadence.WEEKLY
    if had_hour and _is_left(fields, "hour"):
        own = replace(own, hour=before.hour)
    if had_weekday and _is_left(fields, "weekday"):
        own = replace(own, weekday=before.weekday)
    if _is_left(fields, "district"):
        own = replace(own, district=before.district)
    return own


def _is_left(fields: Fields, name: str) -> bool:
    return fields.get(name, "") == fields.get(f"shown_{name}", "")


def _hour(fields: Fields) -> int:
    hour = hour_in(fields)
    return HOUR if hour is None else hour
