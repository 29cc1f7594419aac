"""What a page with the contact form brings back when it is sent."""

from dataclasses import dataclass, replace

from starlette.datastructures import FormData, UploadFile

from channels.web.submission import MAX_FILES, File, Submission
from core.text import clean_line, clean_text


@dataclass(frozen=True, slots=True)
class Sent:
    """The same of an empty page: what it begins with."""

    submission: Submission
    token: str = ""
    """Its nonce; empty for a page that is not made yet."""
    kept: int = 0
    """How many files the page said that we keep: no fewer may go along."""

    def strange(self) -> "Sent":
        """Of a page that is not ours: another one, to which nothing is kept."""
        return replace(self, token="")


async def read_sent(fields: FormData) -> Sent:
    submission = Submission(
        subject=clean_line(text_of(fields, "subject")),
        message=clean_text(text_of(fields, "message")).strip(),
        name=clean_line(text_of(fields, "name")),
        email=clean_line(text_of(fields, "email")),
        phone=clean_line(text_of(fields, "phone")),
        files=[
            File(clean_line(part.filename or ""), part.content_type or "", await part.read())
            for part in fields.getlist("attachments")
            if isinstance(part, UploadFile) and part.filename
        ],
    )
    kept = text_of(fields, "kept")
    is_number = kept.isascii() and kept.isdigit() and len(kept) <= len(str(MAX_FILES))
    return Sent(submission, text_of(fields, "nonce"), int(kept) if is_number else 0)


def text_of(fields: FormData, name: str) -> str:
    """Empty where there is none."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""
