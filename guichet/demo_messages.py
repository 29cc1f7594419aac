"""A few messages in every shape that people really send, for the demo town."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from ingest import Arrival, ChannelName

TOWN = "demo.example"


def demo_arrivals(now: datetime) -> Iterator[Arrival]:
    """The demo's mails, as the SMTP server would hand them in."""
    for number, mail in enumerate(_mails(), start=1):
        mail["Date"] = format_datetime(now - timedelta(minutes=7 * number))
        mail["Message-ID"] = f"<demo-{number}@citoyens.example>"
        recipient = mail["To"].addresses[0].addr_spec
        facts = {
            "client": "127.0.0.1",
            "helo": "citoyens.example",
            "mail_from": mail["From"].addresses[0].addr_spec,
            "recipients": [recipient],
            "tls": False,
        }
        yield Arrival(ChannelName.EMAIL, f"demo-{number}", mail.as_bytes(), facts)


def _mails() -> Iterator[EmailMessage]:
    yield _with_photo()
    yield _with_pdf()
    yield _html_only()
    yield _forwarded()
    yield _latin1()
    yield _arabic()
    yield _out_of_office()
    yield _plain()


def _mail(name: str, address: str, mailbox: str, subject: str) -> EmailMessage:
    mail = EmailMessage()
    user, _, domain = address.partition("@")
    mail["From"] = Address(name, user, domain)
    mail["To"] = Address("", mailbox, TOWN)
    mail["Subject"] = subject
    return mail


def _plain() -> EmailMessage:
    mail = _mail(
        "Jeanne Lefèvre", "jeanne.lefevre@citoyens.example", "mairie", "Horaires d’ouverture"
    )
    mail.set_content(
        "Bonjour,\n\nLa mairie est-elle ouverte le samedi matin pendant les vacances ?\n\n"
        "Merci d’avance,\n\n-- \nJeanne Lefèvre\n06 12 34 56 78\n"
    )
    return mail


def _with_photo() -> EmailMessage:
    mail = _mail(
        "Ahmed Kaci",
        "ahmed.kaci@citoyens.example",
        "voirie",
        "Nid-de-poule dangereux rue des Tilleuls",
    )
    mail.set_content(
        "Bonjour,\n\nUn gros nid-de-poule s’est formé devant le 14 rue des Tilleuls.\n"
        "Un cycliste est tombé hier soir. Pouvez-vous le signaler et le boucher rapidement ?\n\n"
        "Ahmed Kaci\n"
    )
    mail.add_attachment(_PNG, maintype="image", subtype="png", filename="nid-de-poule.png")
    return mail


def _with_pdf() -> EmailMessage:
    mail = _mail(
        "Sophie Bernard",
        "sophie.bernard@citoyens.example",
        "etat-civil",
        "Demande d’acte de naissance",
    )
    mail.set_content(
        "Madame, Monsieur,\n\nJe souhaite recevoir une copie intégrale de mon acte de naissance "
        "pour mon mariage.\nVous trouverez ma pièce d’identité en pièce jointe.\n\n"
        "Cordialement,\nSophie Bernard\n"
    )
    mail.add_attachment(
        one_page_pdf("Carte nationale d'identite - Sophie Bernard"),
        maintype="application",
        subtype="pdf",
        filename="pièce d’identité.pdf",
    )
    return mail


def _html_only() -> EmailMessage:
    mail = _mail(
        "Association Les Jardins",
        "bureau@jardins-partages.example",
        "urbanisme",
        "Déclaration préalable pour un abri",
    )
    mail.set_content(
        "<p>Bonjour,</p><p>Notre association souhaite poser un <b>abri de jardin de 4 m²</b> "
        "sur la parcelle AB 112.</p><ul><li>Faut-il une déclaration préalable ?</li>"
        "<li>Quel est le délai ?</li></ul><p>Le bureau</p>",
        subtype="html",
    )
    return mail


def _forwarded() -> EmailMessage:
    inner = _mail("Paul Roux", "paul.roux@citoyens.example", "mairie", "Cantine : allergie")
    inner.set_content(
        "Mon fils est allergique aux arachides, à qui dois-je envoyer le certificat ?\n"
    )
    mail = _mail("Paul Roux", "paul.roux@citoyens.example", "ecoles", "TR : Cantine : allergie")
    mail.set_content("Je vous transfère mon message, resté sans réponse.\n\nPaul Roux\n")
    mail.add_attachment(inner, filename="message.eml")
    return mail


def _latin1() -> EmailMessage:
    mail = _mail("Marcel Étienne", "marcel.etienne@citoyens.example", "mairie", "Lampadaire éteint")
    mail.set_content(
        "Le lampadaire n° 231, à l'entrée de l'école, est éteint depuis trois semaines.\n"
        "Ça devient très gênant le soir.\n\nM. Étienne\n",
        charset="iso-8859-1",
        cte="quoted-printable",
    )
    return mail


def _arabic() -> EmailMessage:
    mail = _mail("ليلى حداد", "leila.haddad@citoyens.example", "mairie", "سؤال عن التسجيل المدرسي")
    mail.set_content(
        "السلام عليكم، أريد تسجيل ابنتي في المدرسة الابتدائية. ما هي الوثائق المطلوبة؟\n\n"
        "Bonjour, je souhaite faire l’inscription scolaire de ma fille. Merci.\n"
    )
    return mail


def _out_of_office() -> EmailMessage:
    mail = _mail(
        "Hugo Petit", "hugo.petit@citoyens.example", "voirie", "Réponse automatique : Travaux"
    )
    mail["Auto-Submitted"] = "auto-replied"
    mail.set_content("Je suis absent jusqu’au 2 janvier et lirai votre message à mon retour.\n")
    return mail


def one_page_pdf(line: str) -> bytes:
    """A small, valid PDF with one line of ASCII text."""
    content = f"BT /F1 14 Tf 60 760 Td ({line}) Tj ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    pdf, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(pdf)
    pdf += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    pdf += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    pdf += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(pdf)


# One grey pixel.
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
