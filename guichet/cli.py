"""The command line: ``guichet …``."""

import asyncio
import os
import smtplib
import tomllib
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Annotated, NoReturn, TypeVar
from uuid import UUID

import typer
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from cases import Role, audit, create_agent, create_queue, create_rule, create_token
from cases.access import queue_for
from cases.agents import AgentRow, disable_agent, list_agents, revoke_tokens, set_password
from core.clock import utc_now
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
    # Without them the same words are the same mail, which is taken once a day.
    mail["Date"] = utc_now()
    mail["Message-ID"] = make_msgid(domain=settings.smtp_hostname)
    mail.set_content("Bonjour,\n\nCeci est un message d’essai.\n")
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=10) as server:
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as problem:
        _fail(f"the mail was not taken: {problem}")
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
    """Create a queue, and a rule that sends it what comes to its mailbox.

    The first one is the default queue.
    """

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
            if mailbox:
                await create_rule(
                    session,
                    queue=slug,
                    expression=f'"{mailbox.strip().lower()}" in message.recipients',
                    name=mailbox,
                    priority=10,
                )

    _with_town(work)
    typer.echo(f"created the queue {slug}")


@admin.command("create-rule")
def create_rule_command(
    queue: Annotated[str, typer.Argument(help="The slug of the queue that it sends to.")],
    expression: Annotated[str, typer.Argument(help="CEL, see docs/rules.md.")],
    name: Annotated[str, typer.Option(help="As administrators read it.")] = "",
    priority: Annotated[int, typer.Option(help="The smallest is asked first.")] = 100,
) -> None:
    """Create a routing rule, such as '"voirie@town.example" in message.recipients'."""

    async def work(town: Town) -> None:
        async with town.database.begin() as session:
            await create_rule(
                session, queue=queue, expression=expression, name=name, priority=priority
            )

    _with_town(work)
    typer.echo(f"created a rule for {queue}")


@admin.command("list-agents")
def list_agents_command() -> None:
    """Show who may sign in, and as what."""

    async def work(town: Town) -> list[AgentRow]:
        async with town.database.read() as session:
            return await list_agents(session)

    for row in _with_town(work):
        state = "" if row.active else "  (disabled)"
        typer.echo(f"{row.email}  {row.name}  {', '.join(row.roles)}  {row.language}{state}")


@admin.command("create-agent")
def create_agent_command(
    email: str,
    name: str,
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="GUICHET_PASSWORD")],
    queue: Annotated[
        list[str] | None, typer.Option(help="A queue to work on; may be given several times.")
    ] = None,
    language: Annotated[str, typer.Option(help="fr or en; the town's when left out.")] = "",
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
                language=language or town.settings.language,
            )
            _write_down(session, town, "agent.created", email)

    _with_town(work)
    typer.echo(f"created {email}")


@admin.command()
def token(
    email: str, name: Annotated[str, typer.Option(help="What it is for.")] = "command line"
) -> None:
    """Print a new personal access token of an agent, on the last line."""

    async def work(town: Town) -> str:
        async with town.database.begin() as session:
            _write_down(session, town, "agent.token_created", email)
            return await create_token(session, town.clock, email, name)

    typer.echo(_with_town(work))


@admin.command("password")
def set_password_command(
    email: str,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="GUICHET_PASSWORD")],
) -> None:
    """Give an agent another password; they are signed out everywhere."""
    _change_agent("agent.password_set", email, lambda s: set_password(s, email, password))


@admin.command("revoke-tokens")
def revoke_tokens_command(email: str) -> None:
    """End all personal access tokens of an agent."""
    _change_agent("agent.tokens_revoked", email, lambda s: revoke_tokens(s, email))


@admin.command("disable-agent")
def disable_agent_command(email: str) -> None:
    """Sign an agent out for good; what they did stays in the record."""
    _change_agent("agent.disabled", email, lambda s: disable_agent(s, email))


def _change_agent(
    action: str, email: str, change: Callable[[AsyncSession], Awaitable[UUID]]
) -> None:
    async def work(town: Town) -> None:
        async with town.database.begin() as session:
            await change(session)
            _write_down(session, town, action, email)

    _with_town(work)
    typer.echo(f"{action.partition('.')[2].replace('_', ' ')}: {email}")


def _write_down(session: AsyncSession, town: Town, action: str, email: str) -> None:
    """The command line's own part of the audit trail: nobody is signed in there."""
    audit.record(
        session,
        town.clock,
        agent_id=None,
        action=action,
        object_kind="agent",
        object_id=email,
        details={"by": "command line"},
    )


@quarantined.command("list")
def list_quarantine() -> None:
    """Show what waits for somebody."""

    async def work(town: Town) -> list[quarantine.Item]:
        async with town.database.read() as session:
            return await quarantine.open_items(session)

    items = _with_town(work)
    for item in items:
        since = item.quarantined_at.astimezone().isoformat(" ", "seconds")
        error = item.error.splitlines()[-1] if item.error else ""
        typer.echo(f"{item.id}  {since}  {item.consumer:<12}  {item.channel:<8}  {error}")
    typer.echo(f"{len(items)} in quarantine", err=True)


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
    except tomllib.TOMLDecodeError as problem:
        _fail(f"{os.environ.get('GUICHET_CONFIG')}: {problem}")
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
