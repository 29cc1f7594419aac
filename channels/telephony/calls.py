"""The pages of a call, in the order in which a caller may come through them."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cases.telephone import Line, menu_of, read_lines
from channels.telephony.arrival import arrival_of
from channels.telephony.callers import caller_number
from channels.telephony.fields import count_of
from channels.telephony.progress import CallProgress
from channels.telephony.speech import OTHER_LANGUAGE, TRACKING, TRIES, Speech
from channels.telephony.tracking import Tracking
from core.clock import Clock
from core.database import Database
from core.i18n import LOCALES
from core.ratelimit import TooMany
from core.settings import Settings
from ingest import Accept, ChannelName

Fields = Mapping[str, str]
"""What Twilio says of the call (``From``, ``Digits`` …), and what our address carries on."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Answers a call page by page, each with a TwiML document."""

    database: Database
    accept: Accept
    clock: Clock
    tracking: Tracking
    progress: CallProgress
    settings: Settings
    here: str

    async def menu(self, fields: Fields) -> str:
        if "lang" not in fields:  # no page of ours has led here: the call begins
            await self.progress.began(fields)
        return self._speech(fields).menu(menu_of(await self._lines()), _attempt(fields))

    async def choice(self, fields: Fields) -> str:
        """A key was pressed in the menu."""
        pressed, speech = fields.get("Digits", ""), self._speech(fields)
        if pressed == OTHER_LANGUAGE:
            other = next(code for code in LOCALES if code != speech.language)
            return await self.menu({**fields, "lang": other})
        if pressed == TRACKING:
            return speech.ask_reference()
        lines = await self._lines()
        line = next((line for line in menu_of(lines) if line.key == pressed), None)
        if line is None:
            return speech.menu(menu_of(lines), 2)
        is_open = self._is_open(line)
        await self.progress.chose(fields, line, put_through=is_open)
        if is_open:
            return speech.transfer(line)
        return speech.message(line, closed=True)

    async def dialed(self, fields: Fields) -> str:
        """The call that was put through has ended, or nobody has answered."""
        speech = self._speech(fields)
        if fields.get("DialCallStatus") == "completed":
            return speech.thanks_for_calling()
        await self.progress.not_taken(fields)
        line = _line(await self._lines(), fields)
        return speech.message(line, closed=True)

    async def message(self, fields: Fields) -> str:
        return self._speech(fields).message(None, closed=False)

    async def recorded(self, fields: Fields) -> str:
        """The recording is over; it may be kept before the caller hears our thanks."""
        await self.recording(fields)
        return self._speech(fields).thanks()

    async def recording(self, fields: Fields) -> None:
        """A recording is there: Twilio says so on the line, and once more beside it."""
        if fields.get("RecordingStatus") == "absent" or not fields.get("RecordingUrl"):
            return
        await self._keep("recording", "recording", fields)
        await self.progress.recorded(fields)

    async def transcription(self, fields: Fields) -> None:
        await self._keep("words", "transcription", fields)

    async def ask_reference(self, fields: Fields) -> str:
        return self._speech(fields).ask_reference(_attempt(fields))

    async def reference(self, fields: Fields) -> str:
        """A reference was typed."""
        pressed = fields.get("Digits", "")[:16]
        return self._speech(fields).ask_key(pressed, _attempt(fields))

    async def key(self, fields: Fields) -> str:
        """And its tracking key."""
        speech, caller = self._speech(fields), caller_number(fields.get("From", ""))
        pressed, key = fields.get("pressed", ""), fields.get("Digits", "")[:16]
        try:
            standing = await self.tracking.standing(pressed, key, caller, speech.language)
        except TooMany:
            return speech.wrong(TRIES)
        if standing is None:
            return speech.wrong(_attempt(fields))
        return speech.standing(standing)

    async def _keep(self, kind: str, form: str, fields: Fields) -> None:
        """Raises Later when the store is away: Twilio is then told to come again."""
        sid = fields.get("RecordingSid", "")
        await self.accept(arrival_of(ChannelName.PHONE, kind, sid, form, fields))

    async def _lines(self) -> list[Line]:
        async with self.database.read() as session:
            return await read_lines(session)

    def _is_open(self, line: Line) -> bool:
        zone = ZoneInfo(self.settings.time_zone)
        return line.is_open(self.clock(), zone, self.settings.country)

    def _speech(self, fields: Fields) -> Speech:
        language = fields.get("lang", "")
        language = language if language in LOCALES else self.settings.language
        return Speech(language, self.settings.town, self.here)


def _line(lines: list[Line], fields: Fields) -> Line | None:
    return next((line for line in lines if line.slug == fields.get("queue")), None)


def _attempt(fields: Fields) -> int:
    return count_of(fields, "attempt") or 1
