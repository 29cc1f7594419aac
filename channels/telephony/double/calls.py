"""A call to the town, as its caller goes through it: what is heard, and what can be done next."""

import math
import struct
import wave
from dataclasses import dataclass, field
from email.utils import format_datetime
from io import BytesIO
from time import monotonic
from xml.etree.ElementTree import Element

from channels.telephony.double.provider import Provider, new_sid
from channels.telephony.double.webhooks import Answer

RATE = 8000  # samples a second, as on the telephone
MAX_STEPS = 20  # documents without the caller doing anything


@dataclass(slots=True)
class Call:
    """``state`` is ``keys`` (digits are awaited), ``record`` or ``over``."""

    provider: Provider
    sender: str
    sid: str = field(default_factory=lambda: new_sid("CA"))
    heard: list[tuple[str, str]] = field(default_factory=list)
    """Language and words, the oldest first."""
    state: str = "over"
    _verb: Element | None = None
    _rest: list[Element] = field(default_factory=list)
    _base: str = ""
    _began: float = 0.0
    _told: bool = False

    async def dial(self) -> None:
        self._began = monotonic()
        await self._go(f"{self.provider.account.hooks}/voice/menu", {"CallStatus": "ringing"})

    async def press(self, digits: str) -> None:
        if self.state == "keys" and self._verb is not None:
            self.heard.append(("keys", digits))
            keys = digits.strip().rstrip("#")
            await self._go(self._verb.get("action", ""), {"Digits": keys})

    async def wait(self) -> None:
        """Press nothing until the question is over."""
        if self.state == "keys":
            await self._play(self._rest)
            await self._tell_end()

    async def speak(self, words: str) -> None:
        """Leave a message: a recording, and soon what is said in it."""
        if self.state != "record" or self._verb is None:
            return
        verb, self.state = self._verb, "over"
        self.heard.append(("spoken", words))
        seconds = max(1, len(words) // 15)
        sid = self.provider.keep_file("RE", "audio/x-wav", tone(seconds))
        told = {
            "RecordingSid": sid,
            "RecordingUrl": self.provider.url(f"Recordings/{sid}"),
            "RecordingDuration": str(seconds),
        }
        await self._call(
            verb.get("recordingStatusCallback", ""), told | {"RecordingStatus": "completed"}
        )
        await self._go(verb.get("action", ""), told | {"Digits": "#"})
        words_of_it = {"TranscriptionText": words, "TranscriptionStatus": "completed"}
        await self._call(
            verb.get("transcribeCallback", ""),
            told | words_of_it | {"TranscriptionSid": new_sid("TR")},
        )

    async def hang_up(self) -> None:
        self._stop()
        await self._tell_end()

    def _stop(self) -> None:
        self.state, self._verb = "over", None

    async def _tell_end(self) -> None:
        """How Twilio tells that an incoming call is over, and how long it was."""
        if self.state == "over" and not self._told:
            self._told = True
            length = max(1, round(monotonic() - self._began))
            ended = {
                "CallStatus": "completed",
                "CallDuration": str(length),
                "Timestamp": format_datetime(self.provider.clock()),
            }
            await self._call(f"{self.provider.account.hooks}/voice/status", ended)

    async def _go(self, url: str, fields: dict[str, str]) -> None:
        await self._follow(url, fields)
        await self._tell_end()

    async def _follow(self, url: str, fields: dict[str, str]) -> None:
        answer = await self._call(url, fields)
        if answer.status != 200:
            self.heard.append(("error", f"HTTP {answer.status}"))
            self._stop()
            return
        self._base = answer.url
        await self._play(list(answer.document))

    async def _play(self, verbs: list[Element]) -> None:
        self._stop()
        for place, verb in enumerate(verbs):
            match verb.tag:
                case "Say":
                    self._hear(verb)
                case "Gather":
                    for said in verb.iter("Say"):
                        self._hear(said)
                    self.state, self._verb, self._rest = "keys", verb, verbs[place + 1 :]
                    return
                case "Record":
                    self.state, self._verb = "record", verb
                    return
                case "Redirect" if len(self.heard) < MAX_STEPS * 10:
                    await self._follow((verb.text or "").strip(), {})
                    return
                case "Dial":
                    self.heard.append(("dial", (verb.text or "").strip()))
                    await self._follow(verb.get("action", ""), {"DialCallStatus": "no-answer"})
                    return
                case "Hangup":
                    return

    def _hear(self, verb: Element) -> None:
        self.heard.append((verb.get("language", "")[:2], (verb.text or "").strip()))

    async def _call(self, url: str, more: dict[str, str]) -> Answer:
        account = self.provider.account
        fields = {
            "AccountSid": account.sid,
            "CallSid": self.sid,
            "CallStatus": "in-progress",
            "Direction": "inbound",
            "From": self.sender,
            "Caller": self.sender,
            "To": account.number,
            "Called": account.number,
        }
        return await self.provider.webhooks.call(url, fields | more)


def tone(seconds: int) -> bytes:
    """A WAV file with a quiet tone in place of a voice."""
    samples = (int(3000 * math.sin(2 * math.pi * 330 * n / RATE)) for n in range(RATE * seconds))
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()
