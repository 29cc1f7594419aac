"""What callers hear: TwiML (https://www.twilio.com/docs/voice/twiml), one document an answer.

Nothing is kept between two answers of a call: all that the next one must know stands in the
address that it is asked under, which is signed like the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cases.telephone import Line
from core.i18n import translator

if TYPE_CHECKING:
    from twilio.twiml.voice_response import VoiceResponse

VOICES = {"fr": "fr-FR", "en": "en-GB"}
OTHER_LANGUAGE = "9"
TRACKING = "8"
TRIES = 3
"""How often a question is asked, and how many wrong answers are borne."""
MENU_WAIT = 6  # seconds without a key
CODE_WAIT = 12  # seconds between two digits of a code
LONGEST_MESSAGE = 180  # seconds
RING = 25  # seconds


@dataclass(frozen=True, slots=True)
class Speech:
    """Writes the answers of one call in its language.

    ``here`` is the address of the call's pages: ``/hooks/twilio/voice``.
    """

    language: str
    town: str
    here: str

    def menu(self, lines: Sequence[Line], attempt: int = 1) -> str:
        """Which key leads where; after some silence the caller may leave a message."""
        response = self._response()
        if attempt > TRIES:
            response.redirect(self._at("message"), method="POST")
            return str(response)
        gather = response.gather(
            num_digits=1, timeout=MENU_WAIT, action=self._at("choice"), method="POST"
        )
        _ = translator(self.language)
        if attempt == 1:
            self._say(gather, _("Hello, you have reached %(town)s.") % {"town": self.town})
        for line in lines:
            named = {"name": line.name(self.language), "key": line.key}
            self._say(gather, _("For %(name)s, press %(key)s.") % named)
        self._say(gather, _("To know where your request stands, press 8."))
        other = "en" if self.language == "fr" else "fr"
        self._say(gather, _in_its_own_words(other), other)
        response.redirect(self._at("menu", attempt=attempt + 1), method="POST")
        return str(response)

    def transfer(self, line: Line) -> str:
        """Put through; what nobody answers goes on to the voicemail."""
        _ = translator(self.language)
        response = self._response()
        self._say(response, _("One moment please, we are putting you through."))
        response.dial(
            line.transfer_to,
            timeout=RING,
            action=self._at("dialed", queue=line.slug),
            method="POST",
        )
        return str(response)

    def message(self, line: Line | None, *, closed: bool) -> str:
        """Ask for a message after the tone."""
        _ = translator(self.language)
        response, queue = self._response(), line.slug if line else ""
        if closed:
            self._say(response, _("We cannot take your call at the moment."))
        self._say(
            response,
            _("Please leave your message after the tone, with your name, and press the hash key."),
        )
        response.record(
            max_length=LONGEST_MESSAGE,
            finish_on_key="#",
            play_beep=True,
            action=self._at("recorded", queue=queue),
            method="POST",
            recording_status_callback=self._at("recording", queue=queue),
            recording_status_callback_event="completed absent",
            transcribe=True,
            transcribe_callback=self._at("transcription", queue=queue),
        )
        self._say(response, _("We have heard nothing. Goodbye."))
        return str(response)

    def thanks(self) -> str:
        _ = translator(self.language)
        response = self._response()
        self._say(response, _("Thank you, your message has been taken. Goodbye."))
        response.hangup()
        return str(response)

    def thanks_for_calling(self) -> str:
        _ = translator(self.language)
        response = self._response()
        self._say(response, _("Thank you for your call. Goodbye."))
        response.hangup()
        return str(response)

    def ask_reference(self, attempt: int = 1) -> str:
        _ = translator(self.language)
        question = _(
            "Type the eight characters of your reference behind G U, each by the key that its"
            " letter stands on, and then the hash key."
        )
        return self._ask(question, "reference", attempt=attempt)

    def ask_key(self, pressed: str, attempt: int) -> str:
        """Whether there is such a reference is not said: the key decides."""
        _ = translator(self.language)
        question = _("Now type the twelve characters of your tracking key, and the hash key.")
        return self._ask(question, "key", attempt=attempt, pressed=pressed)

    def wrong(self, attempt: int) -> str:
        """A reference or a key was wrong; which one is not said."""
        _ = translator(self.language)
        response = self._response()
        self._say(response, _("We find no request with this reference and this key."))
        if attempt >= TRIES:
            self._say(response, _("Goodbye."))
            response.hangup()
        else:
            response.redirect(self._at("tracking", attempt=attempt + 1), method="POST")
        return str(response)

    def standing(self, sentences: Sequence[str]) -> str:
        """Where the request stands, in sentences that are spoken."""
        response = self._response()
        for sentence in sentences:
            self._say(response, sentence)
        response.redirect(self._at("menu", attempt=2), method="POST")
        return str(response)

    def _ask(self, question: str, answer: str, **more: Any) -> str:
        response = self._response()
        gather = response.gather(
            finish_on_key="#",
            timeout=CODE_WAIT,
            action=self._at(answer, **more),
            method="POST",
        )
        self._say(gather, question)
        response.redirect(self._at("menu", attempt=2), method="POST")
        return str(response)

    def _say(self, verb: Any, text: str, language: str = "") -> None:
        verb.say(text, language=VOICES[language or self.language])

    def _at(self, page: str, **values: Any) -> str:
        given: Mapping[str, Any] = {"lang": self.language} | values
        return f"{self.here}/{page}?{urlencode({k: v for k, v in given.items() if v != ''})}"

    @staticmethod
    def _response() -> "VoiceResponse":
        from twilio.twiml.voice_response import VoiceResponse

        return VoiceResponse()


def _in_its_own_words(language: str) -> str:
    _ = translator(language)
    # Translators: each language names itself here, not English.
    return _("For English, press 9.")
