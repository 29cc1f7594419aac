"""From a raw mail to a message. Pure, and made to survive anything that arrives.

It does not look inside files, does not follow links, and does not ask whether the sender is who
they say (``authentication`` does).
"""

from collections.abc import Mapping
from typing import Any

from channels.email import headers as fields
from channels.email.automatic import automatic
from channels.email.headers import Headers
from channels.email.html import html_of, sanitised, shown_images
from channels.email.parsing import parse
from channels.email.parts import Contents, File, read_parts, text_of
from channels.email.quotation import split
from channels.email.replies import answered_at
from core.errors import BadInput
from core.text import clean_line, clean_text
from ingest.intake import Intake
from ingest.message import Attachment, ChannelName, Message, Sender

MAX_NOTES = 20
MAX_RECIPIENTS = 100


def normalize(intake: Intake) -> Message:
    """Raises BadInput when there is nothing in the mail at all."""
    if not intake.raw.strip(b" \t\r\n\0"):
        raise BadInput("the mail is empty", where="raw")
    parsed = parse(intake.raw)
    headers = Headers(parsed.mail)
    contents = Contents(too_much=parsed.too_much) if parsed.too_much else read_parts(parsed.mail)
    writer = _sender(headers, intake.facts)
    recipients = _recipients(headers, intake.facts)
    sender, asked = answered_at(writer, headers, recipients)
    subject = headers.words("subject")
    text, html = _bodies(contents)
    new, quoted = split(text)
    attachments = _attachments(contents, html, intake.raw)
    if size := intake.facts.get("too_large"):
        left = (
            f"the mail has {size} bytes: only its head was fetched from {intake.facts['mailbox']}"
        )
        contents.notes.insert(0, left)
    return Message(
        channel=ChannelName.EMAIL,
        sender=sender,
        recipients=recipients,
        subject=subject,
        text="\n\n".join([*filter(None, [new]), *(e for e in contents.events if e not in new)]),
        quoted=quoted,
        html=html,
        language=fields.language(headers),
        sent_at=fields.sent_at(headers),
        message_id=fields.message_id(headers),
        in_reply_to=fields.thread(headers),
        automatic=automatic(
            parsed.mail, headers, intake.facts, address=writer.address, subject=subject
        ),
        attachments=attachments,
        notes=tuple(map(clean_line, [*asked, *headers.notes, *contents.notes][:MAX_NOTES])),
    )


def _sender(headers: Headers, facts: Mapping[str, Any]) -> Sender:
    """The From; without one that can be read the Sender, then the envelope's."""
    for name in ("from", "sender"):
        found = fields.addresses(headers.all(name))
        if found:
            return Sender(name=found[0][0], address=found[0][1])
    envelope = fields.addresses([str(facts.get("mail_from") or "")])
    return Sender(name=headers.words("from"), address=envelope[0][1] if envelope else "")


def _recipients(headers: Headers, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The envelope's, then those of the header that are of our own domains.

    A bare ``postmaster`` (RFC 5321, section 4.5.1) stays as it is, and tells no domain of ours.
    """
    ours = [clean_line(str(address)).lower() for address in facts.get("recipients") or ()]
    domains = {address.rpartition("@")[2] for address in ours if "@" in address}
    listed = fields.addresses([*headers.all("to"), *headers.all("cc")])
    named = [a for _, a in listed if not ours or a.rpartition("@")[2] in domains]
    return tuple(dict.fromkeys([*ours, *named]))[:MAX_RECIPIENTS]


def _bodies(contents: Contents) -> tuple[str, str | None]:
    """The text and the sanitised HTML of all pieces together."""
    texts, htmls, has_html = [], [], False
    for piece in contents.pieces:
        safe = sanitised(piece.html) if piece.html else ""
        if safe is None:
            contents.notes.append("the HTML is too large to show; it is attached")
            data = piece.html.encode("utf-8", "replace")
            contents.files.append(File("message.html", "text/html", data))
        has_html = has_html or bool(safe)
        texts.append(text_of(piece, safe))
        if safe or texts[-1].strip():
            htmls.append(clean_text(safe) if safe else html_of(texts[-1]))
    text = "\n\n".join(text for text in texts if text.strip())
    return text, "\n".join(htmls) if has_html else None


def _attachments(contents: Contents, html: str | None, raw: bytes) -> tuple[Attachment, ...]:
    """The files; the whole mail comes along when its tree was not read to the end."""
    shown = shown_images(html) if html else set()
    if contents.too_much:
        contents.notes.insert(0, f"{contents.too_much}: the whole mail is attached")
        contents.files.append(File("message.eml", "message/rfc822", raw))
    return tuple(
        Attachment(
            name=file.name,
            media_type=file.media_type,
            content=file.content,
            content_id=clean_text(file.content_id),
            inline=bool(file.content_id) and file.content_id in shown,
        )
        for file in contents.files
    )
