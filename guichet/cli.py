"""The command line: ``guichet …``."""

import asyncio
import os
import smtplib
import sys
from email.message import EmailMessage
from email.utils import make_msgid
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from core.clock import utc_now
from core.errors import GuichetError
from guichet.admin import admin
from guichet.import_scan import import_scan
from guichet.import_subscribers import import_subscribers
from guichet.moving import migrate_engine
from guichet.offline import fail, read_settings
from guichet.quarantined import quarantined
from guichet.replay import replay
from guichet.send_call import send_call
from guichet.separator_sheets import separator_sheets
from ingest.pipeline import CONSUMERS

if TYPE_CHECKING:
    from guichet.run import Roles

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(admin, name="admin")
app.add_typer(quarantined, name="quarantine")
app.command()(replay)
app.command("send-call")(send_call)
app.command("import-scan")(import_scan)
app.command("import-subscribers")(import_subscribers)
app.command("separator-sheets")(separator_sheets)
app.command("migrate-engine")(migrate_engine)


@app.callback()
def main() -> None:
    """Guichet, the front desk of a town. Settings: GUICHET_* or a TOML file (GUICHET_CONFIG)."""


@app.command()
def run() -> None:
    """Run everything in one process: portal, desk, mail server, consumers."""
    from guichet.run import EVERYTHING

    _run(EVERYTHING)


@app.command()
def serve() -> None:
    """Run the web alone: portal, desk and API (Kafka and PostgreSQL)."""
    from guichet.run import SERVE

    _run(SERVE)


@app.command()
def mail() -> None:
    """Run the mail server alone (Kafka and PostgreSQL)."""
    from guichet.run import MAIL

    _run(MAIL)


@app.command()
def worker(
    stage: Annotated[
        list[str] | None, typer.Option(help="A stage to work on; all when left out.")
    ] = None,
) -> None:
    """Run consumers alone, as many processes as you like (Kafka and PostgreSQL)."""
    from guichet.run import worker

    unknown = {*(stage or ())} - {*CONSUMERS}
    if unknown:
        fail(f"no stage is called {', '.join(sorted(unknown))}; there are {', '.join(CONSUMERS)}")
    _run(worker(stage or ()))


@app.command()
def ocr() -> None:
    """Read pages alone, as many processes as you like (Kafka and PostgreSQL)."""
    from guichet.run import OCR

    _run(OCR)


def _run(roles: "Roles") -> None:
    from guichet.run import run_forever

    try:
        run_forever(read_settings(), roles)
    except GuichetError as problem:
        fail(str(problem))


@app.command("send-test")
def send_test(
    to: Annotated[str, typer.Option(help="One of the town's mailboxes.")] = "mairie@demo.example",
    sender: Annotated[str, typer.Option(help="Who it comes from.")] = "you@example.org",
    subject: str = "Essai de la ligne de commande",
) -> None:
    """Send a mail to the running server, by SMTP as a citizen would."""
    settings = read_settings()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    # Without them the same words are the same mail, which is taken once a day.
    mail["Date"] = utc_now()
    mail["Message-ID"] = make_msgid(domain=settings.smtp_hostname)
    mail.set_content("Bonjour,\n\nCeci est un message d’essai.\n")
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=10) as server:
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as problem:
        fail(f"the mail was not taken: {problem}")
    typer.echo(f"accepted for {to}")


@app.command()
def check() -> None:
    """Check settings and services; says what is wrong and how to mend it."""
    from guichet.check import check_all

    async def tell() -> NoReturn:
        results = await check_all(settings)
        for result in results:
            typer.echo(f"{result.level:<4} {result.what}: {result.says}")
        sys.stdout.flush()
        # Now: a thread that still asks a name server for its host would hold the end up.
        os._exit(not all(result.ok for result in results))

    settings = read_settings()
    asyncio.run(tell())
