"""What a citizen sends with the contact form: its check, and its durable form.

The raw intake is canonical JSON (sorted keys, no spaces, UTF-8) with the files in base64: the same
submission is the same bytes, which is what makes a double submission one intake.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from channels.web.fields import email_address, phone_number
from core.web import FieldError

Translate = Callable[[str], str]

MAX_SUBJECT = 200  # characters
MAX_MESSAGE = 50_000  # characters
MAX_NAME = 200  # characters
MAX_FILES = 10


@dataclass(frozen=True, slots=True)
class File:
    """One attached file, as the browser told of it."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Submission:
    """The fields as typed, but for control characters and the ends' white space."""

    subject: str = ""
    message: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    files: Sequence[File] = ()

    def raw(self) -> bytes:
        """The bytes that are kept."""
        fields = {
            "subject": self.subject,
            "message": self.message,
            "name": self.name,
            "email": self.email,
            "phone": self.phone,
            "attachments": [
                {
                    "name": file.name,
                    "media_type": file.media_type,
                    "content": base64.b64encode(file.content).decode(),
                }
                for file in self.files
            ],
        }
        return json.dumps(
            fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()


def mistakes_in(submission: Submission, region: str, _: Translate) -> list[FieldError]:
    """What is wrong, in the order of the fields; empty when it can be sent."""
    found = {
        "subject": _subject_problem(submission.subject, _),
        "message": _message_problem(submission.message, _),
        "name": _("The name is too long.") if len(submission.name) > MAX_NAME else "",
        "email": _email_problem(submission.email, _),
        "phone": _phone_problem(submission.phone, region, _),
        "attachments": _files_problem(submission.files, _),
    }
    if not submission.email and not submission.phone:
        found["email"] = _("Give an e-mail address or a telephone number, so that we can answer.")
    return [FieldError(field, problem) for field, problem in found.items() if problem]


def _subject_problem(subject: str, _: Translate) -> str:
    if not subject:
        return _("Say in a few words what it is about.")
    if len(subject) > MAX_SUBJECT:
        return _("The subject is too long: %(most)d characters at most.") % {"most": MAX_SUBJECT}
    return ""


def _message_problem(message: str, _: Translate) -> str:
    if not message:
        return _("Write your message.")
    if len(message) > MAX_MESSAGE:
        return _("The message is too long: %(most)d characters at most.") % {"most": MAX_MESSAGE}
    return ""


def _email_problem(email: str, _: Translate) -> str:
    if email and email_address(email) is None:
        return _("This is not an e-mail address. One looks like camille@example.org.")
    return ""


def _phone_problem(phone: str, region: str, _: Translate) -> str:
    if phone and phone_number(phone, region) is None:
        return _("This is not a telephone number. Outside the country, begin with + and its code.")
    return ""


def _files_problem(files: Sequence[File], _: Translate) -> str:
    if len(files) > MAX_FILES:
        return _("Too many files: %(most)d at most.") % {"most": MAX_FILES}
    return ""
