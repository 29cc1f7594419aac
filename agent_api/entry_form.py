"""The form of an entry: what was typed becomes what is kept, and what is kept becomes a form."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from core.errors import BadInput
from core.i18n import LOCALES, N_
from core.text import clean_line
from feeds import (
    EntryRow,
    EntryVersionRow,
    KeptPicture,
    Words,
    Writing,
    summary_of,
    words_of,
)

NO_DATE = N_("Write a date as on the calendar, and a time as 14:30.")
NO_NUMBER = N_("Write degrees as 48.1173.")
WORDS = ("title", "summary", "body", "sms", "alt", "correction")
_FACTS = ("place", "district", "latitude", "longitude")
_MOMENTS = ("starts", "ends", "expires", "publish")
NEXT_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the fields, by their names; flags are ``on`` or empty."""

    values: Mapping[str, str]
    topic_ids: tuple[UUID, ...]

    def known(self, topics: Set[UUID], districts: Set[str]) -> "Typed":
        """Without topics and districts that are not there (any more)."""
        chosen = tuple(one for one in self.topic_ids if one in topics)
        district = self.values.get("district", "")
        kept = district if district in districts else ""
        return Typed({**self.values, "district": kept}, chosen)

    def writing(self, zone: ZoneInfo, picture: KeptPicture | None = None) -> Writing:
        """Raises BadInput where a field cannot be read at all."""
        starts, at_hour = self._moment("starts", zone)
        ends, ends_at_hour = self._moment("ends", zone)
        return Writing(
            words=self.words(),
            topic_ids=self.topic_ids,
            urgent=self.values.get("urgent") == "on",
            district=self.values.get("district", ""),
            place=clean_line(self.values.get("place", "")),
            latitude=self._degrees("latitude"),
            longitude=self._degrees("longitude"),
            starts_at=starts,
            # A day ends where the next begins.
            ends_at=ends + NEXT_DAY if ends and not ends_at_hour else ends,
            all_day=not (at_hour or ends_at_hour),
            expires_at=self._moment("expires", zone)[0],
            picture=picture,
            without_picture=self.values.get("without_picture") == "on",
        )

    def words(self) -> dict[str, Words]:
        """Of the languages in which something was written."""
        found = {
            language: words_of(
                **{name: self.values.get(f"{name}-{language}", "") for name in WORDS}
            )
            for language in LOCALES
        }
        return {language: words for language, words in found.items() if words}

    def publish_at(self, zone: ZoneInfo) -> datetime:
        """Raises BadInput without a day; without an hour it is midnight."""
        at, _ = self._moment("publish", zone)
        if at is None:
            raise BadInput(NO_DATE, where="publish_on")
        return at

    def _moment(self, name: str, zone: ZoneInfo) -> tuple[datetime | None, bool]:
        """The moment, and whether an hour was given."""
        day, hour = self.values.get(f"{name}_on", ""), self.values.get(f"{name}_time", "")
        if not day:
            if hour:
                raise BadInput(NO_DATE, where=f"{name}_on")
            return None, False
        try:
            at = time.fromisoformat(hour) if hour else time()
            return datetime.combine(date.fromisoformat(day), at.replace(tzinfo=None), zone), bool(
                hour
            )
        except ValueError as problem:
            raise BadInput(NO_DATE, where=f"{name}_on") from problem

    def _degrees(self, name: str) -> float | None:
        text = self.values.get(name, "").strip().replace(",", ".")
        if not text:
            return None
        try:
            value = float(text)
        except ValueError as problem:
            raise BadInput(NO_NUMBER, where=name) from problem
        if not -180 <= value <= 180:  # also what is no number
            raise BadInput(NO_NUMBER, where=name)
        return value


def typed_of(form: FormData) -> Typed:
    names = [f"{name}-{language}" for name in WORDS for language in LOCALES]
    names += [f"{name}_{part}" for name in _MOMENTS for part in ("on", "time")]
    names += [*_FACTS, "urgent", "without_picture", "reference"]
    values = {name: value for name in names if isinstance(value := form.get(name, ""), str)}
    return Typed(values, tuple(_ids(form)))


def kept(
    entry: EntryRow,
    versions: Mapping[str, EntryVersionRow],
    topic_ids: tuple[UUID, ...],
    zone: ZoneInfo,
) -> Typed:
    """What an entry's form shows; a correction is told anew each time."""
    values = {
        "urgent": "on" if entry.urgent else "",
        "district": entry.district,
        "place": entry.place,
        "latitude": "" if entry.latitude is None else str(entry.latitude),
        "longitude": "" if entry.longitude is None else str(entry.longitude),
    }
    ends = entry.ends_at - NEXT_DAY if entry.ends_at and entry.all_day else entry.ends_at
    for name, at, with_hour in (
        ("starts", entry.starts_at, not entry.all_day),
        ("ends", ends, not entry.all_day),
        ("expires", entry.expires_at, True),
        ("publish", entry.publish_at, True),
    ):
        local = at.astimezone(zone) if at else None
        values[f"{name}_on"] = local.date().isoformat() if local else ""
        values[f"{name}_time"] = f"{local:%H:%M}" if local and with_hour else ""
    for language, version in versions.items():
        values |= {
            f"title-{language}": version.title,
            f"summary-{language}": "" if _is_own_making(version) else version.summary,
            f"body-{language}": version.body,
            f"sms-{language}": version.sms,
            f"alt-{language}": version.image_alt,
        }
    return Typed(values, topic_ids)


def _is_own_making(version: EntryVersionRow) -> bool:
    """Whether the summary is the beginning of the text: it follows when that changes."""
    return version.summary == summary_of(words_of(title=version.title, body=version.body))


def _ids(form: FormData) -> list[UUID]:
    found = []
    for value in form.getlist("topics"):
        try:
            found.append(UUID(str(value)))
        except ValueError:
            continue
    return found
