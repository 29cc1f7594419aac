"""Mail is fetched from IMAP servers (RFC 3501), through ``imapclient``."""

from channels.email.imap.channel import ImapChannel
from channels.email.imap.session import ImapSession

__all__ = ["ImapChannel", "ImapSession"]
