"""How far each IMAP mailbox has been read."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class ImapPositionRow(Base):
    """A record, and what tells old mails from new where the server keeps no keywords. That a mail
    is taken once is told by its key alone."""

    __tablename__ = "imap_positions"

    mailbox: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Its name in the settings."""
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    """When it changes, the server has numbered its mails anew (RFC 3501, section 2.3.1.1)."""
    since: Mapped[int] = mapped_column(BigInteger)
    """The UID that came next when Guichet first saw the mailbox: what lay there, and had been
    read, is left to the people who read it."""
    uid: Mapped[int] = mapped_column(BigInteger)
    """The highest that was accepted."""
