"""``guichet admin …``: queues, rules, agents and their tokens."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from cases import Role, audit, create_agent, create_queue, create_rule, create_token
from cases.access import queue_for
from cases.agents import (
    AgentRow,
    disable_agent,
    list_agents,
    revoke_tokens,
    set_extension,
    set_password,
)
from cases.queues import set_queue_phone
from channels.cti.numbers import call_number
from core.errors import BadInput
from guichet.offline import with_town
from guichet.town import Town

admin = typer.Typer(no_args_is_help=True, help="Queues, rules, agents and their tokens.")


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

    with_town(work)
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

    with_town(work)
    typer.echo(f"created a rule for {queue}")


@admin.command("list-agents")
def list_agents_command() -> None:
    """Show who may sign in, and as what."""

    async def work(town: Town) -> list[AgentRow]:
        async with town.database.read() as session:
            return await list_agents(session)

    for row in with_town(work):
        state = f"  at {row.extension}" if row.extension else ""
        state += "" if row.active else "  (disabled)"
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

    with_town(work)
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

    typer.echo(with_town(work))


@admin.command("password")
def set_password_command(
    email: str,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="GUICHET_PASSWORD")],
) -> None:
    """Give an agent another password; they are signed out everywhere."""
    _change_agent("agent.password_set", email, lambda s: set_password(s, email, password))


@admin.command("extension")
def set_extension_command(
    email: str,
    extension: Annotated[str, typer.Argument(help="As the exchange calls it; '' for none.")],
) -> None:
    """Say at which telephone an agent sits: they see there who is calling."""
    _change_agent("agent.extension_set", email, lambda s: set_extension(s, email, extension))


@admin.command("queue-phone")
def set_queue_phone_command(
    slug: Annotated[str, typer.Argument(help="The queue's short name.")],
    number: Annotated[str, typer.Argument(help="E.164, national, or a short one; '' for none.")],
) -> None:
    """Give a queue the number that citizens call it by: missed calls to it come to the queue."""

    async def work(town: Town) -> str:
        phone = call_number(number, town.settings.country)
        if number and not phone:
            raise BadInput(f"{number} is no telephone number", where="number")
        async with town.database.begin() as session:
            await set_queue_phone(session, slug, phone)
            audit.record(
                session,
                town.clock,
                agent_id=None,
                action="queue.phone_set",
                object_kind="queue",
                object_id=slug,
                details={"by": "command line", "phone": phone},
            )
        return phone

    typer.echo(f"{slug}: {with_town(work) or 'no number'}")


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

    with_town(work)
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
