"""The command line: ``guichet …``."""

import smtplib
from email.message import EmailMessage
from email.utils import make_msgid
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from core.clock import utc_now
from core.errors import GuichetError
from guichet.admin import admin
from guichet.offline import fail, read_settings, with_town
from guichet.town import Town
from ingest import quarantine
from ingest.embedded import rewind
from ingest.pipeline import CONSUMERS

if TYPE_CHECKING:
    from guichet.run import Roles

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
quarantined = typer.Typer(no_args_is_help=True, help="What could not be handled.")
app.add_typer(admin, name="admin")
app.add_typer(quarantined, name="quarantine")


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
def replay(
    from_seq: Annotated[int, typer.Option("--from", min=0, help="Position in the ledger.")] = 0,
    stream: Annotated[str, typer.Option(help="One stream; all when left out.")] = "",
) -> None:
    """Let the consumers read the ledger again; what is processed already changes nothing.

    A running process sees it within a second.
    """

    async def work(town: Town) -> int:
        chosen = [c for c in town.consumers if stream in ("", c.stream)]
        await rewind(town.database, chosen, seq=from_seq)
        return len(chosen)

    count = with_town(work)
    typer.echo(f"{count} consumers read again from {from_seq}")
    if not count:
        raise typer.Exit(1)


@app.command()
def check() -> None:
    """Check settings and services; says what is wrong and how to mend it."""
    from guichet.check import check_all

    results = with_town(check_all, migrated=False)
    for result in results:
        typer.echo(f"{'ok ' if result.ok else 'BAD'}  {result.what}: {result.says}")
    if not all(result.ok for result in results):
        raise typer.Exit(1)


@quarantined.command("list")
def list_quarantine() -> None:
    """Show what waits for somebody."""

    async def work(town: Town) -> list[quarantine.Item]:
        async with town.database.read() as session:
            return await quarantine.open_items(session)

    items = with_town(work)
    for item in items:
        since = item.quarantined_at.astimezone().isoformat(" ", "seconds")
        typer.echo(f"{item.id}  {since}  {item.consumer:<12}  {item.channel:<8}  {item.reason}")
    typer.echo(f"{len(items)} in quarantine", err=True)


@quarantined.command("retry")
def retry_quarantine(item_id: UUID) -> None:
    """Give one event to its consumer again."""

    async def work(town: Town) -> None:
        async with town.database.begin() as session:
            await quarantine.retry(session, town.clock, item_id)

    with_town(work)
    typer.echo("will be tried again at once")
