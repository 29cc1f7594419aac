"""A mail as a fax gateway writes it."""

from email.message import EmailMessage
from email.utils import make_msgid


def gateway_mail(
    subject: str,
    content: bytes,
    text: str = "See the attached file.\n",
    *,
    sender: str = "fax@gateway.example",
    to: str = "mairie@demo.example",
    file: str = "fax.tif",
    disposition: str = "attachment",
) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Message-ID"] = make_msgid(domain="gateway.example")
    made.set_content(text)
    kind = ("image", "tiff") if file.endswith("tif") else ("application", "pdf")
    made.add_attachment(
        content, maintype=kind[0], subtype=kind[1], filename=file, disposition=disposition
    )
    return made
