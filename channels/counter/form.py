"""What an agent fills in for a citizen: its check, and its durable form.

The raw intake is canonical JSON (sorted keys, no spaces, UTF-8) with the files in base64. What is
asked of the citizen stands under ``fields``; where a procedure's form was filled in, ``procedure``
names it, ``values`` are the answers and subject and text are made of them.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

from channels.counter.procedures import FilledForm
from channels.web.fields import email_address, phone_number
from core.postal import clean_address, fits_window
from core.text import clean_line, clean_text
from core.web import FieldError
from ingest.message import Attachment, ChannelName

Translate = Callable[[str], str]

ORIGINS = (ChannelName.COUNTER, ChannelName.PHONE)
IDENTITIES = ("document", "known", "word")
"""How the agent knows who it is: a document was shown, the agent knows them, or they say so."""
ASKED = ("email", "sms")
"""Media by which citizens are asked whether they want to be notified."""
MAX_SUBJECT = 200  # characters
MAX_TEXT = 50_000  # characters
MAX_NAME = 200  # characters
MAX_FILES = 20


@dataclass(frozen=True, slots=True)
class CounterForm:
    """The fields as typed, but for control characters and the ends' white space."""

    origin: str = ChannelName.COUNTER
    procedure: str = ""
    """Empty: free text."""
    version: int = 0
    """Of the procedure."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The answers to its form."""
    subject: str = ""
    text: str = ""
    queue: str = ""
    """A slug; empty for the rules to choose."""
    language: str = ""
    citizen: str = ""
    """The id of one who is known, and chosen; empty for a new one."""
    name: str = ""
    email: str = ""
    phone: str = ""
    postal_address: str = ""
    identity: str = "word"
    allowed: Sequence[str] = ()
    """Those of :data:`ASKED` that the citizen agreed to."""
    files: Sequence[Attachment] = ()
    is_anonymous: bool = False
    """Whether nobody may be asked for a name."""

    @classmethod
    def read(cls, fields: Mapping[str, str], files: Sequence[Attachment]) -> Self:
        """Of what the browser sent; a choice that we do not offer is none."""
        origin, identity = fields.get("origin", ""), fields.get("identity", "")
        return cls(
            origin=origin if origin in ORIGINS else ChannelName.COUNTER,
            subject=clean_line(fields.get("subject", "")),
            text=clean_text(fields.get("text", "")).strip(),
            queue=clean_line(fields.get("queue", "")),
            language=clean_line(fields.get("language", ""))[:2],
            citizen=_id(fields.get("citizen", "")),
            name=clean_line(fields.get("name", "")),
            email=clean_line(fields.get("email", "")),
            phone=clean_line(fields.get("phone", "")),
            postal_address=clean_address(fields.get("postal_address", "")),
            identity=identity if identity in IDENTITIES else "word",
            allowed=[medium for medium in ASKED if fields.get(f"allow_{medium}")],
            files=files,
        )

    def with_procedure(self, filled: FilledForm) -> Self:
        """The same request by a procedure's form; who asks stands in it where it is not said."""
        sender, who = filled.sender, self
        if filled.is_anonymous:
            who = replace(self, is_anonymous=True, citizen="", name="", email="", phone="")
            who = replace(who, postal_address="", identity="", allowed=())
        return replace(
            who,
            procedure=filled.slug,
            version=filled.procedure.number,
            values=filled.form.values,
            subject=filled.subject,
            text=filled.text,
            queue=self.queue or filled.queue,
            name=who.name or sender["name"],
            email=who.email or sender["email"],
            phone=who.phone or sender["phone"],
            files=[*filled.files, *self.files],
        )

    def raw(self) -> bytes:
        """The bytes that are kept."""
        kept = {
            "procedure": self.procedure,
            "version": self.version,
            "values": dict(self.values),
            "fields": {"subject": self.subject, "text": self.text},
            "queue": self.queue,
            "language": self.language,
            "citizen": {
                "id": self.citizen,
                "name": self.name,
                "email": self.email,
                "phone": self.phone,
                "postal_address": self.postal_address,
                "identity": self.identity,
            },
            "asked": list(ASKED),
            "allowed": list(self.allowed),
            "attachments": [
                {
                    "name": file.name,
                    "media_type": file.media_type,
                    "content": base64.b64encode(file.content).decode(),
                }
                for file in self.files
            ],
        }
        return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def mistakes(self, country: str, _: Translate) -> list[FieldError]:
        """What is wrong, in the order of the fields; empty when it can be filed."""
        found = {
            "name": self._name_problem(_),
            "email": self._email_problem(_),
            "phone": self._phone_problem(country, _),
            "postal_address": ""
            if fits_window(self.postal_address)
            else _("A postal address has at most 5 lines of 50 characters below the name."),
            "subject": self._subject_problem(_),
            "text": self._text_problem(_),
            "documents": _("Too many files: %(most)d at most.") % {"most": MAX_FILES}
            if len(self.files) > MAX_FILES
            else "",
        }
        return [FieldError(name, problem) for name, problem in found.items() if problem]

    def _name_problem(self, _: Translate) -> str:
        if not self.name and not self.is_anonymous:
            return _("Choose a citizen who is known, or write the name of a new one.")
        return _("The name is too long.") if len(self.name) > MAX_NAME else ""

    def _email_problem(self, _: Translate) -> str:
        if self.email and email_address(self.email) is None:
            return _("This is not an e-mail address. One looks like camille@example.org.")
        if "email" in self.allowed and not self.email:
            return _("To be notified by e-mail the citizen must give an address.")
        return ""

    def _phone_problem(self, country: str, _: Translate) -> str:
        if self.phone and phone_number(self.phone, country) is None:
            return _(
                "This is not a telephone number. Outside the country, begin with + and its code."
            )
        if "sms" in self.allowed and not self.phone:
            return _("To be notified by SMS the citizen must give a number.")
        return ""

    def _subject_problem(self, _: Translate) -> str:
        if not self.subject:
            return _("Say in a few words what it is about.")
        if len(self.subject) > MAX_SUBJECT:
            most = {"most": MAX_SUBJECT}
            return _("The subject is too long: %(most)d characters at most.") % most
        return ""

    def _text_problem(self, _: Translate) -> str:
        if not self.text:
            return _("Write down the request.")
        if len(self.text) > MAX_TEXT:
            return _("The text is too long.")
        return ""


def _id(given: str) -> str:
    try:
        return str(UUID(given))
    except ValueError:
        return ""
