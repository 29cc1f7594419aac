"""What a process says once everything is there."""

import os
import sys

from sqlalchemy.engine import make_url

from core.settings import Settings
from guichet import demo
from guichet.town import Town


def show_banner(town: Town) -> None:
    """Where to click, how to sign in, and how to send a first message."""
    settings = town.settings
    portal = settings.portal_url
    mailbox = _mailbox(town)
    outgoing = (
        f"goes to {settings.smarthost.rpartition('@')[2]}"
        if settings.smarthost
        else f"is kept on {portal}/agent/outbox"
    )
    lines = [
        "",
        f"  Guichet is ready — {settings.town}",
        "",
        f"  Portal (citizens)   {portal}/",
        f"  Desk (agents)       {portal}/agent/",
        f"  Mail comes in at    {settings.smtp_protocol}://{settings.smtp_host}:{settings.smtp_port}",
        *(f"  Paper is put into   {folder.path.resolve()}" for folder in town.folders),
        *(f"  Mail is fetched of  {mailbox.url}" for mailbox in settings.imap_mailboxes),
        *_telephone(town),
        f"  Outgoing mail       {outgoing}",
        f"  Data                {_data(settings)}",
    ]
    if settings.demo:
        password = demo.demo_password(town.secret)
        lines += ["", f"  Demo logins (password of all: {password})"]
        lines += [
            f"    {agent.email:<22} {agent.name}, {', '.join(agent.roles)}" for agent in demo.AGENTS
        ]
    lines += [
        "",
        "  Send a first e-mail:",
        f"    swaks --server {settings.smtp_host}:{settings.smtp_port} --to {mailbox} "
        "--from you@example.org --header 'Subject: Bonjour'",
        "",
        "  Ctrl-C stops everything.",
        "",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def show_ready(name: str) -> None:
    """One line, for the processes that are one of many."""
    sys.stdout.write(f"guichet {name} is ready (process {os.getpid()})\n")
    sys.stdout.flush()


def _data(settings: Settings) -> str:
    if not settings.is_distributed:
        return str(settings.data.resolve())
    store = make_url(settings.database_url)
    return f"PostgreSQL {store.host}/{store.database}, Kafka {settings.stream.rpartition('@')[2]}"


def _telephone(town: Town) -> list[str]:
    if town.account is None:
        return []
    if town.settings.twilio_account:
        return [f"  Telephone and SMS   {town.account.number}, by Twilio"]
    return [f"  Telephone and SMS   {town.settings.portal_url}/demo/telephone plays a citizen's"]


def _mailbox(town: Town) -> str:
    """An address to write to; any will do for a domain that has them all."""
    if not town.mailboxes:
        return "(no mailbox set: GUICHET_MAILBOXES)"
    first = town.mailboxes[0]
    return f"mairie{first}" if first.startswith("@") else first
