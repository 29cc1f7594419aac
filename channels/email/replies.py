"""Where the sender of a mail wants to be answered (Reply-To, RFC 5322, section 3.6.2).

Web forms write as ``noreply@`` and name the citizen in Reply-To. That address becomes the
sender's then, unproven as it is; in any other mail it is only told to the agent, since an answer
that goes elsewhere than to the sender is what a forger wants, too.
"""

from collections.abc import Sequence

from channels.email import headers as fields
from channels.email.headers import Headers
from ingest.message import Sender
from notify.addresses import is_machine

MAX_TOLD = 3  # addresses in a note


def answered_at(
    writer: Sender, headers: Headers, recipients: Sequence[str]
) -> tuple[Sender, list[str]]:
    """The sender with the address that answers go to, and what the agent is told about it."""
    found = {address: name for name, address in fields.addresses(headers.all("reply-to"))}
    others = [address for address in found if address != writer.address]
    if not others:
        return writer, []
    only = others[0] if len(found) == 1 else ""
    if only and is_machine(writer.address) and _is_a_person(only, recipients):
        told = f"answers go to the Reply-To address, not to {writer.address}"
        return Sender(name=found[only] or writer.name, address=only), [told]
    return writer, [f"the mail asks to answer to {', '.join([*found][:MAX_TOLD])}"]


def _is_a_person(address: str, recipients: Sequence[str]) -> bool:
    """Nobody who answers by themselves, nor the town: it would write to itself."""
    ours = {_without_tag(recipient) for recipient in recipients}
    return not is_machine(address) and _without_tag(address) not in ours


def _without_tag(address: str) -> str:
    mailbox, at, domain = address.rpartition("@")
    return f"{mailbox.partition('+')[0]}{at}{domain}"
