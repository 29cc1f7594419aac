"""What ``guichet run`` says once everything is there."""

import sys

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
        f"  Outgoing mail       {outgoing}",
        f"  Data                {settings.data.resolve()}",
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


def _mailbox(town: Town) -> str:
    """An address to write to; any will do for a domain that has them all."""
    if not town.mailboxes:
        return "(no mailbox set: GUICHET_MAILBOXES)"
    first = town.mailboxes[0]
    return f"mairie{first}" if first.startswith("@") else first
