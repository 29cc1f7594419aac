"""From what Twilio told us to a message. Pure; what is to be fetched is named in ``details``."""

from collections.abc import Mapping
from uuid import UUID

from cases.calls import call_id_of, missed_name
from channels.raw import json_object
from channels.telephony.callers import caller_number
from channels.telephony.fields import count_of
from channels.telephony.progress import EXCHANGE, call_key
from core.errors import BadInput
from core.i18n import LOCALES, translator
from core.text import clean_line, clean_text
from ingest.intake import Intake
from ingest.message import ChannelName, Message, Sender, Trust

MAX_MEDIA = 10  # files of one MMS
WITHHELD = "the number was withheld"
DOMAIN = "telephone.invalid"
"""Of the names that recordings and texts get, like Message-IDs (RFC 6761, section 6.4)."""


def normalize(intake: Intake) -> Message:
    """Raises BadInput when nothing can be made of it."""
    fields = _fields(intake.raw)
    match intake.facts.get("form"):
        case "sms":
            return _sms(fields)
        case "recording":
            return _recording(fields)
        case "transcription":
            return _transcription(fields)
        case "status":
            raise BadInput("the status of an SMS that is not ours", where=_told(fields))
    raise BadInput("not from the telephone", where="form")


def _sms(fields: Mapping[str, str]) -> Message:
    media = range(min(count_of(fields, "NumMedia") or 0, MAX_MEDIA))
    wanted = [
        f"{fields.get(f'MediaContentType{n}', '')} {fields.get(f'MediaUrl{n}', '')}" for n in media
    ]
    return Message(
        channel=ChannelName.SMS,
        sender=_sender(fields),
        text=clean_text(fields.get("Body", "")).strip(),
        message_id=_name(fields, "MessageSid"),
        details={"media": "\n".join(wanted)} if wanted else {},
        notes=_notes(fields),
    )


def _recording(fields: Mapping[str, str]) -> Message:
    details: dict[str, str | int] = {
        "media": f"audio/x-wav {fields.get('RecordingUrl', '')}.wav",
        "call": _call(fields),
        "queue": fields.get("queue", ""),
    }
    if (seconds := count_of(fields, "RecordingDuration")) is not None:
        details["seconds"] = seconds
    return _of_call(fields, _name(fields, "RecordingSid"), _words_name(fields), details)


def _transcription(fields: Mapping[str, str]) -> Message:
    """It may come before its recording: whichever is first opens the case, and the other joins."""
    done = fields.get("TranscriptionStatus") == "completed"
    text = clean_text(fields.get("TranscriptionText", "")).strip() if done else ""
    details: dict[str, str | int] = {
        "call": _call(fields),
        "queue": fields.get("queue", ""),
        "transcribed": 1,
    }
    notes = () if text else ("the voice message could not be put into words",)
    return _of_call(
        fields, _words_name(fields), _name(fields, "RecordingSid"), details, text, notes
    )


def _of_call(
    fields: Mapping[str, str],
    name: str,
    twin: str,
    details: Mapping[str, str | int],
    text: str = "",
    notes: tuple[str, ...] = (),
) -> Message:
    language, call = fields.get("lang", ""), _call(fields)
    language = language if language in LOCALES else ""
    _ = translator(language or LOCALES[0])
    return Message(
        channel=ChannelName.PHONE,
        sender=_sender(fields),
        recipients=(fields["To"],) if caller_number(fields.get("To", "")) else (),
        subject=_("Voice message"),
        text=text,
        language=language,
        message_id=name,
        in_reply_to=tuple(filter(None, (missed_name(UUID(call)) if call else "", twin))),
        details={key: value for key, value in details.items() if value},
        notes=notes + _notes(fields),
    )


def _sender(fields: Mapping[str, str]) -> Sender:
    """Twilio has signed the caller's number."""
    number = caller_number(fields.get("From", ""))
    trust = Trust.VERIFIED if number else Trust.UNVERIFIED
    name = clean_line(fields.get("CallerName", ""))
    return Sender(name=name, address=number, trust=trust)


def _notes(fields: Mapping[str, str]) -> tuple[str, ...]:
    return () if caller_number(fields.get("From", "")) else (WITHHELD,)


def _call(fields: Mapping[str, str]) -> str:
    """The id of the call in the town's record of calls."""
    key = call_key(fields)
    return str(call_id_of(EXCHANGE, key)) if key else ""


def _name(fields: Mapping[str, str], of: str) -> str:
    sid = fields.get(of, "")
    return f"<{sid}@{DOMAIN}>" if sid.isalnum() else ""


def _words_name(fields: Mapping[str, str]) -> str:
    sid = fields.get("RecordingSid", "")
    return f"<{sid}.words@{DOMAIN}>" if sid.isalnum() else ""


def _told(fields: Mapping[str, str]) -> str:
    return f"{fields.get('MessageSid', '')} {fields.get('MessageStatus', '')}".strip()


def _fields(raw: bytes) -> dict[str, str]:
    return {str(name): str(value) for name, value in json_object(raw).items()}
