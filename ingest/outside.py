"""What a trusted outside system hands in: a message in our own words, as JSON.

The body is kept as it came; this module says what it must look like, and makes the message of it
when its turn comes (in a process beside, like every other channel's).
"""

from base64 import b64decode
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from core.errors import BadInput
from core.text import clean_line, clean_text, file_name
from ingest.intake import Intake
from ingest.message import Attachment, ChannelName, Message, Sender, Trust

FORM = "api"
"""The value of the fact ``form`` that says that an intake is one of these."""
# Neither white space, nor control characters, nor what means something in a header.
_IN_ADDRESS = (
    r"[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f\u3000\ufeff\ufffe\uffff"
    r"@<>(),:;\"\[\]\\]"
)
_ADDRESS = rf"^$|^{_IN_ADDRESS}{{1,64}}@{_IN_ADDRESS}{{1,189}}$"
_BASE64 = r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_MEDIA_TYPE = r"^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$"


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IntakeSender(_Given):
    name: Annotated[str, Field(max_length=200)] = ""
    address: Annotated[str, Field(pattern=_ADDRESS)] = ""
    """An e-mail address."""
    phone: Annotated[str, Field(pattern=r"^$|^\+[1-9][0-9]{4,14}$")] = ""
    """A number in E.164."""
    trust: Literal[Trust.UNVERIFIED, Trust.VERIFIED] = Trust.UNVERIFIED
    """``verified`` when the outside system has proof of who they are."""


class IntakeAttachment(_Given):
    name: Annotated[str, Field(max_length=255)]
    media_type: Annotated[str, Field(pattern=_MEDIA_TYPE)] = "application/octet-stream"
    content: Annotated[str, Field(pattern=_BASE64)]
    """Base 64 (RFC 4648, section 4)."""


class ApiIntake(_Given):
    """An intake from another system of the town."""

    channel: ChannelName
    """The way it came to that system."""
    sender: IntakeSender = IntakeSender()
    recipients: Annotated[list[Annotated[str, Field(max_length=254)]], Field(max_length=20)] = []
    """Our own addresses that it was sent to."""
    subject: Annotated[str, Field(max_length=998)] = ""
    text: Annotated[str, Field(max_length=1_000_000)] = ""
    language: Annotated[str, Field(pattern=r"^$|^[a-z]{2}$")] = ""
    """ISO 639-1."""
    sent_at: Annotated[AwareDatetime, Field(strict=True)] | None = None
    attachments: Annotated[list[IntakeAttachment], Field(max_length=50)] = []


def normalize_outside(intake: Intake) -> Message:
    """Pure: the same intake, the same message. Raises BadInput when it is not an ApiIntake."""
    try:
        given = ApiIntake.model_validate_json(intake.raw)
    except ValidationError as problem:
        raise BadInput(str(problem), where="raw") from problem
    return Message(
        channel=given.channel,
        sender=Sender(
            name=clean_line(given.sender.name),
            address=given.sender.address.lower(),
            phone=given.sender.phone,
            trust=given.sender.trust,
        ),
        recipients=tuple(clean_line(address).lower() for address in given.recipients),
        subject=clean_line(given.subject),
        text=clean_text(given.text).strip(),
        language=given.language,
        sent_at=_bounded(given.sent_at),
        attachments=tuple(
            Attachment(
                name=file_name(part.name, f"document-{number}"),
                media_type=part.media_type,
                content=b64decode(part.content),
            )
            for number, part in enumerate(given.attachments, start=1)
        ),
    )


def _bounded(at: datetime | None) -> datetime | None:
    """A moment that every database can hold in UTC."""
    if at is None or not 1900 < at.year < 9999:
        return None
    return at.astimezone(UTC)
