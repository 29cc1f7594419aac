"""Mails as citizens send them, each different: text and HTML, and on every third a document."""

from email.message import EmailMessage

from guichet.demo_messages import one_page_pdf

PARAGRAPH = (
    "Bonjour, je vous écris au sujet de l’éclairage de la rue des Écoles : "
    "le lampadaire situé devant l’entrée est éteint depuis trois semaines. "
)


def make_mails(count: int, *, start: int = 0) -> list[bytes]:
    """``count`` mails whose subjects are ``Demande <number>``, numbered from ``start``."""
    return [_mail(number) for number in range(start, start + count)]


def subject_of(number: int) -> str:
    return f"Demande {number}"


def _mail(number: int) -> bytes:
    mail = EmailMessage()
    mail["From"] = f"Citoyen n° {number} <citoyen-{number}@citoyens.example>"
    mail["To"] = "Mairie <mairie@demo.example>"
    mail["Subject"] = subject_of(number)
    mail["Message-ID"] = f"<bench-{number}@citoyens.example>"
    mail["Date"] = "Mon, 09 Mar 2026 12:00:00 +0100"
    text = f"Dossier numéro {number}.\n\n" + "\n".join([PARAGRAPH] * 8)
    mail.set_content(text + "\n\nCordialement,\nLe citoyen\n")
    paragraphs = "".join(f"<p>{PARAGRAPH}</p>" for _ in range(8))
    mail.add_alternative(f"<p>Dossier numéro {number}.</p>{paragraphs}", subtype="html")
    if number % 3 == 0:
        mail.add_attachment(
            one_page_pdf(f"Formulaire {number} " + "x" * 4_000),
            maintype="application",
            subtype="pdf",
            filename="formulaire rempli.pdf",
        )
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
