"""The command line: ``guichet …``."""

import asyncio
import smtplib
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from typing import Annotated, NoReturn, TypeVar
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from cases import Role, create_agent, create_queue, create_token
from cases.access import queue_for
from core.errors import BadInput, GuichetError
from core.logging import configure_logging
from core.settings import Settings
from guichet.migrate import migrate
from guichet.town import Town, build_town
from ingest import quarantine
from ingest.embedded import rewind

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
admin = typer.Typer(no_args_is_help=True, help="Agents and their tokens.")
quarantined = typer.Typer(no_args_is_help=True, help="What could not be handled.")
app.add_typer(admin, name="admin")
app.add_typer(quarantined, name="quarantine")

Result = TypeVar("Result")


@app.callback()
def main() -> None:
    """Guichet, the front desk of a town. Settings: GUICHET_* or a TOML file (GUICHET_CONFIG)."""


@app.command()
def run() -> None:
    """Run everything in one process: portal, desk, mail server, consumers."""
    from guichet.run import run_forever

    try:
        run_forever(_settings())
    except GuichetError as problem:
        _fail(str(problem))


@app.command("send-test")
def send_test(
    to: Annotated[str, typer.Option(help="One of the town's mailboxes.")] = "mairie@demo.example",
    sender: Annotated[str, typer.Option(help="Who it comes from.")] = "you@example.org",
    subject: str = "Essai de la ligne de commande",
) -> None:
    """Send a mail to the running server, by SMTP as a citizen would."""
    settings = _settings()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail.set_content("Bonjour,\n\nCeci est un message d’essai.\n")
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=10) as server:
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as problem:
        _fail(f"the mail was not taken: {problem}")
    typer.echo(f"accepted for {to}")


@app.command()
def replay(
    from_seq: Annotated[int, typer.Option("--from", help="Position in the ledger.")] = 0,
    stream: Annotated[str, typer.Option(help="One stream; all when left out.")] = "",
) -> None:
    """Let the consumers read the ledger again; what is processed already changes nothing.

    A running process sees it within a second.
    """

    async def work(town: Town) -> int:
        chosen = [c for c in town.consumers if stream in ("", c.stream)]
        await rewind(town.database, chosen, seq=from_seq)
        return len(chosen)

    count = _with_town(work)
    typer.echo(f"{count} consumers read again from {from_seq}")
    if not count:
        raise typer.Exit(1)


@app.command()
def check() -> None:
    """Check settings and services; says what is wrong and how to mend it."""
    from guichet.check import check_all

    results = _with_town(check_all, migrated=False)
    for result in results:
        typer.echo(f"{'ok ' if result.ok else 'BAD'}  {result.what}: {result.says}")
    if not all(result.ok for result in results):
        raise typer.Exit(1)


@admin.command("create-queue")
def create_queue_command(
    slug: Annotated[str, typer.Argument(help="Its short name in addresses, such as voirie.")],
    name: Annotated[str, typer.Argument(help="Its name as people read it.")],
    mailbox: Annotated[str, typer.Option(help="It answers from here; the town's when empty.")] = "",
    service_level: Annotated[
        int, typer.Option(min=0, help="Working days until a case is due.")
    ] = 5,
    default: Annotated[bool, typer.Option(help="Takes what no rule sends elsewhere.")] = False,
) -> None:
    """Create a queue. The first one is the default queue."""

    async def work(town: Town) -> None:
        async with town.database.begin() as session:
            await create_queue(
                session,
                slug=slug,
                name=name,
                mailbox=mailbox,
                service_level=service_level,
                is_default=default,
            )

    _with_town(work)
    typer.echo(f"created the queue {slug}")


@admin.command("create-agent")
def create_agent_command(
    email: str,
    name: str,
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="GUICHET_PASSWORD")],
    queue: Annotated[
        list[str] | None, typer.Option(help="A queue to work on; may be given several times.")
    ] = None,
) -> None:
    """Create an agent who signs in with a password."""

    async def work(town: Town) -> None:
        async with town.database.begin() as session:
            await create_agent(
                session,
                email=email,
                name=name,
                password=password,
                roles=role,
                queue_ids=[(await queue_for(session, slug)).id for slug in queue or ()],
                language=town.settings.language,
            )

    _with_town(work)
    typer.echo(f"created {email}")


@admin.command()
def token(
    email: str, name: Annotated[str, typer.Option(help="What it is for.")] = "command line"
) -> None:
    """Print a new personal access token of an agent, on the last line."""

    async def work(town: Town) -> str:
        async with town.database.begin() as session:
            return await create_token(session, town.clock, email, name)

    typer.echo(_with_town(work))


@quarantined.command("list")
def list_quarantine() -> None:
    """Show what waits for somebody."""

    async def work(town: Town) -> list[quarantine.Item]:
        async with town.database.read() as session:
            return await quarantine.open_items(session)

    table = Table("id", "since", "consumer", "channel", "error")
    for item in _with_town(work):
        since = item.quarantined_at.astimezone().isoformat(" ", "seconds")
        error = item.error.splitlines()[-1] if item.error else ""
        table.add_row(str(item.id), since, item.consumer, item.channel, error)
    Console().print(table)


@quarantined.command("retry")
def retry_quarantine(item_id: UUID) -> None:
    """Give one event to its consumer again."""

    async def work(town: Town) -> None:
        async with town.database.begin() as session:
            await quarantine.retry(session, town.clock, item_id)

    _with_town(work)
    typer.echo("will be tried again at once")


def _settings() -> Settings:
    try:
        settings = Settings()
    except BadInput as problem:
        _fail(problem.reason)
    except ValidationError as problem:
        for error in problem.errors():
            setting = "_".join(("GUICHET", *map(str, error["loc"]))).upper()
            typer.echo(f"{setting}: {error['msg']}" if error["loc"] else error["msg"], err=True)
        raise typer.Exit(2) from problem
    configure_logging(settings.log_level, as_json=settings.log_json)
    return settings


def _with_town(work: Callable[[Town], Awaitable[Result]], *, migrated: bool = True) -> Result:
    """Build the town, do the work, close; what goes wrong is said in one line."""

    async def session() -> Result:
        town = build_town(_settings())
        try:
            if migrated:
                await migrate(town.database)
            return await work(town)
        finally:
            await town.close()

    try:
        return asyncio.run(session())
    except GuichetError as problem:
        _fail(str(problem))


def _fail(reason: str) -> NoReturn:
    typer.echo(f"guichet: {reason}", err=True)
    raise typer.Exit(1)
